"""Run the statements of `tg-pipeline sql`: from a text with output to a file, or from a prompt.

A module of its own because it imports DuckDB.
"""

import atexit
import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import duckdb
import typer
from obstore.store import ObjectStore

from tg_pipeline.cli.console import err, for_terminal, out
from tg_pipeline.cli.results.output_file import replacement
from tg_pipeline.cli.results.sql import Format
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.json_cells import finite_cells
from tg_pipeline.query.session import (
    ConfinedError,
    QueryError,
    Session,
    columns_of,
    is_finished,
    open_session,
)
from tg_pipeline.query.spreadsheet_cells import as_cells
from tg_pipeline.query.tables import ALL_TABLES, REJECTED, QueryTable
from tg_pipeline.settings import SQL_HISTORY, STATE_FOLDER, home_folder

TABLE_ROWS: Final = 200
"""Rows of a printed table: of a larger one, the first and the last."""

UNLIMITED_WIDTH: Final = 1_000_000
"""Characters per line of a table that is not printed to a terminal."""

COPY_OPTIONS: Final = {
    Format.CSV: "FORMAT csv, HEADER",
    Format.JSON: "FORMAT json, ARRAY true",
    Format.PARQUET: "FORMAT parquet, COMPRESSION zstd",
}

CELLS: Final = {Format.CSV: as_cells, Format.JSON: finite_cells}
"""What changes the cells of a format: a formula for a spreadsheet, a number that JSON has not."""

WITH_ROWS: Final = {duckdb.StatementType.SELECT, duckdb.StatementType.MULTI}
"""Statements whose rows DuckDB can copy; PIVOT is several statements in one."""

FIRST_PROMPT, NEXT_PROMPT = "tg> ", "  > "
HISTORY_LINES: Final = 1_000

CONFINED_HINT: Final = "Only the lake's tables can be read here; --no-confined allows everything."

HELP: Final = """\
A statement ends with ; and may have several lines. $timezone is the time zone as set.
.tables          the tables
.schema [NAME]   a table's columns with their types; without a name, those of all tables
.help, help      this
.quit, quit      leave (so do exit and Ctrl-D); Ctrl-C cancels a statement"""

_LEAVING: Final = {".quit", ".exit", "quit", "exit"}
_HELPING: Final = {".help", "help"}
_WORDS: Final = _LEAVING | _HELPING
"""Lines that are no statement, also without a dot; none is the beginning of one in DuckDB's SQL."""

ReadLine = Callable[[str], str]
"""Returns the next line after showing a prompt; raises EOFError if there is none."""


@dataclass(frozen=True, slots=True)
class SqlSource:
    """What statements read."""

    lake: Lake
    landing: Callable[[], ObjectStore]
    """Opens the landing zone, where the rejected bodies are."""
    timezone: str


@dataclass(frozen=True, slots=True)
class Output:
    """Writes rows in a format to a file, or without a path to standard output."""

    form: Format
    path: Path | None = None
    raw: bool = False
    """Whether CSV has cells that a spreadsheet calculates."""

    def write(self, session: Session, statement: duckdb.Statement, *, is_last: bool) -> None:
        """Run a statement and write its rows; except as tables, only those of the last one."""
        if self.form is Format.TABLE:
            print_table(session, statement)
        elif not is_last:
            session.ask(statement, _discard)
        else:
            self._copy(session, statement)

    def _copy(self, session: Session, statement: duckdb.Statement) -> None:
        if statement.type not in WITH_ROWS:
            raise CommandError(f"--format {self.form} needs a query at the end, such as SELECT.")
        options = COPY_OPTIONS[self.form]
        cells = None if self.raw and self.form is Format.CSV else CELLS.get(self.form)
        with self._target() as target, _pipe_to(target, session.scratch) as pipe:
            session.copy(statement, pipe, options, cells=cells)

    @contextmanager
    def _target(self) -> Iterator[BinaryIO]:
        if self.path is None:
            yield sys.stdout.buffer
        else:
            with replacement(self.path) as file:
                yield file


def run_sql(source: SqlSource, query: str | None, output: Output, *, confined: bool) -> None:
    """Run the statements of a query, or without one those of a prompt.

    Raises CommandError; an error of DuckDB is printed, and ends the command.
    """
    try:
        with open_session(
            source.lake, source.timezone, confined=confined, landing=source.landing
        ) as session:
            if query is None:
                Prompt(session, (*ALL_TABLES, REJECTED), terminal_reader(home_folder())).run()
            else:
                _run_all(session, query, output)
    except QueryError as error:
        # Its further lines show the place of the mistake, so they are printed as well.
        err.print(f"tg-pipeline: {_message(error)}", soft_wrap=True)
        raise typer.Exit(1) from None


def _message(error: QueryError) -> str:
    hint = f"\n{CONFINED_HINT}" if isinstance(error, ConfinedError) else ""
    return f"{error}{hint}"


def _run_all(session: Session, query: str, output: Output) -> None:
    statements = session.statements(query)
    if not statements:
        raise CommandError("There is no statement in the query.")
    for statement in statements:
        output.write(session, statement, is_last=statement is statements[-1])


def print_table(session: Session, statement: duckdb.Statement) -> None:
    """Run a statement and print its rows, if any, as a table."""
    lines = session.ask(statement, _table_lines)
    with _until_closed():
        sys.stdout.writelines(f"{for_terminal(line)}\n" for line in lines)


def _table_lines(relation: duckdb.DuckDBPyRelation | None) -> list[str]:
    """Return a relation as lines of text; none for a statement without rows."""
    if relation is None or relation.columns == ["Success"]:
        return []
    if relation.columns == ["explain_key", "explain_value"]:
        return [line for _, plan in relation.fetchall() for line in str(plan).splitlines()]
    width = out.width if out.is_terminal else UNLIMITED_WIDTH
    with redirect_stdout(io.StringIO()) as drawing:
        relation.show(max_rows=TABLE_ROWS, max_width=width, max_col_width=width)
    return drawing.getvalue().rstrip("\n").split("\n")


def _discard(relation: duckdb.DuckDBPyRelation | None) -> None:
    """Read all rows, so that the statement is executed."""
    for _ in relation.to_arrow_reader() if relation else ():
        pass


@contextmanager
def _pipe_to(target: BinaryIO, scratch: Path) -> Iterator[str]:
    """Return the path of a pipe to `target`; an early end of standard output is not an error.

    It is in a new folder of the session's, the only place that a confined session can write to.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder, ThreadPoolExecutor(1) as worker:
        pipe = Path(folder) / "rows"
        os.mkfifo(pipe)
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        # A writer of our own: without one, the reader would wait for a query that fails at once.
        writing = os.open(pipe, os.O_WRONLY)
        os.set_blocking(reading, True)
        is_closed = worker.submit(_forward, reading, target)
        try:
            with os.fdopen(writing, "wb"):
                yield str(pipe)
        except QueryError:
            if not is_closed.result():
                raise
        is_closed.result()


def _forward(reading: int, target: BinaryIO) -> bool:
    """Copy a pipe to a file; return whether that, a pipe itself, was closed before the end."""
    with os.fdopen(reading, "rb") as source, _until_closed():
        shutil.copyfileobj(source, target)
        return False
    return True


@contextmanager
def _until_closed() -> Iterator[None]:
    """Stop without an error if standard output is closed, as in `… | head`."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Else Python reports the data that it still has for the closed pipe when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Prompt:
    """An interactive prompt: reads statements and prints their rows until the end of input."""

    def __init__(self, session: Session, tables: Iterable[QueryTable], read_line: ReadLine) -> None:
        """Run the lines of `read_line` in `session`; dot commands describe `tables`."""
        self._session, self._read_line = session, read_line
        self._tables = {table.name: table for table in tables}

    def run(self) -> None:
        """Run until `.quit` or the end of input; errors and Ctrl-C do not end it."""
        out.print(HELP, soft_wrap=True)
        while True:
            try:
                text = self._read()
            except EOFError:
                out.print()
                return
            except KeyboardInterrupt:
                out.print()  # the lines typed so far are discarded
                continue
            if _word(text) in _LEAVING:
                return
            self._execute(text)

    def _read(self) -> str:
        """Return a dot command, or lines up to a semicolon outside of texts and comments."""
        text = self._read_line(FIRST_PROMPT).strip()
        if _word(text) in _WORDS:
            return text
        while text and not text.startswith(".") and not is_finished(text):
            text += "\n" + self._read_line(NEXT_PROMPT)
        return text

    def _execute(self, text: str) -> None:
        try:
            if _word(text) in _HELPING:
                out.print(HELP, soft_wrap=True)
            elif text.startswith("."):
                self._describe(*text.rstrip("; ").split())
            else:
                for statement in self._session.statements(text):
                    print_table(self._session, statement)
        except QueryError as error:
            err.print(_message(error), soft_wrap=True)
        except KeyboardInterrupt:
            err.print("cancelled")

    def _describe(self, command: str = "", *names: str) -> None:
        if command == ".tables" and not names:
            _print_aligned((table.name, table.description) for table in self._tables.values())
        elif command == ".schema" and len(names) <= 1:
            for name in names or self._tables:
                self._print_schema(name, with_heading=not names)
        else:
            raise QueryError(HELP)

    def _print_schema(self, name: str, *, with_heading: bool) -> None:
        if name not in self._tables:
            raise QueryError(f"There is no table {name}: .tables lists them.")
        table = self._tables[name]
        if with_heading:
            out.print(f"\n{name}: {table.description}", soft_wrap=True)
        columns = columns_of([table])[name]
        _print_aligned((column.name, column.type, column.description) for column in columns)


def _word(line: str) -> str:
    """Return a line that may be one word, in lower case and without a semicolon."""
    return line.rstrip("; ").lower()


def _print_aligned(rows: Iterable[tuple[str, ...]]) -> None:
    """Print rows whose cells begin below each other; the last cell may be longer than the line."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)][:-1]
    for *firsts, last in cells:
        parts = [f"{text:<{width}}" for text, width in zip(firsts, widths, strict=True)]
        out.print("  ".join([*parts, last]), soft_wrap=True)


def terminal_reader(home: Path) -> ReadLine:
    """Return a reader of the terminal's lines, with editing, and a history in `home`."""
    try:
        import readline  # noqa: PLC0415 - not every Python has it
    except ImportError:
        return input
    history = home / STATE_FOLDER / SQL_HISTORY
    history.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        readline.read_history_file(history)
    readline.set_history_length(HISTORY_LINES)
    atexit.register(readline.write_history_file, history)
    return input
