"""The prompt of `tg-pipeline sql`: statements over several lines, a history, dot commands."""

import atexit
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from tg_pipeline.cli.console import err, out
from tg_pipeline.cli.sql_output import show
from tg_pipeline.query.semicolons import is_finished
from tg_pipeline.query.session import QueryError, Session
from tg_pipeline.query.tables import CONTEXT_DATE, THE_DAY, QueryTable
from tg_pipeline.settings import STATE_FOLDER

ReadLine = Callable[[str], str]
"""Gives the next line after showing a prompt; raises EOFError where there is none."""

FIRST, FURTHER = "tg> ", "  > "
HISTORY: Final = "sql_history"
HISTORY_LINES: Final = 1_000

HELP: Final = """\
A statement ends with ; and may have several lines. $timezone is the time zone as set.
.tables          the tables
.schema NAME     a table's columns
.help            this
.quit            leave (so does Ctrl-D); Ctrl-C cancels a statement"""


class Prompt:
    """Reads statements and shows what they give, until the end of input."""

    def __init__(self, session: Session, tables: Iterable[QueryTable], read_line: ReadLine) -> None:
        """Ask `session` what `read_line` gives; `tables` are those that dot commands describe."""
        self._session, self._read_line = session, read_line
        self._tables = {table.name: table for table in tables}

    def run(self) -> None:
        """Go on until `.quit`, or the end of input; neither an error nor Ctrl-C ends it."""
        out.print(HELP, markup=False, soft_wrap=True)
        while True:
            try:
                text = self._read()
            except EOFError:
                out.print()
                return
            except KeyboardInterrupt:
                out.print()  # what was typed is given up
                continue
            if text in {".quit", ".exit"}:
                return
            self._obey(text)

    def _read(self) -> str:
        """Give a dot command, or lines up to a semicolon that is no part of a text or comment."""
        text = self._read_line(FIRST).strip()
        while text and not text.startswith(".") and not is_finished(text):
            text += "\n" + self._read_line(FURTHER)
        return text

    def _obey(self, text: str) -> None:
        try:
            if text.startswith("."):
                self._describe(*text.split())
            else:
                for statement in self._session.statements(text):
                    show(self._session, statement)
        except QueryError as error:
            err.print(str(error), markup=False, soft_wrap=True)
        except KeyboardInterrupt:
            err.print("cancelled")

    def _describe(self, command: str, *names: str) -> None:
        if command == ".tables":
            rows = {table.name: table.description for table in self._tables.values()}
        elif command == ".schema" and len(names) == 1:
            rows = self._columns(names[0])
        else:
            raise QueryError(HELP)
        width = max(map(len, rows))
        for name, meaning in rows.items():
            out.print(f"{name:<{width}}  {meaning}", markup=False, soft_wrap=True)

    def _columns(self, name: str) -> dict[str, str]:
        if name not in self._tables:
            raise QueryError(f"There is no table {name}: .tables lists them.")
        table = self._tables[name]
        told = {field.name: field.metadata[b"description"].decode() for field in table.schema}
        return told | ({CONTEXT_DATE: THE_DAY} if table.has_days else {})


def terminal_lines(home: Path) -> ReadLine:
    """Give the terminal's lines, with editing, and with a history kept in `home`."""
    try:
        import readline  # noqa: PLC0415 - not every Python has it
    except ImportError:
        return input
    kept = home / STATE_FOLDER / HISTORY
    kept.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        readline.read_history_file(kept)
    readline.set_history_length(HISTORY_LINES)
    atexit.register(readline.write_history_file, kept)
    return input
