"""The guarantees of builds hold on every kind of store: the same tests, imported."""

import pytest

from tg_pipeline_tests.builds.test_day_state import (  # noqa: F401 - run here
    test_a_build_that_was_cut_off_leaves_the_day_due,
    test_a_day_goes_from_empty_to_missing_to_built_to_late,
    test_a_partition_that_is_gone_leaves_the_day_due,
    test_what_lands_on_a_day_decides_about_the_day_behind,
)
from tg_pipeline_tests.builds.test_duplicates import (  # noqa: F401 - run here
    test_a_duplicate_across_midnight_is_counted_once_on_the_earlier_day,
    test_two_bots_may_share_an_update_id,
)
from tg_pipeline_tests.builds.test_rebuild import (  # noqa: F401 - run here
    test_a_build_cut_off_between_quarantine_and_raw_loses_nothing,
    test_a_day_built_anew_is_byte_identical,
    test_a_rewritten_object_takes_its_old_rows_with_it,
    test_a_second_build_reads_nothing_and_changes_nothing,
    test_batches_and_single_objects_give_the_same_updates,
    test_full_reads_every_object_again,
)
from tg_pipeline_tests.defs.test_runs import (  # noqa: F401 - run here
    test_a_span_of_days_is_one_run_and_each_day_has_its_own_counts,
)

pytestmark = pytest.mark.tiers("memory", "moto", "ceph")
