"""`tg-pipeline sql`: what a person or a program asks, and what comes back."""

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tg_pipeline.cli.main import app
from tg_pipeline_tests.cli.conftest import COMMAND
from tg_pipeline_tests.conftest import DAY, Pipeline

GREETINGS = ("oi", "olá, tudo bem?", 'ele disse "oi"', "linha\nnova")


@dataclass(frozen=True)
class Done:
    """What the command said, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Sql:
    """The command, on a lake in which four people greet."""

    folder: Path
    capsysbinary: pytest.CaptureFixture[bytes]
    monkeypatch: pytest.MonkeyPatch

    def run(self, *arguments: str, stdin: bytes = b"") -> Done:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.monkeypatch.setattr(sys, "argv", ["tg-pipeline", "sql", *arguments])
        with pytest.raises(SystemExit) as ended:
            app()
        said = self.capsysbinary.readouterr()
        return Done(int(ended.value.code or 0), said.out.decode(), said.err.decode())

    def fails(self, *arguments: str) -> str:
        """Run what fails; give the one line that it says."""
        done = self.run(*arguments)
        assert (done.code, done.out) == (1, ""), done
        assert done.err.startswith("tg-pipeline: "), done
        assert done.err.count("\n") == 1, done
        return done.err


@pytest.fixture
def sql(
    pipeline: Pipeline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> Sql:
    for number, text in enumerate(GREETINGS):
        message = {"message_id": number, "date": 1_791_374_400 + number, "text": text}
        pipeline.land({"update_id": number, "message": message})
    pipeline.build()
    monkeypatch.setenv("TG_LAKE_URI", pipeline.lake_uri)
    monkeypatch.chdir(tmp_path)
    return Sql(tmp_path, capsysbinary, monkeypatch)


def test_a_query_is_answered_with_a_table(sql: Sql) -> None:
    done = sql.run("SELECT context_date, count(*) AS messages FROM telegram GROUP BY ALL")

    assert (done.code, done.err) == (0, "")
    assert [line.strip("│ ").split() for line in done.out.splitlines()[1:5:3]] == [
        ["context_date", "│", "messages"],
        [str(DAY), "│", "4"],
    ]


def test_a_query_comes_from_standard_input_as_well(sql: Sql) -> None:
    assert "olá" in sql.run(stdin="SELECT 'olá' -- a greeting\n;\n".encode()).out


def test_a_query_comes_from_a_file_as_well(sql: Sql) -> None:
    (sql.folder / "q.sql").write_text("-- olá\nSELECT 6 * 7 AS answer")

    assert "42" in sql.run("--file", "q.sql").out


def test_what_is_no_text_is_no_query(sql: Sql) -> None:
    (sql.folder / "q.sql").write_bytes(b"SELECT '\xff'")

    assert "The query from q.sql is no text in UTF-8." in sql.fails("--file", "q.sql")
    assert "from standard input is no text" in sql.run(stdin=b"\xff").err
    assert "from the command line is no text" in sql.fails("SELECT '\udcff'")


def test_csv_comes_with_a_header_and_only_the_quotes_it_needs(sql: Sql) -> None:
    done = sql.run("SELECT message_id, text FROM telegram ORDER BY ALL", "--format", "csv")

    assert done.out == (
        'message_id,text\n0,oi\n1,"olá, tudo bem?"\n2,"ele disse ""oi"""\n3,"linha\nnova"\n'
    )


@pytest.mark.parametrize("end", ["", ";", ";;", "; -- done", " -- done;", ";\n\n/* done */"])
def test_what_stands_behind_a_query_does_no_harm(sql: Sql, end: str) -> None:
    assert sql.run(f"SELECT 1 AS one{end}", "--format", "csv").out == "one\n1\n"


def test_json_is_one_array(sql: Sql) -> None:
    query = "SELECT text, context_date, entity_types, NULL AS nothing FROM telegram ORDER BY date"

    done = sql.run(query, "--format", "json")

    assert json.loads(done.out) == [
        {"text": text, "context_date": str(DAY), "entity_types": None, "nothing": None}
        for text in GREETINGS
    ]


def test_an_answer_without_rows_is_empty_in_every_format(sql: Sql) -> None:
    query = "SELECT text FROM telegram WHERE false"

    assert "0 rows" in sql.run(query).out
    assert sql.run(query, "--format", "csv").out == "text\n"
    assert json.loads(sql.run(query, "--format", "json").out) == []


@pytest.mark.parametrize("name", ["greetings.csv", "greetings.json", "greetings.parquet"])
def test_the_ending_of_a_file_says_what_it_holds(sql: Sql, name: str) -> None:
    done = sql.run("SELECT text FROM telegram ORDER BY date", "--output", name)

    assert (done.code, done.out) == (0, "")
    assert rows_of(sql.folder / name) == [{"text": text} for text in GREETINGS]


def rows_of(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_text(), newline="")))
    rows = (
        json.loads(path.read_text()) if path.suffix == ".json" else pq.read_table(path).to_pylist()
    )
    return list(rows)


def test_the_format_may_be_another_than_the_ending_says(sql: Sql) -> None:
    sql.run("SELECT 1 AS one", "--format", "csv", "--output", "one.txt")

    assert (sql.folder / "one.txt").read_text() == "one\n1\n"


def test_of_several_statements_the_last_one_s_rows_are_written(sql: Sql) -> None:
    asked = (
        "SET VARIABLE least = 2; CREATE TEMP TABLE t AS FROM range(4) r(n); SELECT 'not this'; "
        "SELECT count(*) AS n FROM t WHERE n >= getvariable('least')"
    )

    assert sql.run(asked, "--format", "csv").out == "n\n2\n"


def test_a_table_shows_what_each_statement_gives(sql: Sql) -> None:
    done = sql.run("SET VARIABLE x = 1; SELECT 'first'; EXPLAIN SELECT 'second'; SELECT 'third'")

    assert [word in done.out for word in ("first", "Dummy Scan", "third", "Success")] == [
        True,
        True,
        True,
        False,
    ]


def test_the_zone_is_the_one_that_is_set(sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TG_TIMEZONE", "Asia/Kolkata")

    done = sql.run("SELECT $timezone AS zone, min(event_at) FROM telegram", "--format", "csv")

    assert done.out.splitlines()[1] == "Asia/Kolkata,2026-10-07 17:30:00+05:30"


def test_what_people_wrote_is_shown_and_not_obeyed_by_the_terminal(sql: Sql) -> None:
    done = sql.run("SELECT chr(27) || '[31m' || chr(8238) || chr(155) || chr(7) AS text, '👩‍💻'")

    assert done.code == 0
    assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(done.out)
    assert "👩‍💻" in done.out


def test_a_wrong_query_is_told_with_the_place_of_the_mistake(sql: Sql) -> None:
    done = sql.run("SELECT text FORM telegram")

    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines() == [
        'tg-pipeline: Parser Error: syntax error at or near "telegram"',
        "",
        "LINE 1: SELECT text FORM telegram",
        "                         ^^^^^^^^",
    ]


WRONG = {
    "no statement": (("; -- nothing",), "no statement in the query"),
    "empty input": ((), "no statement in the query"),
    "two queries": (("SELECT 1", "--file", "q.sql"), "exclude each other"),
    "no such file": (("--file", "nope.sql"), "No such file or directory: nope.sql"),
    "an unknown ending": (("SELECT 1", "--output", "x.txt"), "--output x.txt: name a .csv"),
    "a table in a file": (
        ("SELECT 1", "--format", "table", "--output", "x.csv"),
        "--output x.csv: name a .csv",
    ),
    "no rows to write": (("SET threads = 1", "--format", "csv"), "--format csv needs a query"),
    "no such folder": (("SELECT 1", "--output", "no/x.csv"), "No such file or directory"),
    "a write": (("INSERT INTO telegram VALUES (1)",), "telegram is not"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_request_is_one_clear_line(sql: Sql, what: str) -> None:
    arguments, said = WRONG[what]

    assert said in sql.fails(*arguments)


def test_a_lake_in_memory_can_t_be_asked(sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TG_LAKE_URI", "memory://lake")

    assert "memory://lake is gone with the process that fills it" in sql.fails("SELECT 1")


def test_more_rows_than_a_table_shows_are_counted(sql: Sql) -> None:
    done = sql.run("FROM range(5000)")

    assert "5000 rows" in done.out
    assert "(200 shown)" in done.out


MANY = 300_000
"""Rows, of some megabytes: more than a pipe holds."""

ALL_OF_THEM = f"FROM range({MANY}) AS r(n) SELECT n, repeat('x', 20) AS text"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Give a process of its own an empty lake."""
    return os.environ | {"TG_LAKE_URI": tmp_path.as_uri()}


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_large_answer_comes_through_a_pipe_whole(environment: dict[str, str], form: str) -> None:
    done = subprocess.run(
        [COMMAND, "sql", ALL_OF_THEM, "--format", form],
        env=environment,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert count_rows(done.stdout, form) == MANY


def count_rows(answer: bytes, form: str) -> int:
    if form == "parquet":
        return int(pq.read_metadata(io.BytesIO(answer)).num_rows)
    return len(answer.splitlines()) - 1 if form == "csv" else len(json.loads(answer))


def test_what_is_appended_to_a_file_leaves_what_stood_there(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_text("before\n")

    with (tmp_path / "log.csv").open("ab") as log:
        command = [COMMAND, "sql", "SELECT 1 AS one", "--format", "csv"]
        subprocess.run(command, env=environment, stdout=log, check=True)

    assert (tmp_path / "log.csv").read_text() == "before\none\n1\n"


@pytest.mark.parametrize(("form", "first"), [("csv", "n,text"), ("table", "┌")])
def test_a_reader_that_has_seen_enough_ends_it_quietly(
    environment: dict[str, str], form: str, first: str
) -> None:
    # Given somebody who reads one line of much more than a pipe holds
    wide = ALL_OF_THEM.replace("20", "2000")
    asked = subprocess.Popen(
        [COMMAND, "sql", wide, "--format", form],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert asked.stdout
    assert asked.stderr
    line = asked.stdout.readline().decode()

    # When they close it
    asked.stdout.close()

    # Then nothing is complained of
    assert line.startswith(first)
    assert asked.stderr.read() == b""
    asked.stderr.close()
    assert asked.wait(20) == 0
