"""`tg-pipeline sql`: queries from arguments, files and pipes, formats of output, and the prompt."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from tg_pipeline.cli.main import app
from tg_pipeline.cli.results.sql_session import FIRST_PROMPT, NEXT_PROMPT, Prompt
from tg_pipeline.query.session import Session, open_session
from tg_pipeline.query.tables import ALL_TABLES, REJECTED
from tg_pipeline.settings import SQL_HISTORY, STATE_FOLDER
from tg_pipeline_tests.cli.conftest import COMMAND
from tg_pipeline_tests.conftest import DAY, Pipeline

GREETINGS = ("oi", "olá, tudo bem?", 'ele disse "oi"', "linha\nnova")


class Done(NamedTuple):
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Sql:
    folder: Path
    capsysbinary: pytest.CaptureFixture[bytes]
    monkeypatch: pytest.MonkeyPatch

    def run(self, *arguments: str, stdin: bytes = b"") -> Done:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.monkeypatch.setattr(sys, "argv", ["tg-pipeline", "sql", *arguments])
        with pytest.raises(SystemExit) as ended:
            app()
        output = self.capsysbinary.readouterr()
        return Done(int(ended.value.code or 0), output.out.decode(), output.err.decode())

    def fails(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert (done.code, done.out) == (1, ""), done
        assert done.err.startswith("tg-pipeline: "), done
        assert done.err.count("\n") == 1, done
        return done.err


@pytest.fixture(scope="module")
def greetings(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    pipeline = Pipeline(tmp_path_factory.mktemp("greetings"))
    for number, text in enumerate(GREETINGS):
        message = {"message_id": number, "date": 1_791_374_400 + number, "text": text}
        pipeline.land({"update_id": number, "message": message})
    pipeline.build()
    return pipeline


@pytest.fixture
def sql(
    greetings: Pipeline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> Sql:
    monkeypatch.setenv("TG_LAKE_URI", greetings.lake_uri)
    monkeypatch.chdir(tmp_path)
    return Sql(tmp_path, capsysbinary, monkeypatch)


def test_rows_are_printed_as_a_table(sql: Sql) -> None:
    done = sql.run("SELECT context_date, count(*) AS messages FROM telegram GROUP BY ALL")

    assert (done.code, done.err) == (0, "")
    assert [line.strip("│ ").split() for line in done.out.splitlines()[1:5:3]] == [
        ["context_date", "│", "messages"],
        [str(DAY), "│", "4"],
    ]


def test_a_query_can_come_from_standard_input_or_a_file(sql: Sql) -> None:
    (sql.folder / "q.sql").write_text("-- olá\nSELECT 6 * 7 AS answer; -- done;")

    assert "olá" in sql.run(stdin="SELECT 'olá' -- a greeting\n;\n".encode()).out
    assert "42" in sql.run("--file", "q.sql").out


def test_a_query_must_be_utf_8(sql: Sql) -> None:
    (sql.folder / "q.sql").write_bytes(b"SELECT '\xff'")

    assert "The query from q.sql is not UTF-8 text." in sql.fails("--file", "q.sql")
    assert "from standard input is not UTF-8" in sql.run(stdin=b"\xff").err
    assert "from the command line is not UTF-8" in sql.fails("SELECT '\udcff'")


def test_json_is_one_array(sql: Sql) -> None:
    query = "SELECT text, context_date, entity_types, NULL AS nothing FROM telegram ORDER BY date"

    done = sql.run(query, "--format", "json")

    assert json.loads(done.out) == [
        {"text": text, "context_date": str(DAY), "entity_types": None, "nothing": None}
        for text in GREETINGS
    ]


def test_numbers_that_json_does_not_have_are_null(sql: Sql) -> None:
    query = "SELECT 0.0 / 0 AS share, 1.0 / 0 AS rate, 0.5 AS half, 'NaN' AS text"

    done = sql.run(query, "--format", "json")

    def fail(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    assert json.loads(done.out, parse_constant=fail) == [
        {"share": None, "rate": None, "half": 0.5, "text": "NaN"}
    ]


def test_a_result_without_rows_is_valid_in_every_format(sql: Sql) -> None:
    query = "SELECT text FROM telegram WHERE false"

    assert "0 rows" in sql.run(query).out
    assert sql.run(query, "--format", "csv").out == "text\n"
    assert json.loads(sql.run(query, "--format", "json").out) == []


@pytest.mark.parametrize("name", ["greetings.csv", "greetings.json", "greetings.parquet"])
def test_the_extension_of_a_file_decides_its_format(sql: Sql, name: str) -> None:
    done = sql.run("SELECT text FROM telegram ORDER BY date", "--output", name)

    assert (done.code, done.out) == (0, "")
    assert rows_of(sql.folder / name) == [{"text": text} for text in GREETINGS]


def rows_of(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_text(), newline="")))
    is_json = path.suffix == ".json"
    return list(json.loads(path.read_text()) if is_json else pq.read_table(path).to_pylist())


FORMULAS = "SELECT '=1+1' AS \"@sum\", '\t=x' AS tab, -1 AS number, 'a=b' AS text, ['=x'] AS list"


@pytest.mark.parametrize("options", [("--format", "csv"), ("--output", "x.csv")])
def test_csv_has_no_cell_that_a_spreadsheet_would_calculate(
    sql: Sql, options: tuple[str, str]
) -> None:
    done = sql.run(FORMULAS, *options)

    shown = done.out or (sql.folder / "x.csv").read_text()
    assert shown == "'@sum,tab,number,text,list\n'=1+1,'\t=x,-1,a=b,['=x']\n"


@pytest.mark.parametrize("options", [("--format", "csv"), ("--output", "x.csv")])
def test_raw_csv_has_the_cells_as_they_are(sql: Sql, options: tuple[str, str]) -> None:
    done = sql.run(FORMULAS, *options, "--raw")

    shown = done.out or (sql.folder / "x.csv").read_text()
    assert shown == "@sum,tab,number,text,list\n=1+1,\t=x,-1,a=b,['=x']\n"


@pytest.mark.parametrize("name", ["cells.json", "cells.parquet"])
def test_other_formats_have_the_cells_as_they_are(sql: Sql, name: str) -> None:
    sql.run("SELECT '=1+1' AS \"@sum\"", "--output", name)

    assert rows_of(sql.folder / name) == [{"@sum": "=1+1"}]


def test_a_query_that_fails_leaves_the_file_of_an_earlier_one(sql: Sql) -> None:
    (sql.folder / "x.csv").write_text("earlier")
    failing = "SELECT CAST(if(range < 500000, '1', 'x') AS int) FROM range(1000000)"

    assert sql.run(failing, "--output", "x.csv").code == 1

    assert (sql.folder / "x.csv").read_text() == "earlier"
    assert list(sql.folder.iterdir()) == [sql.folder / "x.csv"]


def test_a_query_is_confined_unless_a_person_may_be_typing(sql: Sql) -> None:
    (sql.folder / "file.csv").write_text("cell\nread\n")

    confined = [
        sql.run("FROM 'file.csv'"),
        sql.run(stdin=b"FROM 'file.csv'"),
        sql.run("FROM 'file.csv'", "--confined"),
    ]

    assert [(done.code, done.out) for done in confined] == [(1, "")] * 3
    assert "--no-confined allows everything" in confined[0].err
    assert "read" in sql.run("FROM 'file.csv'", "--no-confined").out


def test_the_rows_of_a_confined_query_can_be_written_to_a_file(sql: Sql) -> None:
    done = sql.run("SELECT text FROM telegram", "--confined", "--output", "rows.json")

    assert done.code == 0, done
    assert len(rows_of(sql.folder / "rows.json")) == len(GREETINGS)


def test_the_rows_of_a_confined_query_can_not_be_written_to_the_lake(
    sql: Sql, greetings: Pipeline
) -> None:
    target = greetings.lake_uri.removeprefix("file://") + "/telegram.csv"

    assert f"{target} is in the lake" in sql.fails("SELECT 1", "--confined", "--output", target)


def test_only_the_rows_of_the_last_statement_are_written(sql: Sql) -> None:
    statements = (
        "SET VARIABLE least = 2; CREATE TEMP TABLE t AS FROM range(4) r(n); SELECT 'not written'; "
        "SELECT count(*) AS n FROM t WHERE n >= getvariable('least')"
    )

    assert sql.run(statements, "--format", "csv", "--output", "n.txt").out == ""
    assert (sql.folder / "n.txt").read_text() == "n\n2\n"


def test_tables_are_printed_for_every_statement(sql: Sql) -> None:
    done = sql.run("SET VARIABLE x = 1; SELECT 'first'; EXPLAIN SELECT 'second'; SELECT 'third'")

    assert all(word in done.out for word in ("first", "Dummy Scan", "third"))
    assert "Success" not in done.out


def test_times_are_in_the_time_zone_of_the_settings(sql: Sql) -> None:
    sql.monkeypatch.setenv("TG_TIMEZONE", "Asia/Kolkata")

    done = sql.run("SELECT $timezone AS zone, min(event_at) FROM telegram", "--format", "csv")

    assert done.out.splitlines()[1] == "Asia/Kolkata,2026-10-07 17:30:00+05:30"


def test_control_characters_are_not_sent_to_the_terminal(sql: Sql) -> None:
    done = sql.run("SELECT chr(27) || '[31m' || chr(8238) || chr(155) || chr(7) AS text, '👩‍💻'")

    assert done.code == 0
    assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(done.out)
    assert "👩‍💻" in done.out


def test_the_error_for_a_wrong_query_shows_the_place(sql: Sql) -> None:
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
    "two queries": (("SELECT 1", "--file", "q.sql"), "exclude each other"),
    "no such file": (("--file", "nope.sql"), "No such file or directory: nope.sql"),
    "an unknown ending": (("SELECT 1", "--output", "x.txt"), "--output x.txt: name a .csv"),
    "a table in a file": (
        ("SELECT 1", "--format", "table", "--output", "x.csv"),
        "--output x.csv: name a .csv",
    ),
    "no rows to write": (("SET threads = 1", "--format", "csv"), "--format csv needs a query"),
    "no such folder": (("SELECT 1", "--output", "no/x.csv"), "the folder no does not exist"),
    "a write": (("INSERT INTO telegram VALUES (1)",), "telegram is not"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_options_are_an_error_of_one_line(sql: Sql, what: str) -> None:
    arguments, message = WRONG[what]

    assert message in sql.fails(*arguments)


def test_a_lake_in_memory_can_not_be_queried(sql: Sql) -> None:
    sql.monkeypatch.setenv("TG_LAKE_URI", "memory://lake")

    assert "memory://lake exists only in the process that fills it" in sql.fails("SELECT 1")


def test_a_long_table_is_shortened_and_says_so(sql: Sql) -> None:
    shown = sql.run("FROM range(5000)").out

    assert "5000 rows" in shown
    assert "(200 shown)" in shown


MANY = 20_000
"""Rows that are more than fits into a pipe."""

MANY_ROWS = f"FROM range({MANY}) AS r(n) SELECT n, repeat('x', 200) AS text"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return os.environ | {"TG_LAKE_URI": tmp_path.as_uri()}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_large_result_goes_through_a_pipe_completely(
    environment: dict[str, str], form: str
) -> None:
    written = subprocess.check_output(
        [COMMAND, "sql", MANY_ROWS, "--format", form], env=environment
    )

    assert count_rows(written, form) == MANY


def count_rows(content: bytes, form: str) -> int:
    if form == "parquet":
        return int(pq.read_metadata(io.BytesIO(content)).num_rows)
    return len(content.splitlines()) - 1


def test_output_can_be_appended_to_a_file(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("before\n")
    command = [COMMAND, "sql", "SELECT 1 AS one", "--format", "csv"]

    with (tmp_path / "log.csv").open("ab") as log:
        subprocess.run(command, env=environment, stdout=log, check=True)

    assert (tmp_path / "log.csv").read_text() == "before\none\n1\n"


@pytest.mark.parametrize(("form", "first"), [("csv", b"n,text"), ("table", "┌".encode())])
def test_the_end_of_a_pipe_s_reader_is_not_an_error(
    environment: dict[str, str], form: str, first: bytes
) -> None:
    command, pipe = [COMMAND, "sql", MANY_ROWS, "--format", form], subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe) as process:
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()

        process.stdout.close()

        assert line.startswith(first)
        assert process.stderr.read() == b""
    assert process.returncode == 0


ENDLESS = "SELECT count(*) FROM range(1000000000) a, range(1000) b WHERE a.range % 7 = b.range % 3;"

Typing = Callable[..., str]


@pytest.fixture
def session(greetings: Pipeline) -> Iterator[Session]:
    with open_session(greetings.lake, "America/Sao_Paulo") as opened:
        yield opened


@pytest.fixture
def typing(session: Session, capsys: pytest.CaptureFixture[str]) -> Typing:
    def typed(*lines: str | type[BaseException]) -> str:
        remaining = iter(lines)

        def read_line(_prompt: str) -> str:
            line = next(remaining, EOFError)
            if isinstance(line, str):
                return line
            raise line

        Prompt(session, (*ALL_TABLES, REJECTED), read_line).run()
        assert next(remaining, None) is None, "all lines were read"
        output = capsys.readouterr()
        return output.out + output.err

    return typed


def test_an_error_does_not_end_the_prompt(typing: Typing) -> None:
    output = typing("SELEC 1;", "SELECT 6 * 7;")

    assert 'syntax error at or near "SELEC"' in output
    assert "42" in output


def test_ctrl_c_discards_the_lines_typed_so_far(typing: Typing) -> None:
    output = typing("SELECT 'discarded", KeyboardInterrupt, "SELECT 'next';")

    assert "discarded" not in output
    assert "next" in output


def test_tables_and_columns_are_listed_with_their_descriptions(typing: Typing) -> None:
    tables, columns = typing(".tables"), typing(".schema telegram", ".schema nobody")

    for table in (*ALL_TABLES, REJECTED):
        assert f"{table.name} " in tables
        assert table.description in tables
    assert re.search(
        r"^user_is_bot +BOOLEAN +`is_bot` of the user who acted\.$", columns, re.MULTILINE
    )
    assert re.search(r"^event_at +TIMESTAMP WITH TIME ZONE +", columns, re.MULTILINE)
    assert re.search(r"^context_date +DATE +The local day it happened\.$", columns, re.MULTILINE)
    assert "There is no table nobody: .tables lists them." in columns


def test_the_columns_of_all_tables_are_listed_without_a_name(typing: Typing) -> None:
    columns = typing(".schema")

    for table in (*ALL_TABLES, REJECTED):
        assert f"\n{table.name}: {table.description}\n" in columns
    assert re.search(r"^month +VARCHAR +", columns, re.MULTILINE)


@pytest.mark.parametrize("command", [".help", ".what", "help", "HELP;", "."])
def test_help_is_printed(typing: Typing, command: str) -> None:
    assert typing(command).count(".quit") == 2, "at the beginning, and on request"


@pytest.mark.parametrize("word", [".quit", ".exit", "quit", "exit", "Exit;", " quit ; "])
def test_a_word_ends_the_prompt(session: Session, word: str) -> None:
    lines = iter([word, "SELECT 1;"])

    Prompt(session, ALL_TABLES, lambda _prompt: next(lines)).run()

    assert list(lines) == ["SELECT 1;"]


def test_a_statement_may_contain_such_a_word(typing: Typing) -> None:
    assert re.search(r"exit.*left", typing("SELECT 'left' AS", "exit", ";"), re.DOTALL)


TERMINAL_SCRIPT = """
import fcntl, pathlib, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C is a signal
signal.signal(signal.SIGINT, signal.default_int_handler)
home = pathlib.Path(sys.argv.pop())
import tg_pipeline.cli.results.sql_session
tg_pipeline.cli.results.sql_session.home_folder = lambda: home
sys.argv = ["tg-pipeline", "sql"]
from tg_pipeline.cli.main import app
app()
"""


class Terminal:
    def __init__(self, home: Path, lake_uri: str) -> None:
        self._terminal, inner = pty.openpty()
        self._command = subprocess.Popen(
            [sys.executable, "-c", TERMINAL_SCRIPT, str(home)],
            env=os.environ | {"TG_LAKE_URI": lake_uri, "TERM": "dumb", "COLUMNS": "100"},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)

    def read_until(self, what: str) -> str:
        shown = ""
        while what not in shown:
            shown += os.read(self._terminal, 4096).decode()
        return shown

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def close(self) -> int:
        code = self._command.wait(120)
        os.close(self._terminal)
        return code


def test_the_prompt_on_a_terminal_keeps_a_history(greetings: Pipeline, tmp_path: Path) -> None:
    # Given a statement of two lines
    terminal = Terminal(tmp_path, greetings.lake_uri)
    terminal.read_until(FIRST_PROMPT)
    terminal.type("SELECT 6 *\n")
    terminal.read_until(NEXT_PROMPT)
    terminal.type("7 AS answer;\n")
    assert "42" in terminal.read_until(FIRST_PROMPT)

    # When a long statement is cancelled, and the prompt is left
    terminal.type(f"{ENDLESS}\n")
    time.sleep(1)
    terminal.type("\x03")
    assert "cancelled" in terminal.read_until(FIRST_PROMPT)
    terminal.type(".quit\n")

    # Then the command ends, and the lines are in the history
    assert terminal.close() == 0
    kept = (tmp_path / STATE_FOLDER / SQL_HISTORY).read_text().splitlines()
    assert kept[-4:] == ["SELECT 6 *", "7 AS answer;", ENDLESS, ".quit"]
