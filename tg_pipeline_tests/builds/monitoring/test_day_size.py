"""About how many updates a day has, at the cost of a listing."""

import gzip

from tg_pipeline.builds.monitoring.day_size import built_updates, landed_updates
from tg_pipeline.sample import deliveries
from tg_pipeline_tests.builds.test_sample_month import START, ZONE
from tg_pipeline_tests.conftest import DAY, Pipeline

UPDATES = 2_000


def lines() -> bytes:
    bodies = [each.body for each in deliveries(START, 1, UPDATES, zone=ZONE)]
    return b"\n".join(bodies[:UPDATES])


def test_objects_of_one_update_are_counted(pipeline: Pipeline) -> None:
    pipeline.land(*({"update_id": number} for number in range(5)))

    assert landed_updates(pipeline.landing, DAY, enough=1_000) == 5


def test_objects_of_many_updates_are_estimated_by_their_bytes(pipeline: Pipeline) -> None:
    pipeline.put("7-a.ndjson", lines())
    plain = landed_updates(pipeline.landing, DAY, enough=UPDATES * 10)
    pipeline.put("7-b.ndjson.gz", gzip.compress(lines(), mtime=0))
    both = landed_updates(pipeline.landing, DAY, enough=UPDATES * 10)

    assert UPDATES / 2 < plain < UPDATES * 2
    assert UPDATES / 2 < both - plain < UPDATES * 2


def test_a_built_table_has_its_rows_in_its_footer(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 1, "poll": {}})
    pipeline.build()

    assert built_updates(pipeline.lake, "raw_updates", DAY) == 1
    assert built_updates(pipeline.lake, "commands", DAY) == 0
