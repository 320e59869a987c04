"""Lakes built from the sample month and from recorded updates, and an AWS to register them in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

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

RECORDED = Path(__file__).parents[3] / "shared" / "updates" / "recorded.ndjson"
REPLAYED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class BuiltLake:
    """A landing zone and the lake that was built from it, and a session to ask it."""

    pipeline: Pipeline
    session: Session

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Give the rows of the last of some statements of DuckDB's."""
        statements = self.session.statements(sql)
        return [self.session.ask(each, lambda rows: rows.fetchall()) for each in statements][-1]


def land(pipeline: Pipeline, arrivals: Iterable[Delivery], sender: TrustLevel) -> None:
    door = LandingWriter(pipeline.landing, SAMPLE_BOT_ID, ZONE, sender)
    for outcome in land_batches(door, arrivals, BATCH):
        assert outcome.origin


def build(pipeline: Pipeline) -> None:
    """Build every day of every table, without Dagster."""
    days = list_days(pipeline.landing)
    for day in days:
        pipeline.build(day)
    with mart_builder(pipeline.lake, TIMEZONE) as builder:
        for mart in DAILY_MARTS:
            for day in days:
                builder.build(mart, day)
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


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltLake]:
    """Updates as real bots received them, from before and after São Paulo gave up summer time."""
    if not RECORDED.exists():
        pytest.skip("no recorded updates beside the checkout: nothing is replayed")
    pipeline = Pipeline(tmp_path_factory.mktemp("recorded"))
    lines = RECORDED.read_bytes().splitlines()
    land(pipeline, (Delivery(line, REPLAYED_AT, "recorded") for line in lines), TrustLevel.OPERATOR)
    build(pipeline)
    with open_session(pipeline.lake, TIMEZONE) as session:
        yield BuiltLake(pipeline, session)


@pytest.fixture(params=["sample", "recorded"])
def lake(request: pytest.FixtureRequest) -> BuiltLake:
    """Each of the two."""
    found: BuiltLake = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The address of an AWS that holds nothing yet."""
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def commands(
    aws: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AthenaCommands:
    """Give `tg-pipeline athena`, and an AWS with the stack's workgroup and nothing else."""
    requests.post(f"{aws}/moto-api/reset", timeout=10).raise_for_status()
    glue, athena = (client_of(aws, service) for service in ("glue", "athena"))
    athena.create_work_group(Name=DEFAULT_WORKGROUP)
    point_to(monkeypatch, aws)
    return AthenaCommands(glue, athena, capsys, monkeypatch)
