"""The guarantees of builds hold on every kind of store: the same tests, imported."""

import pytest

from tg_pipeline_tests.builds.test_layers import (  # noqa: F401 - run here
    test_a_day_built_again_is_byte_identical_and_its_objects_are_read_again_only_if_full,
    test_a_duplicate_across_midnight_is_counted_once_on_the_earlier_day,
    test_batches_and_single_objects_become_the_same_rows,
    test_the_old_rows_of_a_rewritten_object_are_removed,
    test_two_bots_may_share_an_update_id_and_a_group,
)
from tg_pipeline_tests.builds.test_staleness import (  # noqa: F401 - run here
    test_a_day_goes_from_empty_to_missing_to_built_to_late,
    test_a_late_object_may_change_the_next_day,
    test_a_missing_partition_leaves_the_day_stale,
    test_an_interrupted_build_leaves_the_day_stale,
)
from tg_pipeline_tests.defs.updates.test_assets import (  # noqa: F401 - run here
    test_a_span_of_days_is_one_run_and_each_day_has_its_own_counts,
)

pytestmark = pytest.mark.tiers("memory", "moto", "ceph")
