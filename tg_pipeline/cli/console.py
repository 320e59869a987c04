"""Where the commands write: results to standard output, progress to standard error."""

import io
import logging
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

LOGGER: Final = logging.getLogger("tg_pipeline.cli")

NO_LIMIT: Final = 100_000
"""Characters of a line that nobody looks at on a terminal."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def log_instead() -> None:
    """Let what goes to standard error be lines of the log, a record each, instead of a text."""
    err.file = _LoggedLines()
    err.width = NO_LIMIT


class _LoggedLines(io.StringIO):
    """Takes whole lines, and logs each."""

    def write(self, text: str) -> int:
        for line in filter(None, map(str.strip, text.splitlines())):
            LOGGER.info("%s", line)
        return len(text)


def progress() -> Progress:
    """Give a bar for work of a known size, or of an unknown one; it leaves no trace when done.

    Where standard error is no terminal, nothing moves and so nothing is drawn.
    """
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
