"""What is promised of days on a disk holds on every other kind of store: the very same tests."""

from tg_pipeline_tests.builds.test_layers import (
    test_a_build_cut_off_between_quarantine_and_raw_loses_nothing,
    test_a_day_built_anew_is_byte_identical,
    test_a_duplicate_across_midnight_is_counted_once_on_the_earlier_day,
    test_a_rewritten_object_takes_its_old_rows_with_it,
    test_a_second_build_reads_nothing_and_changes_nothing,
    test_batches_and_single_objects_give_the_same_updates,
    test_full_reads_every_object_again,
    test_two_bots_may_share_an_update_id,
)
from tg_pipeline_tests.builds.test_staleness import (
    test_a_build_that_was_cut_off_leaves_the_day_due,
    test_a_day_goes_from_empty_to_missing_to_built_to_late,
    test_a_partition_that_is_gone_leaves_the_day_due,
    test_what_lands_on_a_day_decides_about_the_day_behind,
)
from tg_pipeline_tests.defs.test_runs import (
    test_a_span_of_days_is_one_run_and_each_day_has_its_own_counts,
)

ON = ("memory", "moto", "ceph")

__all__ = [
    "test_a_build_cut_off_between_quarantine_and_raw_loses_nothing",
    "test_a_build_that_was_cut_off_leaves_the_day_due",
    "test_a_day_built_anew_is_byte_identical",
    "test_a_day_goes_from_empty_to_missing_to_built_to_late",
    "test_a_duplicate_across_midnight_is_counted_once_on_the_earlier_day",
    "test_a_partition_that_is_gone_leaves_the_day_due",
    "test_a_rewritten_object_takes_its_old_rows_with_it",
    "test_a_second_build_reads_nothing_and_changes_nothing",
    "test_a_span_of_days_is_one_run_and_each_day_has_its_own_counts",
    "test_batches_and_single_objects_give_the_same_updates",
    "test_full_reads_every_object_again",
    "test_two_bots_may_share_an_update_id",
    "test_what_lands_on_a_day_decides_about_the_day_behind",
]
