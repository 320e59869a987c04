"""Some days end to end: landed, built into layers and marts, reported and queried."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date
from zoneinfo import ZoneInfo

import obstore
from obstore.store import ObjectStore

from lambda_ingest.arrivals import JOURNAL_PREFIX
from lambda_ingest.landing import TrustLevel, day_prefix
from lambda_ingest.store import put_if_absent
from lambda_ingest.writer import LandingWriter
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.report import ReportSource, load_report_data, publish_page
from tg_pipeline.builds.staleness import LayerDay, stale_days
from tg_pipeline.lake.footer_index import PREFIX as INDEXES
from tg_pipeline.lake.landing_state import PREFIX as LISTINGS
from tg_pipeline.landing.writer import Delivery, LandingStats, land_all
from tg_pipeline.landing.zone import list_days
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.query.session import open_session
from tg_pipeline.report.models import ReportData
from tg_pipeline.sample import deliveries
from tg_pipeline_tests.builds.marts.mart_days import ZONE, build_all
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline
from tg_pipeline_tests.query.conftest import answer

DAYS, A_DAY = 2, 30


@dataclass(frozen=True)
class EndToEnd:
    """The results."""

    landed: LandingStats
    layers: list[dict[str, LayerDay]]
    facts: ReportData | None
    rows_per_day: list[tuple[object, ...]]


def sample_deliveries() -> list[Delivery]:
    """Return generated updates of some days, some of them twice, and a body that is rejected."""
    made = deliveries(DAY, DAYS, A_DAY, seed=1, zone=ZoneInfo(ZONE))
    found = [Delivery(each.body, each.arrived_at.astimezone(UTC), "sample") for each in made]
    return [*found, Delivery(b"garbage", found[0].arrived_at, "garbage")]


def land(landing: ObjectStore) -> LandingStats:
    writer = LandingWriter(landing, BOT, ZoneInfo(ZONE), TrustLevel.NETWORK)
    stats = LandingStats()
    with ThreadPoolExecutor(2) as pool:
        for results in pool.map(lambda _: list(land_all(writer, sample_deliveries())), range(2)):
            for result in results:
                stats.count(result)
    return stats


def build(pipeline: Pipeline) -> list[date]:
    days = list_days(pipeline.landing)
    for day in days:
        pipeline.build(day)
    with mart_builder(pipeline.lake, MartParameters(ZONE)) as builder:
        build_all(builder, *days)
    return days


def run_end_to_end(pipeline: Pipeline) -> EndToEnd:
    landed = land(pipeline.landing)
    # Where requests fail, the response to a put may be lost: then it is there already.
    key, arrived_at = f"{day_prefix(DAY)}/unreadable.json", sample_deliveries()[0].arrived_at
    put_if_absent(pipeline.landing, key, b"{", arrived_at)
    days = build(pipeline)
    facts = load_report_data(
        ReportSource(pipeline.landing, pipeline.lake, MartParameters(ZONE), LayerParameters(ZONE))
    )
    publish_page(pipeline.lake, "en", f"<p>{facts}</p>")
    sql = "SELECT context_date, count(*) FROM telegram GROUP BY ALL ORDER BY ALL"
    with open_session(pipeline.lake, ZONE) as session:
        rows_per_day = answer(session, sql)
    states = pipeline.states(*days)
    assert stale_days(states) == []
    return EndToEnd(landed, [state.layers for state in states], facts, rows_per_day)


def contents(store: ObjectStore) -> dict[str, bytes]:
    """Return the objects, without those that describe the objects of one place."""
    keys = [meta["path"] for page in obstore.list(store) for meta in page]
    keys = [key for key in keys if not key.startswith((JOURNAL_PREFIX, LISTINGS, INDEXES))]
    return {key: obstore.get(store, key).bytes().to_bytes() for key in keys}
