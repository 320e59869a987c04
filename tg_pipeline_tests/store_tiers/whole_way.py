"""The whole way of a few days: through a door, the layers and the marts, to answers."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date
from typing import Final
from zoneinfo import ZoneInfo

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.landing import TrustLevel
from lambda_ingest.writer import LandingWriter
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.report import ReportSource, load_report_data, publish_page
from tg_pipeline.builds.staleness import DayState, day_states, stale_days
from tg_pipeline.lake import landing_zone
from tg_pipeline.lake.landing_writer import Delivery, LandingStats, land_all
from tg_pipeline.lake.landing_zone import list_days
from tg_pipeline.query.session import open_session
from tg_pipeline.report.models import ReportData
from tg_pipeline.sample import deliveries
from tg_pipeline_tests.builds.mart_days import ZONE, build_all
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline
from tg_pipeline_tests.query.conftest import answer

INSTANT: Final = 1_791_400_000_000_000
"""Microseconds since 1970, at which all has landed."""

DAYS, A_DAY = 2, 30


@dataclass(frozen=True)
class Way:
    """What came of it."""

    tally: LandingStats
    states: list[DayState]
    facts: ReportData | None
    counted: list[tuple[object, ...]]


def land_at_one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a listing tell the same times, whenever something was put and whatever tells the time."""
    monkeypatch.setattr(landing_zone, "_microseconds", lambda _: INSTANT)


def arrivals() -> list[Delivery]:
    """Give a made-up span of updates, some of them twice, and some garbage."""
    made = deliveries(DAY, DAYS, A_DAY, seed=1, zone=ZoneInfo(ZONE))
    found = [Delivery(each.body, each.arrived_at.astimezone(UTC), "sample") for each in made]
    return [*found, Delivery(b"garbage", found[0].arrived_at, "garbage")]


def land(landing: ObjectStore) -> LandingStats:
    """Put the updates through two doors at once, and give what became of them."""
    door = LandingWriter(landing, BOT, ZoneInfo(ZONE), TrustLevel.NETWORK)
    tally = LandingStats()
    with ThreadPoolExecutor(2) as doors:
        for outcomes in doors.map(lambda _: list(land_all(door, arrivals())), range(2)):
            for outcome in outcomes:
                tally.count(outcome)
    return tally


def build(pipeline: Pipeline) -> list[date]:
    """Build all days and all marts; give the days."""
    days = list_days(pipeline.landing)
    for day in days:
        pipeline.build(day)
    with mart_builder(pipeline.lake, ZONE) as builder:
        build_all(builder, *days)
    return days


def go(pipeline: Pipeline) -> Way:
    """Go the whole way."""
    tally = land(pipeline.landing)
    pipeline.put("unreadable.json", b"{")
    days = build(pipeline)
    facts = load_report_data(ReportSource(pipeline.landing, pipeline.lake, ZONE))
    publish_page(pipeline.lake, "en", f"<p>{facts}</p>")
    with open_session(pipeline.lake, ZONE) as session:
        counted = answer(
            session, "SELECT context_date, count(*) FROM telegram GROUP BY ALL ORDER BY ALL"
        )
    states = day_states(pipeline.landing, pipeline.lake, days)
    assert stale_days(states) == []
    return Way(tally, states, facts, counted)


def contents(store: ObjectStore) -> dict[str, bytes]:
    """Give all that a store holds."""
    keys = [meta["path"] for page in obstore.list(store) for meta in page]
    return {key: obstore.get(store, key).bytes().to_bytes() for key in keys}
