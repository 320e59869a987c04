"""Updates that real bots received, replayed if the recording is next to the checkout."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lambda_ingest.landing import LandedUpdate, TrustLevel
from lambda_ingest.writer import LandingWriter
from tg_pipeline.landing.writer import Delivery, land_all
from tg_pipeline_tests.conftest import BOT, Pipeline

RECORDED = Path(__file__).parents[3] / "shared" / "updates" / "recorded.ndjson"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def recorded() -> list[bytes]:
    if not RECORDED.exists():
        pytest.skip("there are no recorded updates next to the checkout")
    return RECORDED.read_bytes().splitlines()


def test_every_recorded_line_can_be_followed_to_its_enriched_row(
    pipeline: Pipeline, recorded: list[bytes]
) -> None:
    # Given the recording, landed by an operator
    writer = LandingWriter(
        pipeline.landing, BOT, ZoneInfo("America/Sao_Paulo"), TrustLevel.OPERATOR
    )
    arrivals = [Delivery(line, NOW, f"line {number}") for number, line in enumerate(recorded, 1)]
    outcomes = list(land_all(writer, arrivals))

    # When the days of its updates are built
    for day in {outcome.taken.parsed.day for outcome in outcomes}:
        pipeline.build(day)

    # Then each line is verbatim in raw_updates, and its content in its enriched row
    for line, outcome in zip(recorded, outcomes, strict=True):
        assert isinstance(outcome.taken.parsed, LandedUpdate)
        (raw,) = rows_of(pipeline, "raw_updates", outcome.taken.parsed)
        (row,) = rows_of(pipeline, "enriched_updates", outcome.taken.parsed)
        assert (raw["payload"], raw["object_key"]) == (line, outcome.taken.parsed.key)
        update = json.loads(line)
        (content,) = (value for name, value in update.items() if name != "update_id")
        assert row["update_type"] in update
        assert row["user_id"] == content["from"]["id"]
        assert row["message_id"] == content.get("message_id")
        assert row["text"] == content.get("text")
        assert row["date"] == content.get("date")
        assert row["fields_nulled"] == 0


def rows_of(pipeline: Pipeline, layer: str, landed: LandedUpdate) -> list[dict[str, Any]]:
    rows = pipeline.rows(layer, landed.day)
    return [row for row in rows if row["update_id"] == landed.update_id]
