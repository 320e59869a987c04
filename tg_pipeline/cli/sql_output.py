"""Rows on their way out: a table for people, or CSV, JSON and Parquet of any size."""

import io
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from tg_pipeline.cli.console import out
from tg_pipeline.cli.errors import CommandError
from tg_pipeline.cli.sql_format import Format
from tg_pipeline.query.session import QueryError, Session

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
