"""The sample month, landed and built: every update is in enriched_updates once."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from lambda_ingest.landing import TrustLevel
from lambda_ingest.writer import LandingWriter
from tg_pipeline.lake.landing_writer import Delivery, LandingStats, land_batches
from tg_pipeline.lake.landing_zone import list_days
from tg_pipeline.sample import SAMPLE_BOT_ID, SampleDelivery, deliveries
from tg_pipeline_tests.conftest import Pipeline

ZONE = ZoneInfo("America/Sao_Paulo")
START = date(2026, 10, 1)
DAYS, PER_DAY, BATCH = 8, 60, 100


def land_sample(pipeline: Pipeline, month: Iterable[SampleDelivery]) -> LandingStats:
    writer = LandingWriter(pipeline.landing, SAMPLE_BOT_ID, ZONE, TrustLevel.NETWORK)
    arrivals = (Delivery(each.body, each.arrived_at, "sample") for each in month)
    stats = LandingStats()
    for outcome in land_batches(writer, arrivals, BATCH):
        stats.count(outcome)
    return stats


def enriched(pipeline: Pipeline) -> Iterator[dict[str, Any]]:
    for day in list_days(pipeline.landing):
        pipeline.build(day)
        yield from pipeline.rows("enriched_updates", day)


def test_every_update_of_the_month_is_one_enriched_row(pipeline: Pipeline) -> None:
    # Given a month with retries, some of them across midnight
    month = list(deliveries(START, DAYS, PER_DAY, zone=ZONE))
    stats = land_sample(pipeline, month)
    sent = {json.loads(each.body)["update_id"]: json.loads(each.body) for each in month}
    assert stats.rejected == 0
    assert len(sent) < len(month)

    # When every day is built
    rows = list(enriched(pipeline))

    # Then each update that was sent is there once, under its type, with all its fields
    assert Counter(row["update_id"] for row in rows) == Counter(list(sent))
    for row in rows:
        update = sent[row["update_id"]]
        assert row["update_type"] in update
        assert row["fields_nulled"] == 0
        if message := update.get("message"):
            assert row["message_id"] == message["message_id"]
            assert row["chat_id"] == message["chat"]["id"]
            assert row["user_id"] == message.get("from", {}).get("id")
            assert row["date"] == message["date"]
            assert row["content_type"] in message
    assert len({row["update_type"] for row in rows}) == 27
