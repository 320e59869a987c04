"""A lake with two small tables, and queries on it."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.marts.mart import TableGrain
from tg_pipeline.query.session import Session, open_session
from tg_pipeline.query.tables import QueryTable
from tg_pipeline_tests.conftest import DAY

ZONE = "America/Sao_Paulo"

DAILY = QueryTable(
    name="daily",
    description="A table with days.",
    schema=pa.schema(
        [
            pa.field("user_id", pa.int64(), metadata={"description": "Who wrote."}),
            pa.field("text", pa.string(), metadata={"description": "What they wrote."}),
            pa.field("tags", pa.list_(pa.string()), metadata={"description": "Its hashtags."}),
        ]
    ),
    folder="daily",
    grain=TableGrain.DAY,
)
UNDATED = QueryTable(
    name="undated",
    description="A table without days.",
    schema=DAILY.schema,
    folder="undated",
    grain=TableGrain.WHOLE,
)

Ask = Callable[[str], list[tuple[Any, ...]]]


def write(
    lake: Lake, *users: int, day: date | None = DAY, schema: pa.Schema = DAILY.schema
) -> None:
    """Write a day of `daily`, or without a day `undated`, with a row for each user."""
    rows = pa.RecordBatch.from_pylist([{"user_id": user} for user in users], schema)
    table = DAILY if day else UNDATED
    with lake.writer(table.folder, day, schema) as writer:
        writer.write(rows)
        writer.commit()


def answer(session: Session, sql: str) -> list[tuple[Any, ...]]:
    answers = [session.ask(each, lambda rows: rows.fetchall()) for each in session.statements(sql)]
    return answers[-1]


@pytest.fixture(params=["file", "memory"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    return Lake(f"{request.param}://{tmp_path}/lake")


@pytest.fixture
def session(lake: Lake) -> Iterator[Session]:
    with open_session(lake, ZONE, [DAILY, UNDATED]) as opened:
        yield opened


@pytest.fixture
def ask(session: Session) -> Ask:
    return lambda sql: answer(session, sql)
