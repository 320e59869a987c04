"""One row per (bot_id, update_id): the first that landed, on the earliest day."""

import json
import os
from datetime import timedelta

from tg_pipeline.builds.layers import build_deduped_updates
from tg_pipeline_tests.conftest import DAY, Pipeline

NEXT_DAY = DAY + timedelta(days=1)
CALLBACK = {"update_id": 8, "callback_query": {"id": "1", "from": {"id": 3}, "data": "sim"}}


def test_a_duplicate_across_midnight_is_counted_once_on_the_earlier_day(
    pipeline: Pipeline,
) -> None:
    # Given an update without a time of its own, landed on both sides of midnight
    pipeline.land(CALLBACK, day=DAY)
    pipeline.land(CALLBACK, {**CALLBACK, "update_id": 9}, day=NEXT_DAY)

    # When both days are built
    pipeline.build(DAY)
    built = pipeline.build(NEXT_DAY)

    # Then the copy is gone from the later one
    assert [row["update_id"] for row in pipeline.rows("enriched_updates", DAY)] == [8]
    assert [row["update_id"] for row in pipeline.rows("enriched_updates", NEXT_DAY)] == [9]
    assert (built.deduped.raw_rows, built.deduped.duplicates) == (2, 1)


def test_of_several_copies_the_first_landed_stands(pipeline: Pipeline) -> None:
    # Given a course bucket, where a retry is a second object; the one named later landed first
    for name, text, age in (("20261007a.json", "second", 200), ("20261007b.json", "first", 100)):
        update = {"update_id": 1, "message": {"message_id": 1, "text": text}}
        pipeline.put(name, json.dumps(update).encode())
        path = next((pipeline.folder / "landing").rglob(name))
        os.utime(path, (1_791_000_000 + age, 1_791_000_000 + age))

    built = pipeline.build()

    (row,) = pipeline.rows("enriched_updates")
    assert row["text"] == "first"
    assert built.deduped.duplicates == 1


def test_copies_that_landed_together_go_by_key_and_then_by_line(pipeline: Pipeline) -> None:
    def body(text: str) -> bytes:
        return json.dumps({"update_id": 1, "message": {"text": text}}).encode()

    pipeline.land_batch("b", body("b1"), body("b2"))
    pipeline.land_batch("a", body("a1"), body("a2"))
    pipeline.age_landing()

    pipeline.build()

    (row,) = pipeline.rows("enriched_updates")
    assert row["text"] == "a1"


def test_two_bots_may_share_an_update_id(pipeline: Pipeline) -> None:
    for bot in (5, 6):
        pipeline.put(f"{bot}-1.json", b'{"update_id": 1}')

    pipeline.build()

    rows = pipeline.rows("enriched_updates")
    assert [(row["bot_id"], row["update_id"]) for row in rows] == [(5, 1), (6, 1)]


def test_the_order_of_the_landed_lines_is_kept(pipeline: Pipeline) -> None:
    pipeline.land_batch("z", b'{"update_id": 3}', b'{"update_id": 1}', b'{"update_id": 3}')
    pipeline.land_batch("a", b'{"update_id": 9}', b'{"update_id": 2}')
    pipeline.age_landing()

    pipeline.build()

    expected = [9, 2, 3, 1]
    assert [row["update_id"] for row in pipeline.rows("deduped_updates")] == expected
    assert [row["update_id"] for row in pipeline.rows("enriched_updates")] == expected


def test_a_day_without_a_day_before_is_built(pipeline: Pipeline) -> None:
    pipeline.land(CALLBACK)
    pipeline.build()

    assert build_deduped_updates(pipeline.lake, DAY).duplicates == 0
