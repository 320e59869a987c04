"""Consoles of the commands: results go to standard output, progress to standard error."""

import io
import logging
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

LOGGER: Final = logging.getLogger("tg_pipeline.cli")

NO_LIMIT: Final = 100_000
"""Characters per line, so that a logged line is never wrapped."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def log_standard_error() -> None:
    """Log each line written to standard error, instead of printing it."""
    err.file = _LoggedLines()
    err.width = NO_LIMIT


class _LoggedLines(io.StringIO):
    """A text file that logs each line written to it."""

    def write(self, text: str) -> int:
        for line in filter(None, map(str.strip, text.splitlines())):
            LOGGER.info("%s", line)
        return len(text)


def progress() -> Progress:
    """Return a progress bar for work of known or unknown size; it is removed when done.

    Nothing is drawn if standard error is not a terminal.
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
