"""The guarantees of builds hold on every kind of store: the same tests, imported."""

import obstore
import pytest

from lambda_ingest.landing import day_prefix
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
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.defs.updates.test_assets import (  # noqa: F401 - run here
    test_a_span_of_days_is_one_run_and_each_day_has_its_own_counts,
)

pytestmark = pytest.mark.tiers("memory", "moto", "ceph")


@pytest.mark.tiers("moto", "ceph")
def test_an_object_that_is_rewritten_within_a_second_with_the_same_size_is_read_again(
    pipeline: Pipeline,
) -> None:
    # Given a day that was built, whose object is rewritten within the second that the bucket lists
    key, versions = f"{day_prefix(DAY)}/7-1.json", (b'{"update_id": 1}', b'{"update_id": 2}')
    for _ in range(20):
        obstore.put(pipeline.landing, key, versions[0])
        pipeline.build()
        before = obstore.head(pipeline.landing, key)["last_modified"]
        obstore.put(pipeline.landing, key, versions[1])
        if obstore.head(pipeline.landing, key)["last_modified"] == before:
            break

    # Then the day is stale, and its next build has the new content
    assert obstore.head(pipeline.landing, key)["last_modified"] == before
    assert pipeline.states()[0].is_stale
    pipeline.build()
    assert [row["update_id"] for row in pipeline.rows("enriched_updates")] == [2]
    assert not pipeline.states()[0].is_stale
