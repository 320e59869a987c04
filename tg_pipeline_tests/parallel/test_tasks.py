"""What a task makes."""

from datetime import UTC, datetime

import pyarrow as pa

from lambda_ingest.privacy.suppression import NO_TOMBSTONES
from tg_pipeline.landing.sealing import SealRules, seal_day
from tg_pipeline.landing.zone import list_objects
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.parallel.shards import read_shard
from tg_pipeline.parallel.tasks import READ_COLUMNS, ShardPlace, SplitTask, to_ipc
from tg_pipeline_tests.conftest import DAY, Pipeline


def test_tasks_read_their_own_objects_of_a_day_that_is_sealed(pipeline: Pipeline) -> None:
    # Given a day whose objects are in a sealed one
    pipeline.land(*({"update_id": number, "poll": {}} for number in range(10, 16)))
    seal_day(pipeline.landing, DAY, SealRules(bot_id=0))
    objects = list_objects(pipeline.landing, DAY)
    assert objects["sealed_in"].null_count == 0
    now = pa.repeat(pa.scalar(datetime(2026, 10, 7, tzinfo=UTC), pa.timestamp("us", "UTC")), 6)
    objects = objects.append_column("received_at", now).select(READ_COLUMNS)

    # When two tasks read four of them, and the others
    task = SplitTask(pipeline.landing_uri, 0, NO_TOMBSTONES)
    parts = [objects.slice(0, 4), objects.slice(4)]
    places = [ShardPlace(pipeline.lake, f"{number}") for number in range(2)]
    given = zip(places, parts, strict=True)
    reports = [task(pipeline.lake, place, to_ipc(part)) for place, part in given]

    # Then each has the lines of its own
    found = [
        [
            number
            for batch in read_shard(pipeline.lake, report.shards[RAW_UPDATES.name])
            for number in batch["update_id"].to_pylist()
        ]
        for report in reports
    ]
    assert found == [[10, 11, 12, 13], [14, 15]]
    assert [report.lines for report in reports] == [4, 2]
