"""Files of updates, landed and built into a lake with all layers and marts, and queried."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from lambda_ingest.landing import TrustLevel, event_time, parse_update
from lambda_ingest.writer import LandingWriter
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.writer import Delivery, land_all
from tg_pipeline.landing.zone import list_days
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.query.session import Session, open_session
from tg_pipeline_tests.built_marts import build_marts
from tg_pipeline_tests.conftest import Pipeline

ZONE: Final = ZoneInfo("America/Sao_Paulo")

PARAMETERS: Final = MartParameters(ZONE.key)
"""Neither business hours nor the bots' usernames are set."""

LONG_AFTER: Final = datetime(2026, 12, 1, tzinfo=UTC)
"""When updates arrive unless a test knows better: after all of them."""

Rows = list[tuple[Any, ...]]


def land_file(
    pipeline: Pipeline,
    file: Path,
    bot_id: int,
    arrivals: Mapping[int, datetime] | None = None,
    zone: ZoneInfo = ZONE,
) -> None:
    """Land each line: at the time that `arrivals` has for its update_id, or as soon as sent."""
    writer = LandingWriter(pipeline.landing, bot_id, zone, TrustLevel.OPERATOR)
    known = arrivals or {}

    def deliveries() -> Iterator[Delivery]:
        for line in file.read_bytes().splitlines():
            update = parse_update(line)
            second = event_time(update)
            sent = datetime.fromtimestamp(second, UTC) if second else LONG_AFTER
            yield Delivery(line, known.get(update["update_id"], sent), file.name)

    assert all(result.taken.parsed for result in land_all(writer, deliveries()))


def build_all(pipeline: Pipeline, parameters: MartParameters = PARAMETERS) -> None:
    """Build every landed day and every mart, and check the conservation rules."""
    days = list_days(pipeline.landing)
    for day in days:
        pipeline.build(day, parameters=LayerParameters(parameters.timezone))
    with mart_builder(pipeline.lake, parameters) as builder:
        results = build_marts(builder, days)
    assert all(each.conservation is None or each.conservation.holds for each in results)


@contextmanager
def queries(lake: Lake) -> Iterator["Queries"]:
    with open_session(lake, ZONE.key) as session:
        yield Queries(session)


class Queries:
    def __init__(self, session: Session) -> None:
        self._session = session

    def rows(self, sql: str) -> Rows:
        (statement,) = self._session.statements(sql)
        rows: Rows = self._session.ask(statement, lambda found: found.fetchall())
        return rows
