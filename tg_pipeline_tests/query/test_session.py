"""A session has every table as declared, in the bot's time zone, and can be interrupted."""

import os
import re
import signal
import threading
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.session import QueryError, Session, is_finished, open_session, without_end
from tg_pipeline.query.tables import ALL_TABLES, CONTEXT_DATE, PARTITION_COLUMNS
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.query.conftest import DAILY, ZONE, Ask, answer, write

NEXT_DAY = date(2026, 10, 8)
ENDLESS = "SELECT count(*) FROM range(1000000000) a, range(1000) b WHERE a.range % 7 = b.range % 3"


def test_times_are_in_the_bot_s_time_zone(ask: Ask) -> None:
    assert ask("SELECT $timezone, current_setting('TimeZone')") == [(ZONE, ZONE)]
    assert ask("SELECT hour(TIMESTAMPTZ '2026-10-07 03:00:00+00')") == [(0,)]
    assert ask("SELECT TIMESTAMPTZ '2026-10-07 03:00:00+00' AT TIME ZONE $timezone") == [
        (datetime(2026, 10, 7),)  # noqa: DTZ001 - a local time
    ]


def test_no_extension_is_downloaded(ask: Ask) -> None:
    with pytest.raises(QueryError, match="httpfs"):
        ask("FROM 'https://example.org/key.parquet'")

    assert ask("SELECT * FROM duckdb_extensions() WHERE loaded AND NOT installed") == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", 'syntax error at or near "SELEC"'),
        ("FROM dayly", 'Table with name dayly does not exist!\nDid you mean "daily"'),
        ("SELECT $day", "not provided for the following parameters: day"),
    ],
)
def test_a_mistake_is_reported_in_duckdb_s_words(ask: Ask, sql: str, message: str) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        ask(sql)

    assert ask("SELECT 1") == [(1,)], "the session can still be used"


def test_ctrl_c_cancels_a_statement_and_not_the_session(ask: Ask) -> None:
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()

    with pytest.raises(KeyboardInterrupt):
        ask(ENDLESS)

    assert ask("SELECT 1") == [(1,)]


def test_rows_are_copied_to_a_file(session: Session, tmp_path: Path) -> None:
    (statement,) = session.statements("SELECT $timezone AS zone, 'a,b' AS text -- and no more\n;")

    session.copy(statement, str(tmp_path / "it's.csv"), "FORMAT csv, HEADER")

    assert (tmp_path / "it's.csv").read_text() == f'zone,text\n{ZONE},"a,b"\n'


def test_a_table_without_partitions_is_empty_with_the_declared_columns(ask: Ask) -> None:
    assert ask("FROM daily") == []
    assert [(name, kind) for name, kind, *_ in ask("DESCRIBE daily")] == [
        ("user_id", "BIGINT"),
        ("text", "VARCHAR"),
        ("tags", "VARCHAR[]"),
        (CONTEXT_DATE, "DATE"),
    ]
    assert [name for name, *_ in ask("DESCRIBE undated")] == ["user_id", "text", "tags"]


def test_a_statement_opens_only_the_tables_that_it_names(session: Session) -> None:
    answer(session, "SELECT user_id FROM Daily")

    assert session.views is not None
    assert list(session.views.waiting) == ["undated"]


@pytest.mark.parametrize(
    "sql",
    [
        "FROM (SHOW TABLES)",
        "SELECT name FROM (DESCRIBE)",
        "SELECT table_name FROM information_schema.tables ORDER BY ALL",
        "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
        "SELECT viewname FROM pg_views WHERE schemaname = 'main' ORDER BY ALL",
    ],
)
def test_a_statement_that_asks_which_tables_there_are_gets_all(ask: Ask, sql: str) -> None:
    names = {name for (name,) in ask(sql)}

    assert {"daily", "undated"} <= names


def test_a_name_that_is_put_together_is_found(ask: Ask) -> None:
    assert ask("SELECT count(*) FROM query_table('dai' || 'ly')") == [(0,)]


def test_an_open_session_reads_partitions_that_are_written_or_replaced_later(
    lake: Lake, ask: Ask
) -> None:
    before = ask("SELECT count(*) FROM daily")

    write(lake, 1, 2)
    write(lake, 3, day=NEXT_DAY)
    write(lake, 4, day=None)

    assert before == [(0,)]
    dated = ask("SELECT user_id, context_date FROM daily ORDER BY ALL")
    assert dated == [(1, DAY), (2, DAY), (3, NEXT_DAY)]
    assert ask("SELECT user_id FROM undated") == [(4,)]
    write(lake, 5)
    assert ask("SELECT user_id FROM daily ORDER BY ALL") == [(3,), (5,)]


def test_a_column_missing_from_an_older_file_is_null(lake: Lake, ask: Ask) -> None:
    older = pa.schema([pa.field("user_id", pa.int64()), pa.field("gone", pa.string())])

    write(lake, 1, schema=older)

    assert ask("FROM daily") == [(1, None, None, DAY)]


def test_a_query_about_some_days_reads_only_their_files(lake: Lake, ask: Ask) -> None:
    for day in range(1, 8):
        write(lake, day, day=date(2026, 10, day))

    ((_, plan),) = ask(
        "EXPLAIN ANALYZE SELECT max(user_id) FROM daily WHERE context_date >= '2026-10-06'"
    )

    assert "Total Files Read: 2" in plan


def test_the_lake_s_folder_can_have_any_name(tmp_path: Path) -> None:
    lake = Lake((tmp_path / "it's [a] *lake* context_date=2020-01-01").as_uri())
    write(lake, 1)

    with open_session(lake, ZONE, [DAILY]) as session:
        assert answer(session, "SELECT user_id, context_date FROM daily") == [(1, DAY)]


@pytest.mark.parametrize("statement", ["INSERT INTO daily VALUES (1)", "DELETE FROM daily"])
def test_tables_are_read_only(lake: Lake, ask: Ask, statement: str) -> None:
    write(lake, 1)

    with pytest.raises(QueryError):
        ask(statement)

    assert ask("SELECT user_id FROM daily") == [(1,)]


def test_every_table_exists_as_declared(pipeline: Pipeline) -> None:
    with open_session(pipeline.lake, ZONE) as session:
        for table in ALL_TABLES:
            names = [name for name, *_ in answer(session, f"DESCRIBE {table.name}")]
            assert names == [*table.schema.names, *PARTITION_COLUMNS[table.grain]]
            assert answer(session, f"FROM {table.name}") == []


def test_telegram_is_enriched_updates_under_the_original_s_name(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 5, "message": {"message_id": 1, "date": 1_791_374_400}})
    pipeline.build()

    with open_session(pipeline.lake, ZONE) as session:
        results = [answer(session, f"FROM {name}") for name in ("telegram", "enriched_updates")]

    assert results[0] == results[1]
    assert results[0][0][-1] == DAY


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("SELECT 1; -- done", True),
        ("SELECT 1 -- not; here\n;", True),
        ("SELECT 1; /* done; */", True),
        ("SELECT 'olá;' ;", True),
        (";", True),
        ("SELECT 1", False),
        ("SELECT 'a;", False),
        ("SELECT $$ a;", False),
        ("SELECT 1 -- ;", False),
        ("SELECT 1 /* ;", False),
        ("SELECT 1; SELECT 2", False),
        ("", False),
    ],
)
def test_a_statement_is_finished_by_a_semicolon(text: str, *, finished: bool) -> None:
    assert is_finished(text) == finished


@pytest.mark.parametrize(
    ("statement", "body"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1;;", "SELECT 1"),
        ("SELECT 'olá;' ; -- done;", "SELECT 'olá;' "),
        ("SELECT 1 -- one;\n;", "SELECT 1 -- one;\n"),
    ],
)
def test_a_statement_without_its_end(statement: str, body: str) -> None:
    assert without_end(statement) == body


def test_a_damaged_file_stops_only_queries_of_its_day_and_the_error_says_what_to_do(
    pipeline: Pipeline,
) -> None:
    for day in (DAY, NEXT_DAY):
        pipeline.build(day)
    damaged = pipeline.folder / f"lake/raw_updates/context_date={DAY}/part-0.parquet"
    damaged.write_bytes(damaged.read_bytes()[:100])

    with open_session(pipeline.lake, ZONE) as session:
        with pytest.raises(QueryError, match=r"tg-pipeline verify --repair") as caught:
            answer(session, "SELECT count(*) FROM raw_updates")
        others = answer(
            session, "SELECT count(*) FROM raw_updates WHERE context_date = '2026-10-08'"
        )

    assert str(damaged) in str(caught.value)
    assert others == [(0,)]
