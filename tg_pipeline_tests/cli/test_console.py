"""Text from others can't control the terminal, by whichever way a command prints it."""

import io
import os
import pty
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.columns import Columns
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from tg_pipeline.cli import console, context, main
from tg_pipeline.cli.console import for_terminal
from tg_pipeline.exceptions import CommandError
from tg_pipeline_tests.cli.conftest import COMMAND
from tg_pipeline_tests.conftest import Pipeline

HOSTILE = "\x1b]0;pwned\x07 \x1b[2J \x9b31m \x9d52;c;aGk=\x9c \x7f \r \u202egnp.exe \u2066 \u200b"
"""Sets the title, clears the screen, writes to the clipboard, reverses the text."""


HOSTILE_TEXTS = st.text(st.one_of(st.sampled_from(sorted(set(HOSTILE))), st.characters()))


def controls(shown: str) -> set[str]:
    """Return the characters of an output that a terminal may obey, other than line ends."""
    kinds = {"Cc", "Zl", "Zp"}
    directions = {"\u061c", "\u200b", "\u200e", "\u200f", "\ufeff"}
    return {
        letter
        for letter in shown
        if (unicodedata.category(letter) in kinds and letter not in "\n\t")
        or letter in directions
        or "\u202a" <= letter <= "\u202e"
        or "\u2060" <= letter <= "\u206f"
    }


def table_of(text: str) -> Table:
    table = Table(text, title=text)
    table.add_row(text)
    table.add_row(Text(text, "red"))
    return table


def report(error: Exception) -> None:
    main.report_error(error)


PRINTS: dict[str, Callable[[str], None]] = {
    "a line": context.show,
    "a warning": context.warn,
    "a text": console.out.print,
    "a text as it is": console.err.out,
    "a log line": console.err.log,
    "a table": lambda text: console.out.print(table_of(text)),
    "nested": lambda text: console.out.print(Panel(Columns([Tree(text)]), title=text)),
    "an error": lambda text: report(CommandError(text)),
    "an error of the system": lambda text: report(OSError(2, "No such file", text)),
}


@pytest.mark.parametrize("what", PRINTS)
@example(HOSTILE)
@given(HOSTILE_TEXTS)
def test_no_console_prints_a_control_character(what: str, text: str) -> None:
    shown = io.StringIO()

    with patch.object(sys, "stdout", shown), patch.object(sys, "stderr", shown):
        PRINTS[what](text)

    assert controls(shown.getvalue()) == set()


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))))
def test_visible_text_is_printed_as_it_is(text: str) -> None:
    assert for_terminal(text) == text


def test_emoji_line_ends_and_markup_are_printed_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.out.print("👩‍💻 [bold]olá[/bold] :smile:\n\n[/]", soft_wrap=True)

    assert capsys.readouterr().out == "👩‍💻 [bold]olá[/bold] :smile:\n\n[/]\n"


def on_a_terminal(*command: str, typed: str = "", **environment: str) -> str:
    """Run a command on a terminal of its own and return everything that it showed."""
    terminal, inner = pty.openpty()
    with subprocess.Popen(
        command,
        env=os.environ | {"TERM": "dumb", "COLUMNS": "100"} | environment,
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    ) as process:
        os.close(inner)
        os.write(terminal, typed.encode())
        shown = b""
        with suppress(OSError):  # the end of a terminal's output
            while part := os.read(terminal, 4096):
                shown += part
    os.close(terminal)
    assert process.returncode is not None
    return shown.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def lake_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a lake with one message, whose text controls terminals."""
    pipeline = Pipeline(tmp_path_factory.mktemp("hostile"))
    message = {"message_id": 1, "date": 1_791_374_400, "text": HOSTILE}
    pipeline.land({"update_id": 1, "message": message})
    pipeline.build()
    return pipeline.lake_uri


def test_data_and_duckdb_s_errors_about_it_can_not_control_the_terminal(lake_uri: str) -> None:
    queries = "SELECT text FROM telegram; SELECT CAST(text AS int) FROM telegram"

    shown = on_a_terminal(COMMAND, "sql", queries, TG_LAKE_URI=lake_uri)

    assert shown.count("pwned") == 2, shown
    assert controls(shown) == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["sql", "SELECT text FROM telegram", "--format", "csv"],
        ["sql", "SELECT text FROM telegram", "--format", "json"],
        ["sql", f"SELECT '{HOSTILE}' FORM"],
        ["sql", "--file", HOSTILE],
        ["summary"],
        ["status", f"--{HOSTILE}"],
        ["report", "--lang", HOSTILE],
        ["run", "--date", HOSTILE],
        ["land", HOSTILE, "--bot-id", "7"],
    ],
)
def test_no_command_lets_text_control_the_terminal(lake_uri: str, arguments: list[str]) -> None:
    assert controls(on_a_terminal(COMMAND, *arguments, TG_LAKE_URI=lake_uri)) == set()


ALL_WAYS = """
import logging, sys, threading
from rich.text import Text
from tg_pipeline.cli.console import err, guard_terminals, out
guard_terminals()
hostile = sys.argv[1]
logging.basicConfig()
logging.error(hostile)
print(hostile)
sys.stdout.buffer.write(hostile.encode()[:-1])
sys.stdout.buffer.write(hostile.encode()[-1:])
out.print(Text("in red", "red"))
err.print(hostile)
raise RuntimeError(hostile)
"""


def test_logs_writes_and_tracebacks_can_not_control_the_terminal() -> None:
    shown = on_a_terminal(
        sys.executable, "-c", ALL_WAYS, HOSTILE, TERM="xterm", NO_COLOR="", FORCE_COLOR="1"
    )

    assert shown.count("pwned") == 5, shown
    assert "\x1b[31min red\x1b[0m" in shown, "the colors of the console itself"
    assert controls(shown.replace("\x1b[31min red\x1b[0m", "")) == set()


CHILD = """
import sys
from pathlib import Path
from tg_pipeline.cli.child_processes import child_processes
from tg_pipeline.cli.console import guard_terminals
guard_terminals()
script = "import sys; print('\x1b[31mred\x1b[0m', sys.argv[1]); sys.exit(sys.argv[1])"
with child_processes(Path.cwd()) as children:
    children.start(sys.executable, "-c", script, sys.argv[1]).wait()
"""


def test_child_processes_can_not_control_the_terminal() -> None:
    shown = on_a_terminal(sys.executable, "-c", CHILD, HOSTILE)

    assert "red" in shown
    assert shown.count("pwned") == 2, shown
    assert controls(shown) == set()


FILTERED_WRITE = """
import sys
from tg_pipeline.cli.console import guard_terminals
guard_terminals()
sys.stdout.write(sys.argv[1])
"""


def test_what_is_written_to_a_file_or_a_pipe_is_not_changed() -> None:
    written = subprocess.check_output([sys.executable, "-c", FILTERED_WRITE, HOSTILE])

    assert written.decode() == HOSTILE
