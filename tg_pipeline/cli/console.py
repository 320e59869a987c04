"""Consoles of the commands: results go to standard output, progress to standard error.

Names, texts and error messages may hold characters that a terminal obeys: they can change its
title, clear it, or write to the clipboard. The consoles replace them, and `guard_terminals` does
so in everything that is written to a terminal without a console. What a program reads from a pipe
or a file, such as CSV and JSON, is written to `sys.stdout`, which is then not changed.
"""

import codecs
import io
import logging
import re
import sys
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Final, TextIO, TypeGuard

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

if TYPE_CHECKING:
    from rich.progress import Progress
    from typing_extensions import Buffer

LOGGER: Final = logging.getLogger("tg_pipeline.cli")

_HIDDEN: Final = (
    range(0x09),  # C0 controls, up to the tab
    range(0x0B, 0x20),  # C0 controls after the newline, among them ESC
    range(0x7F, 0xA0),  # DEL and the C1 controls
    range(0x61C, 0x61D),  # the Arabic letter mark
    range(0x200B, 0x200C),  # the zero width space
    range(0x200E, 0x2010),  # left-to-right and right-to-left marks
    range(0x2028, 0x202F),  # line and paragraph separators; embeddings and overrides of direction
    range(0x2060, 0x2070),  # invisible operators, isolates of direction, deprecated formats
    range(0xD800, 0xE000),  # surrogates, which can't be encoded
    range(0xFEFF, 0xFF00),  # the byte order mark
    range(0xFFF9, 0xFFFC),  # interlinear annotations
    range(0xE0000, 0xE0080),  # tags: a second, invisible ASCII
)
"""Characters that control a terminal, or change what is seen without being seen.

The joiners U+200C and U+200D are not among them: emoji and several scripts are written with them.
"""

_REPLACEMENTS: Final = {code: "\N{REPLACEMENT CHARACTER}" for codes in _HIDDEN for code in codes}

_COLOR: Final = re.compile(rb"\x1b\[[0-9;]*m")
"""A code that changes the color of what follows."""

NO_LIMIT: Final = 100_000
"""Characters per line, so that a logged line is never wrapped."""


def for_terminal(text: str) -> str:
    """Return a text with a visible mark in the place of each character that a terminal obeys."""
    return text.translate(_REPLACEMENTS)


def one_line(text: str) -> str:
    """Return a text, such as a name, on one line."""
    return " ".join(text.split())


def excerpt(content: bytes, characters: int) -> str:
    """Return the beginning of bytes from outside as text on one line, and how many there are."""
    text = one_line(content[: 4 * characters].decode("utf-8", "backslashreplace"))
    if len(text) <= characters and len(content) <= 4 * characters:
        return text
    return f"{text[:characters]}… ({len(content):,} bytes)"


class SafeConsole(Console):
    """A console that shows texts as they are: without markup, emoji codes or control characters."""

    def __init__(self, *, stderr: bool = False) -> None:
        """Write to standard output or standard error."""
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the parts of what is printed; the console's own control codes are kept."""
        for part in super().render(renderable, options):
            yield part if part.control else part._replace(text=for_terminal(part.text))


out = SafeConsole()
err = SafeConsole(stderr=True)


def guard_terminals() -> None:
    """Filter what is written to standard output and standard error, if they are terminals.

    The consoles, which filter texts and then add colors, write past this filter.
    """
    if is_terminal(sys.stdout):
        out.file = sys.stdout
        sys.stdout = _filtered(sys.stdout)
    if is_terminal(sys.stderr):
        err.file = sys.stderr
        sys.stderr = _filtered(sys.stderr)


def is_terminal(stream: TextIO | None) -> TypeGuard[io.TextIOWrapper]:
    """Return whether a standard stream, which may be closed, is a terminal."""
    return isinstance(stream, io.TextIOWrapper) and stream.isatty()


def _filtered(terminal: io.TextIOWrapper) -> io.TextIOWrapper:
    """Return a text file, also with a `buffer` for bytes, that writes to a terminal."""
    terminal.reconfigure(errors="replace")
    return io.TextIOWrapper(
        io.BufferedWriter(_FilteredBytes(terminal)),
        encoding=terminal.encoding,
        errors="replace",
        line_buffering=True,
    )


class _FilteredBytes(io.RawIOBase):
    """A binary file that writes encoded text to a terminal."""

    def __init__(self, terminal: io.TextIOWrapper) -> None:
        super().__init__()
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder(terminal.encoding)("replace")

    def write(self, content: "Buffer") -> int:
        encoded = bytes(content)
        self._terminal.write(for_terminal(self._decoder.decode(encoded)))
        self._terminal.flush()
        return len(encoded)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._terminal.isatty()

    def fileno(self) -> int:
        return self._terminal.fileno()


def relay(output: IO[bytes], stream: TextIO) -> None:
    """Write the output of a child process, without its colors, to a standard stream.

    A child process that writes to the terminal itself would write past the filter.
    """
    with output:
        for line in output:
            stream.write(_COLOR.sub(b"", line).decode("utf-8", "replace"))
            stream.flush()


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


def progress(*, of_bytes: bool = False) -> "Progress":
    """Return a progress bar for work of known or unknown size; it is removed when done.

    Nothing is drawn if standard error is not a terminal.
    """
    # Imported here: most commands show none.
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn() if of_bytes else MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
