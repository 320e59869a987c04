"""A session asks in the bot's zone, downloads nothing, and can be interrupted."""

import os
import signal
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from tg_pipeline.query.session import QueryError, Session
from tg_pipeline_tests.query.conftest import ZONE, Ask

ENDLESS = "SELECT count(*) FROM range(1000000000) a, range(1000) b WHERE a.range % 7 = b.range % 3"


def test_clocks_are_those_of_the_bot_s_zone(ask: Ask) -> None:
    assert ask("SELECT $timezone, current_setting('TimeZone')") == [(ZONE, ZONE)]
    assert ask("SELECT hour(TIMESTAMPTZ '2026-10-07 03:00:00+00')") == [(0,)]
    assert ask("SELECT TIMESTAMPTZ '2026-10-07 03:00:00+00' AT TIME ZONE $timezone") == [
        (datetime(2026, 10, 7),)  # noqa: DTZ001 - a clock's reading
    ]


def test_statements_share_a_session(ask: Ask) -> None:
    assert ask("CREATE TEMP TABLE mine AS SELECT 42 AS answer; FROM mine") == [(42,)]


@pytest.mark.parametrize("place", ["s3://bucket/key.parquet", "https://example.org/key.parquet"])
def test_no_code_is_downloaded_for_a_question(ask: Ask, place: str) -> None:
    with pytest.raises(QueryError, match="httpfs"):
        ask(f"FROM '{place}'")

    assert ask("SELECT * FROM duckdb_extensions() WHERE loaded AND NOT installed") == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELEC 1", 'syntax error at or near "SELEC"'),
        ("SELECT nobody FROM said", 'column "nobody" not found'),
        ("FROM sayd", "Table with name sayd does not exist"),
        ("SELECT $day", "not provided for the following parameters: day"),
    ],
)
def test_a_mistake_is_told_as_duckdb_tells_it(ask: Ask, sql: str, said: str) -> None:
    with pytest.raises(QueryError, match=said.replace("$", r"\$")):
        ask(sql)

    assert ask("SELECT 1") == [(1,)], "the session goes on"


def test_an_interrupt_ends_a_statement_and_not_the_session(ask: Ask) -> None:
    # Given somebody who presses Ctrl-C while an endless statement runs
    def press() -> None:
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()

    # When it runs
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ask(ENDLESS)

    # Then it is over at once, and the next one is answered
    assert time.monotonic() - began < 5
    assert ask("SELECT 1") == [(1,)]


def test_rows_are_copied_to_a_file_with_the_zone_in_them(session: Session, tmp_path: Path) -> None:
    (statement,) = session.statements("SELECT $timezone AS zone, 'a,b' AS text -- and no more\n;")

    session.copy(statement, str(tmp_path / "it's.csv"), "FORMAT csv, HEADER")

    assert (tmp_path / "it's.csv").read_text() == f'zone,text\n{ZONE},"a,b"\n'
