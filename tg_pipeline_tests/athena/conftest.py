"""A lake built from the sample month, and an AWS to register it in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlglot

from tg_pipeline.query.session import Session, open_session
from tg_pipeline.settings import DEFAULT_WORKGROUP
from tg_pipeline_tests.athena.athena_commands import AthenaCommands, point_to
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.fakes.aws import client_of, moto_server
from tg_pipeline_tests.marts.reference.happenings import ZONE
from tg_pipeline_tests.marts.reference.month import shared_month

TIMEZONE = ZONE.key


@dataclass(frozen=True)
class BuiltLake:
    pipeline: Pipeline
    session: Session

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        statements = self.session.statements(sql)
        return [self.session.ask(each, lambda rows: rows.fetchall()) for each in statements][-1]


def to_duckdb(athena_sql: str) -> str:
    return sqlglot.parse_one(athena_sql, read="athena").sql("duckdb", pretty=True)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltLake]:
    pipeline = shared_month(tmp_path_factory).pipeline
    with open_session(pipeline.lake, TIMEZONE) as session:
        yield BuiltLake(pipeline, session)


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def commands(
    aws: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> AthenaCommands:
    """`tg-pipeline athena`, and an AWS with the stack's workgroup and nothing else."""
    requests.post(f"{aws}/moto-api/reset", timeout=10).raise_for_status()
    glue, athena = (client_of(aws, service) for service in ("glue", "athena"))
    athena.create_work_group(Name=DEFAULT_WORKGROUP)
    point_to(monkeypatch, aws)
    # The names of bots in the default folder, of a checkout that is in use, would be in queries.
    monkeypatch.setenv("TG_LANDING_URI", tmp_path.as_uri())
    return AthenaCommands(glue, athena, capsys, monkeypatch)
