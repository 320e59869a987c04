"""Answers for callers that pay for each character: one SELECT, JSON values, limits."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.answers import (
    CUT,
    MAX_CELL,
    MAX_CHARACTERS,
    SEPARATOR,
    Answer,
    AnswerColumn,
    AnswerError,
    answer,
)
from tg_pipeline.query.session import Limits, Session, columns_of, open_session
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.query.conftest import DAILY, UNDATED, ZONE, write

TABLES = [DAILY, UNDATED]
LIMITS = Limits(memory="200MB")

Answering = Callable[..., Answer]


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Session]:
    lake = Lake((tmp_path / "lake").as_uri())
    write(lake, 1, 2)
    with open_session(lake, ZONE, TABLES, confined=LIMITS) as session:
        yield session


@pytest.fixture
def answering(limited: Session) -> Answering:
    columns = columns_of(TABLES)
    return lambda query, max_rows=10: answer(limited, columns, query, max_rows)


def test_columns_have_the_descriptions_of_the_tables_that_the_query_names(
    answering: Answering,
) -> None:
    found = answering("SELECT user_id, context_date, 1 AS tags, 2 AS n FROM Daily ORDER BY ALL")

    assert found.columns == [
        AnswerColumn("user_id", "BIGINT", "Who wrote."),
        AnswerColumn("context_date", "DATE", "The local day it happened."),
        AnswerColumn("tags", "INTEGER", "Its hashtags."),
        AnswerColumn("n", "INTEGER", None),
    ]
    assert found.rows == [[1, str(DAY), 1, 2], [2, str(DAY), 1, 2]]
    assert not found.truncated


def test_values_are_those_of_json(answering: Answering) -> None:
    found = answering(
        "SELECT 'nan'::DOUBLE, 1.5::DECIMAL(3, 1), '\\xFFa'::BLOB, INTERVAL 2 HOUR, TIME '10:00', "
        "TIMESTAMPTZ '2026-10-07 12:00:00Z', {'a': [DATE '2026-10-07']}, 1::HUGEINT, "
        "4611686018427387904, $timezone"
    )

    assert found.rows == [
        [
            None,
            "1.5",
            "\\xffa",
            "2:00:00",
            "10:00:00",
            "2026-10-07T09:00:00-03:00",
            {"a": ["2026-10-07"]},
            1,
            "4611686018427387904",
            ZONE,
        ]
    ]


def test_rows_beyond_the_limit_are_left_out_and_said_to_be(answering: Answering) -> None:
    query = "FROM range(5) r(n) ORDER BY n DESC"

    assert answering(query, 3) == Answer([AnswerColumn("n", "BIGINT", None)], [[4], [3], [2]], True)  # noqa: FBT003
    assert not answering(query, 5).truncated


def test_characters_beyond_the_limit_are_left_out_and_said_to_be(answering: Answering) -> None:
    found = answering("SELECT repeat('x', 4000) FROM range(100)", 100)

    assert len(found.rows) == MAX_CHARACTERS // len(f"{'x' * 4000}{SEPARATOR}")
    assert found.truncated


def test_a_long_text_is_cut(answering: Answering) -> None:
    found = answering("SELECT repeat('x', 1000000)")

    assert found.rows == [["x" * MAX_CELL + CUT]]
    assert found.truncated


@pytest.mark.parametrize(
    "value",
    [
        "range(1000000)",
        "[repeat('x', 1000) for _ in range(1000)]",
        "list_transform(range(1000000), lambda n: '')",
        "map_from_entries([(n, repeat('x', 1000)) for n in range(1000)])",
        "{'a': range(1000000), 'b': range(1000000)}",
    ],
)
def test_a_long_list_or_map_is_cut_also_in_the_first_row(answering: Answering, value: str) -> None:
    found = answering(f"SELECT {value}, 'last'")

    assert len(json.dumps(found.rows, separators=(",", ":"))) <= 1.2 * MAX_CHARACTERS
    assert len(found.rows[0]) == len(found.columns)
    assert found.truncated


REFUSED = {
    "SELEC 1": "syntax error",
    "": "Only one statement is allowed",
    "SELECT 1; SELECT 2": "Only one statement is allowed",
    "COPY (SELECT 1) TO '{scratch}/x.csv'": "must be a SELECT",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{scratch}/x.csv'": "must be a SELECT",
    "WITH c AS (COPY (SELECT 1) TO '{scratch}/x.csv') FROM c": "disabled by configuration",
    "FROM query('WITH c AS (COPY (SELECT 1) TO ''{scratch}/x.csv'') FROM c')": "",
    "WITH c AS (COPY (SELECT 1) TO 'lake://no-rows.parquet') FROM c": "",
    "WITH c AS (COPY (SELECT 1) TO 'x.csv') FROM c": "disabled by configuration",
    "WITH c AS (COPY (SELECT 1) TO '.tmp/x.csv') FROM c": "disabled by configuration",
    "UPDATE EXTENSIONS": "must be a SELECT",
    "SET threads = 1": "must be a SELECT",
    "SELECT 1 AS " + "x" * (MAX_CHARACTERS + 1): "select fewer columns",
    "FROM read_text('/etc/hostname')": "disabled by configuration",
    "SELECT string_agg(repeat('x', 1000)) FROM range(1000000)": "Out of Memory",
}


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_refused_is_explained_in_one_line_and_writes_nothing(
    limited: Session, answering: Answering, query: str
) -> None:
    before = sorted(limited.scratch.rglob("*"))

    with pytest.raises(AnswerError) as error:
        answering(query.format(scratch=limited.scratch))

    assert REFUSED[query] in str(error.value)
    assert str(error.value)
    assert "\n" not in str(error.value)
    assert sorted(limited.scratch.rglob("*")) == before
    assert answering("SELECT count(*) FROM daily").rows == [[2]]
