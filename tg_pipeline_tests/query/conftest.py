"""A lake with a table of the test's own, and questions to it."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.session import QueryTable, Session, open_session
from tg_pipeline_tests.conftest import DAY

ZONE = "America/Sao_Paulo"

SAID = QueryTable(
    name="said",
    description="What was said.",
    schema=pa.schema(
        [
            pa.field("user_id", pa.int64(), metadata={"description": "Who said it."}),
            pa.field("text", pa.string(), metadata={"description": "What they said."}),
            pa.field("tags", pa.list_(pa.string()), metadata={"description": "Its hashtags."}),
        ]
    ),
    folder="said",
    has_days=True,
)
TOLD = QueryTable(
    name="told", description="All days.", schema=SAID.schema, folder="told", has_days=False
)

Ask = Callable[[str], list[tuple[Any, ...]]]


def write(lake: Lake, *users: int, day: date | None = DAY, schema: pa.Schema = SAID.schema) -> None:
    """Write a day of `said`, or with no day all of `told`, with a row for each user."""
    rows = pa.RecordBatch.from_pylist([{"user_id": user} for user in users], schema)
    table = SAID if day else TOLD
    with lake.writer(table.folder, day, schema) as writer:
        writer.write(rows)
        writer.commit()


def answer(session: Session, sql: str) -> list[tuple[Any, ...]]:
    """Give the rows of the last of some statements."""
    answers = [session.ask(each, lambda rows: rows.fetchall()) for each in session.statements(sql)]
    return answers[-1]


@pytest.fixture(params=["file", "memory"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    return Lake(f"{request.param}://{tmp_path}/lake")


@pytest.fixture
def session(lake: Lake) -> Iterator[Session]:
    with open_session(lake, ZONE, [SAID, TOLD]) as opened:
        yield opened


@pytest.fixture
def ask(session: Session) -> Ask:
    return lambda sql: answer(session, sql)
