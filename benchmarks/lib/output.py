"""Output of the benchmarks: progress on stderr, tables on stdout."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

MEGABYTE: Final = 1_000_000

MIN_WIDTH: Final = 120
"""Characters of a line, also in a file or a narrow terminal: no name is cut."""


@contextmanager
def spinner() -> Iterator[Callable[[str], None]]:
    """Show a spinner; yield a function that sets its text."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("")
        yield lambda text: progress.update(task, description=text)


def show(title: str, heads: list[str], rows: list[list[str]]) -> None:
    """Print a table: names on the left, figures on the right."""
    table = Table(box=None)
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    width = max(Console().width, MIN_WIDTH)
    Console(highlight=False, width=width).print(title, table, "")


def megabytes(size: int) -> str:
    """Format a number of bytes in megabytes of a million bytes."""
    return f"{size / MEGABYTE:,.0f} MB"
