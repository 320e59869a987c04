"""A lake built from the sample month, and an AWS to register it in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
import sqlglot

from lambda_ingest.landing import TrustLevel
from lambda_ingest.writer import LandingWriter
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.lake.landing_writer import Delivery, land_batches
from tg_pipeline.lake.landing_zone import list_days
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.query.session import Session, open_session
from tg_pipeline.sample import SAMPLE_BOT_ID, deliveries
from tg_pipeline.settings import DEFAULT_WORKGROUP
from tg_pipeline_tests.athena.athena_commands import AthenaCommands, point_to
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.fakes.aws import client_of, moto_server

TIMEZONE = "America/Sao_Paulo"
ZONE = ZoneInfo(TIMEZONE)
FIRST_DAY = date(2026, 10, 1)
DAYS, PER_DAY = 30, 300
BATCH = 500


@dataclass(frozen=True)
class BuiltLake:
    """A landing zone, the lake that was built from it, and a DuckDB session on the lake."""

    pipeline: Pipeline
    session: Session

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of the last of some DuckDB statements."""
        statements = self.session.statements(sql)
        return [self.session.ask(each, lambda rows: rows.fetchall()) for each in statements][-1]


def to_duckdb(athena_sql: str) -> str:
    """Translate a query from Athena's dialect to DuckDB's."""
    return sqlglot.parse_one(athena_sql, read="athena").sql("duckdb", pretty=True)


def land(pipeline: Pipeline, arrivals: Iterable[Delivery], sender: TrustLevel) -> None:
    writer = LandingWriter(pipeline.landing, SAMPLE_BOT_ID, ZONE, sender)
    for outcome in land_batches(writer, arrivals, BATCH):
        assert outcome.origin


def build(pipeline: Pipeline) -> None:
    """Build every day of every table, without Dagster."""
    days = list_days(pipeline.landing)
    for day in days:
        pipeline.build(day)
    with mart_builder(pipeline.lake, TIMEZONE) as builder:
        for mart in DAILY_MARTS:
            builder.build_days(mart, days)
        for mart in CUMULATIVE_MARTS:
            builder.build(mart)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltLake]:
    """The sample month, as `make run` makes it, with all tables."""
    pipeline = Pipeline(tmp_path_factory.mktemp("sample"))
    month = deliveries(FIRST_DAY, DAYS, PER_DAY, zone=ZONE)
    land(
        pipeline,
        (Delivery(each.body, each.arrived_at, "sample") for each in month),
        TrustLevel.NETWORK,
    )
    build(pipeline)
    with open_session(pipeline.lake, TIMEZONE) as session:
        yield BuiltLake(pipeline, session)


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The endpoint of an empty AWS."""
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def commands(
    aws: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AthenaCommands:
    """`tg-pipeline athena`, and an AWS with the stack's workgroup and nothing else."""
    requests.post(f"{aws}/moto-api/reset", timeout=10).raise_for_status()
    glue, athena = (client_of(aws, service) for service in ("glue", "athena"))
    athena.create_work_group(Name=DEFAULT_WORKGROUP)
    point_to(monkeypatch, aws)
    return AthenaCommands(glue, athena, capsys, monkeypatch)
