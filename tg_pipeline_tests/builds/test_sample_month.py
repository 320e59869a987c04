"""The sample month, landed and built: every update is in enriched_updates once."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from lambda_ingest.landing import TrustLevel
from lambda_ingest.writer import LandingWriter
from tg_pipeline.landing.writer import Delivery, LandingStats, land_batches
from tg_pipeline.landing.zone import list_days
from tg_pipeline.sample import SAMPLE_BOT_ID, SampleDelivery, deliveries_with_calls
from tg_pipeline_tests.conftest import Pipeline

ZONE = ZoneInfo("America/Sao_Paulo")
START = date(2026, 10, 1)
DAYS, PER_DAY, BATCH = 8, 60, 100


def land_sample(pipeline: Pipeline, month: Iterable[SampleDelivery]) -> LandingStats:
    writer = LandingWriter(pipeline.landing, SAMPLE_BOT_ID, ZONE, TrustLevel.PROXY)
    arrivals = (Delivery(each.body, each.arrived_at, "sample") for each in month)
    stats = LandingStats()
    for outcome in land_batches(writer, arrivals, BATCH):
        stats.count(outcome)
    return stats


def enriched(pipeline: Pipeline) -> Iterator[dict[str, Any]]:
    for day in list_days(pipeline.landing):
        pipeline.build(day)
        yield from pipeline.rows("enriched_updates", day)


def test_every_update_and_call_of_the_month_is_one_enriched_row(pipeline: Pipeline) -> None:
    # Given a month with retries, some of them across midnight, and with the bot's calls
    month = list(deliveries_with_calls(START, DAYS, PER_DAY, zone=ZONE))
    stats = land_sample(pipeline, month)
    sent = {json.loads(each.body)["update_id"]: json.loads(each.body) for each in month}
    assert stats.rejected == 0
    assert len(sent) < len(month)

    # When every day is built
    rows = list(enriched(pipeline))

    # Then each line is there once, under its type, with all its fields
    assert Counter(row["update_id"] for row in rows) == Counter(list(sent))
    for row in rows:
        update = sent[row["update_id"]]
        assert row["update_type"] in update
        assert row["fields_nulled"] == 0
        if message := update.get("message"):
            check_message(row, message)
        if call := update.get("bot_call"):
            check_call(row, call)
    assert len({row["update_type"] for row in rows}) == 28


def check_message(row: dict[str, Any], message: dict[str, Any]) -> None:
    assert row["message_id"] == message["message_id"]
    assert row["chat_id"] == message["chat"]["id"]
    assert row["user_id"] == message.get("from", {}).get("id")
    assert row["date"] == message["date"]
    assert row["content_type"] in message


def check_call(row: dict[str, Any], call: dict[str, Any]) -> None:
    """Check the columns of a call, and those of the message that it resulted in, if any."""
    assert row["origin"] == "call"
    assert row["call_method"] == call["method"]
    assert row["call_ok"] is call["ok"]
    assert row["call_error_code"] == call.get("error_code")
    assert row["call_retry_after"] == call.get("parameters", {}).get("retry_after")
    if isinstance(message := call.get("result"), dict):
        check_message(row, message)
        assert row["is_own"]
        assert not row["is_written"]
        assert row["is_edit"] is ("edit_date" in message)
    else:
        assert row["message_kind"] is None
