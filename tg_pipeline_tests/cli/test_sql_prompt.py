"""The prompt of `tg-pipeline sql`: statements one after the other, and nothing ends it but you."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tg_pipeline.cli.sql import FIRST, FURTHER, HISTORY, Prompt
from tg_pipeline.query.session import ALL_TABLES, Session, open_session
from tg_pipeline.settings import STATE_FOLDER
from tg_pipeline_tests.conftest import Pipeline

ENDLESS = "SELECT count(*) FROM range(1000000000) a, range(1000) b WHERE a.range % 7 = b.range % 3;"

Typing = Callable[..., str]


@pytest.fixture
def session(pipeline: Pipeline) -> Iterator[Session]:
    with open_session(pipeline.lake, "America/Sao_Paulo") as opened:
        yield opened


@pytest.fixture
def typing(session: Session, capsys: pytest.CaptureFixture[str]) -> Typing:
    """Give what types lines, and gives all that is said to them."""

    def typed(*lines: str | type[BaseException]) -> str:
        remaining = iter(lines)

        def read_line(_prompt: str) -> str:
            line = next(remaining, EOFError)
            if isinstance(line, str):
                return line
            raise line

        Prompt(session, ALL_TABLES, read_line).run()
        assert next(remaining, None) is None, "it went on to the end"
        said = capsys.readouterr()
        return said.out + said.err

    return typed


def test_a_statement_may_have_several_lines(typing: Typing) -> None:
    said = typing("SELECT 6 *", "7 AS answer, ';' AS text", "-- and no more;", ";")

    assert "42" in said


def test_an_error_is_told_and_does_not_end_it(typing: Typing) -> None:
    said = typing("SELEC 1;", "SELECT 6 * 7;")

    assert 'syntax error at or near "SELEC"' in said
    assert "42" in said


def test_what_a_statement_makes_is_there_for_the_next(typing: Typing) -> None:
    assert "42" in typing("CREATE TEMP TABLE mine AS SELECT 42 AS n;", "FROM mine;")


def test_ctrl_c_gives_up_what_was_typed(typing: Typing) -> None:
    said = typing("SELECT 'given", KeyboardInterrupt, "SELECT 'up';")

    assert "given" not in said
    assert "up" in said


def test_ctrl_c_cancels_a_statement_under_way(typing: Typing) -> None:
    def press() -> None:
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    said = typing(ENDLESS, "SELECT 6 * 7;")

    assert "cancelled" in said
    assert "42" in said


def test_the_tables_are_listed_with_what_they_are(typing: Typing) -> None:
    said = typing(".tables")

    for table in ALL_TABLES:
        assert f"{table.name} " in said
        assert table.description in said


def test_a_table_s_columns_are_told_with_what_they_mean(typing: Typing) -> None:
    said = typing(".schema telegram", ".schema nobody")

    assert "`is_bot` of the user who acted." in said
    assert "context_date" in said
    assert "There is no table nobody: .tables lists them." in said


@pytest.mark.parametrize("command", [".help", ".schema", ".what"])
def test_what_there_is_to_type_is_told(typing: Typing, command: str) -> None:
    assert typing(command).count(".quit") == 2, "at the beginning, and when asked"


def test_quit_ends_it(typing: Typing) -> None:
    with pytest.raises(AssertionError, match="went on to the end"):
        typing(".quit", "SELECT 6 * 7;")


def test_a_blank_line_is_nothing(typing: Typing) -> None:
    assert "42" in typing("", "   ", "SELECT 6 * 7;")


ON_A_TERMINAL = """
import fcntl, pathlib, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C is a signal
signal.signal(signal.SIGINT, signal.default_int_handler)
home = pathlib.Path(sys.argv.pop())
import tg_pipeline.cli.sql
tg_pipeline.cli.sql.home_folder = lambda: home
sys.argv = ["tg-pipeline", "sql"]
from tg_pipeline.cli.main import app
app()
"""


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, home: Path, lake_uri: str) -> None:
        self._terminal, inner = pty.openpty()
        self._command = subprocess.Popen(
            [sys.executable, "-c", ON_A_TERMINAL, str(home)],
            env=os.environ | {"TG_LAKE_URI": lake_uri, "TERM": "dumb", "COLUMNS": "100"},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)

    def read_until(self, what: str) -> str:
        """Give all that is shown, up to something."""
        shown = ""
        while what not in shown:
            shown += os.read(self._terminal, 4096).decode()
        return shown

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def close(self) -> int:
        """Give how the command ended."""
        code = self._command.wait(20)
        os.close(self._terminal)
        return code


def test_on_a_terminal_it_asks_and_remembers(pipeline: Pipeline, tmp_path: Path) -> None:
    # Given somebody who types a statement of two lines
    terminal = Terminal(tmp_path, pipeline.lake_uri)
    terminal.read_until(FIRST)
    terminal.type("SELECT 6 *\n")
    terminal.read_until(FURTHER)
    terminal.type("7 AS answer;\n")
    assert "42" in terminal.read_until(FIRST)

    # When they cancel a long one, and leave
    terminal.type(f"{ENDLESS}\n")
    time.sleep(1)
    terminal.type("\x03")
    assert "cancelled" in terminal.read_until(FIRST)
    terminal.type(".quit\n")

    # Then it is over, and what they typed is kept for the next time
    assert terminal.close() == 0
    kept = (tmp_path / STATE_FOLDER / HISTORY).read_text().splitlines()
    assert kept[-4:] == ["SELECT 6 *", "7 AS answer;", ENDLESS, ".quit"]
