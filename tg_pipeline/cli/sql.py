"""`tg-pipeline sql`: questions in SQL, on the lake as it is."""

import atexit
import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import duckdb
import typer

from tg_pipeline.cli.console import err, out
from tg_pipeline.cli.context import open_lake
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.session import (
    ALL_TABLES,
    CONTEXT_DATE,
    THE_DAY,
    QueryError,
    QueryTable,
    Session,
    is_finished,
    open_session,
)
from tg_pipeline.settings import STATE_FOLDER, Settings, home_folder, load_settings


class Format(StrEnum):
    """What rows come as."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


ENDINGS: Final = {f".{form}": form for form in (Format.CSV, Format.JSON, Format.PARQUET)}
"""What a file's name says of it."""


def form_of(asked: Format | None, path: Path | None) -> Format:
    """Give the form that is asked for, or that the path's ending says; raises CommandError."""
    form = asked or (ENDINGS.get(path.suffix) if path else Format.TABLE)
    if path is not None and form in {None, Format.TABLE}:
        raise CommandError(f"--output {path}: name a .csv, .json or .parquet, or give --format.")
    if form is Format.PARQUET and path is None and sys.stdout.isatty():
        raise CommandError("Parquet is nothing for a terminal: give --output.")
    return form or Format.TABLE


ROWS_SHOWN: Final = 200
"""Rows of a table for people, who are shown the first and the last ones of more."""

ALL_COLUMNS: Final = 1_000_000
"""Characters a line may have where nobody has a screen."""

COPY_OPTIONS: Final = {
    Format.CSV: "FORMAT csv, HEADER",
    Format.JSON: "FORMAT json, ARRAY true",
    Format.PARQUET: "FORMAT parquet, COMPRESSION zstd",
}

UNSEEN: Final = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\N{REPLACEMENT CHARACTER}",
)
"""What a terminal obeys instead of showing it: controls, and changes of the writing direction."""

WITH_ROWS: Final = {duckdb.StatementType.SELECT, duckdb.StatementType.MULTI}
"""Statements that DuckDB writes the rows of; PIVOT is several in one."""


@dataclass(frozen=True, slots=True)
class Output:
    """In which form rows go where; without a path, to standard output."""

    form: Format
    path: Path | None = None

    def put(self, session: Session, statement: duckdb.Statement, *, is_last: bool) -> None:
        """Run a statement and write its rows, those of the last one only unless as a table."""
        if self.form is Format.TABLE:
            show(session, statement)
        elif not is_last:
            session.ask(statement, _passed_over)
        else:
            self._copy(session, statement)

    def _copy(self, session: Session, statement: duckdb.Statement) -> None:
        if statement.type not in WITH_ROWS:
            raise CommandError(f"--format {self.form} needs a query at the end, such as SELECT.")
        if self.path is not None:
            session.copy(statement, str(self.path), COPY_OPTIONS[self.form])
            return
        with _standard_output() as path:
            session.copy(statement, path, COPY_OPTIONS[self.form])


def show(session: Session, statement: duckdb.Statement) -> None:
    """Run a statement and print what it gives, if anything, as a table."""
    lines = session.ask(statement, _drawn)
    with _while_somebody_reads():
        sys.stdout.writelines(f"{line.translate(UNSEEN)}\n" for line in lines)


def _passed_over(relation: duckdb.DuckDBPyRelation | None) -> None:
    """Let a statement have its effect."""
    for _ in relation.to_arrow_reader() if relation else ():
        pass


def _drawn(relation: duckdb.DuckDBPyRelation | None) -> list[str]:
    """Give a relation as lines of text; none for a statement that only does something."""
    if relation is None or relation.columns == ["Success"]:
        return []
    if relation.columns == ["explain_key", "explain_value"]:
        return [line for _, plan in relation.fetchall() for line in str(plan).splitlines()]
    width = out.width if out.is_terminal else ALL_COLUMNS
    with redirect_stdout(io.StringIO()) as drawing:
        relation.show(max_rows=ROWS_SHOWN, max_width=width, max_col_width=width)
    return drawing.getvalue().rstrip("\n").split("\n")


@contextmanager
def _standard_output() -> Iterator[str]:
    """Give a path whose bytes go to standard output as they come, and nowhere once that closes."""
    reading, writing = os.pipe()
    with ThreadPoolExecutor(1) as aside:
        is_closed = aside.submit(_pump, reading)
        try:
            with os.fdopen(writing, "wb"):
                yield f"/dev/fd/{writing}"
        except QueryError:
            if not is_closed.result():
                raise


def _pump(reading: int) -> bool:
    """Hand on what comes, and say whether nobody wanted it to the end."""
    with os.fdopen(reading, "rb") as source, _while_somebody_reads():
        shutil.copyfileobj(source, sys.stdout.buffer)
        return False
    return True


@contextmanager
def _while_somebody_reads() -> Iterator[None]:
    """Leave off quietly once standard output is closed, as it is behind `| head`."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What Python still holds for the closed pipe, it would complain of on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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


def read_query(query: str | None, file: Path | None) -> str | None:
    """Give what is to be run, None where a person is to be asked; raises CommandError."""
    if query is not None and file is not None:
        raise CommandError("A query and --file exclude each other: give one of them.")
    if query is not None:
        return _text(os.fsencode(query), "the command line")
    if file is not None:
        return _text(file.read_bytes(), str(file))
    return None if sys.stdin.isatty() else _text(sys.stdin.buffer.read(), "standard input")


def _text(content: bytes, origin: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise CommandError(f"The query from {origin} is no text in UTF-8.") from None


def answer(query: str | None, output: Output) -> None:
    """Run the statements of a query, or those that a person types; raises CommandError."""
    settings = load_settings()
    lake = _lake(settings)
    try:
        with open_session(lake, settings.timezone) as session:
            if query is None:
                Prompt(session, ALL_TABLES, terminal_lines(home_folder())).run()
            else:
                _run(session, query, output)
    except QueryError as error:
        # Its further lines show the place of the mistake.
        err.print(f"tg-pipeline: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _run(session: Session, query: str, output: Output) -> None:
    statements = session.statements(query)
    if not statements:
        raise CommandError("There is no statement in the query.")
    for statement in statements:
        output.put(session, statement, is_last=statement is statements[-1])


def _lake(settings: Settings) -> Lake:
    lake = open_lake(settings)
    if lake.folder is None and not settings.lake_uri.startswith("s3://"):
        raise CommandError(
            f"{settings.lake_uri} is gone with the process that fills it: set TG_LAKE_URI to a "
            "file:// or s3:// place."
        )
    return lake


Query = Annotated[
    str | None,
    typer.Argument(help="In DuckDB's SQL. [default: standard input, or a prompt on a terminal]"),
]
File = Annotated[Path | None, typer.Option("--file", help="Read the query from a file.")]
Form = Annotated[
    Format | None, typer.Option("--format", help="What the rows come as. [default: table]")
]
Target = Annotated[
    Path | None, typer.Option("--output", help="Write the rows to a .csv, .json or .parquet.")
]


def sql(query: Query = None, file: File = None, form: Form = None, output: Target = None) -> None:
    """Ask the lake's tables in SQL: every layer, `telegram`, and every mart.

    Of several statements the last one's rows are written; a table shows them all. $timezone
    stands for the time zone as set.
    """
    # DuckDB takes a quarter of a second to import: only a command that asks it waits for it.

    answer(read_query(query, file), Output(form_of(form, output), output))
