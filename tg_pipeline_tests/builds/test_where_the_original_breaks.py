"""The original course project's failures, one by one: each is a day that this one builds."""

import json
import os
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from lambda_ingest.landing import LandedUpdate, TrustLevel, classify
from tg_pipeline.builds.layers import build_raw_updates
from tg_pipeline_tests.conftest import DAY, Pipeline

TEXTLESS = {"message_id": 2, "date": 1_791_378_000, "sticker": {"file_unique_id": "s"}}
TEXT = {"message_id": 1, "date": 1_791_378_000, "text": "oi", "from": {"id": 5, "first_name": "A"}}


def updates(pipeline: Pipeline) -> list[dict[str, Any]]:
    pipeline.build()
    return pipeline.rows("enriched_updates")


def test_an_update_without_message_is_a_row(pipeline: Pipeline) -> None:
    pipeline.land(
        {"update_id": 1, "edited_message": TEXT | {"edit_date": 1_791_378_060}},
        {"update_id": 2, "channel_post": {"message_id": 3, "date": 1_791_378_000, "text": "aviso"}},
        {"update_id": 3, "callback_query": {"id": "9", "from": {"id": 5}, "data": "sim"}},
        {"update_id": 4, "message_reaction": {"message_id": 1, "date": 1_791_378_000}},
    )

    types = [row["update_type"] for row in updates(pipeline)]

    assert types == ["edited_message", "channel_post", "callback_query", "message_reaction"]


def test_a_retry_stored_twice_is_counted_once(pipeline: Pipeline) -> None:
    body = json.dumps({"update_id": 1, "message": TEXT}).encode()
    pipeline.put("20261007183859123456.json", body)
    pipeline.put("20261007183900654321.json", body)

    assert len(updates(pipeline)) == 1


def test_an_update_that_arrives_after_midnight_counts_on_the_day_it_happened() -> None:
    sent = datetime(2026, 10, 8, 2, 59, 59, tzinfo=UTC)  # 23:59:59 of the 7th in São Paulo
    body = json.dumps({"update_id": 1, "message": {"date": int(sent.timestamp())}}).encode()

    landed = classify(
        body,
        bot_id=7,
        arrived_at=datetime(2026, 10, 8, 9, tzinfo=UTC),
        zone=ZoneInfo("America/Sao_Paulo"),
        trust=TrustLevel.NETWORK,
    )

    assert isinstance(landed, LandedUpdate)
    assert landed.day == date(2026, 10, 7)


def test_a_day_of_more_than_a_thousand_objects_is_read_whole(pipeline: Pipeline) -> None:
    folder = pipeline.folder / "landing" / "telegram" / f"context_date={DAY}"
    folder.mkdir(parents=True)
    for number in range(2_500):
        (folder / f"7-{number}.json").write_bytes(b'{"update_id": %d}' % number)

    assert build_raw_updates(pipeline.landing, pipeline.lake, DAY, bot_id=0).raw.rows == 2_500


def test_a_day_with_messages_without_text_is_built(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 1, "message": TEXT}, {"update_id": 2, "message": TEXTLESS})

    assert [row["text"] for row in updates(pipeline)] == ["oi", None]


def test_a_day_of_only_messages_without_text_has_text_as_text(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 2, "message": TEXTLESS})

    updates(pipeline)

    path = pipeline.folder / "lake" / "enriched_updates" / f"context_date={DAY}" / "part-0.parquet"
    assert str(pq.read_schema(path).field("text").type) == "string"


def test_a_message_without_from_is_a_row(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 1, "message": {"message_id": 1, "sender_chat": {"id": -1009}}})

    (row,) = updates(pipeline)

    assert (row["user_id"], row["sender_chat_id"]) == (None, -1009)


def test_an_empty_day_is_an_empty_partition(pipeline: Pipeline) -> None:
    assert updates(pipeline) == []


def test_a_second_run_of_a_day_does_not_double_it(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 1, "message": TEXT})

    updates(pipeline)

    assert len(updates(pipeline)) == 1
    folder = pipeline.folder / "lake" / "enriched_updates" / f"context_date={DAY}"
    assert [path.name for path in folder.iterdir()] == ["part-0.parquet"]


def test_update_id_is_kept(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 292_380_901, "message": TEXT})

    assert updates(pipeline)[0]["update_id"] == 292_380_901


def test_a_course_bucket_is_read_as_it_stands(pipeline: Pipeline) -> None:
    body = json.dumps({"update_id": 5, "message": TEXT}).encode()
    pipeline.put("20240802183859123456.json", body)
    path = next((pipeline.folder / "landing").rglob("*.json"))
    os.utime(path, (1_722_634_739, 1_722_634_739))

    build_raw_updates(pipeline.landing, pipeline.lake, DAY, bot_id=42)

    (row,) = pipeline.rows("raw_updates")
    assert (row["bot_id"], row["update_id"], row["payload"]) == (42, 5, body)
    assert row["received_at"] == datetime(2024, 8, 2, 21, 38, 59, tzinfo=UTC)


def test_a_group_that_becomes_a_supergroup_says_so_on_both_sides(pipeline: Pipeline) -> None:
    old, new = -4_001, -1_001_234
    pipeline.land(
        {"update_id": 1, "message": {"chat": {"id": old}, "migrate_to_chat_id": new}},
        {"update_id": 2, "message": {"chat": {"id": new}, "migrate_from_chat_id": old}},
    )

    rows = updates(pipeline)

    assert [row["chat_id"] for row in rows] == [old, new]
    assert [row["migrate_to_chat_id"] for row in rows] == [new, None]
    assert [row["migrate_from_chat_id"] for row in rows] == [None, old]
