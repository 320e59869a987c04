"""A landed object's lines: one per update, whatever the object's form is."""

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple, cast

CHUNK: Final = 256 * 1024
"""Bytes read at a time."""

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes. A door takes 1 MiB; what is longer than this is no update and must not fill the memory."""

KEPT_OF_TOO_LONG: Final = 64 * 1024
"""Bytes kept of a line that is too long: enough to see what it is."""


class Line(NamedTuple):
    """A line of an object: its number from 1 (0 for the whole), and what is wrong, if anything."""

    number: int
    content: bytes
    fault: str | None


def is_readable_name(object_key: str) -> bool:
    """Say whether an object's name promises updates: .json, .ndjson, or either with .gz."""
    return object_key.removesuffix(".gz").endswith((".json", ".ndjson"))


def read_lines(object_key: str, stream: BinaryIO) -> Iterator[Line]:
    """Give the lines of an object, at least one: an object that holds nothing is a faulty line."""
    plain = (
        cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if object_key.endswith(".gz") else stream
    )
    many = object_key.removesuffix(".gz").endswith(".ndjson")
    found = 0
    for line in _each_line(plain) if many else _one_line(plain):
        if line.fault or line.content.strip():
            found += 1
            yield line
    if not found:
        yield Line(0, b"", "the object is empty")


def _one_line(stream: BinaryIO) -> Iterator[Line]:
    content = b""
    for chunk, fault in _chunks(stream):
        content += chunk
        if fault or len(content) > MAX_LINE:
            yield Line(1, content, fault) if fault else _too_long(1, content)
            return
    yield Line(1, content, None)


def _each_line(stream: BinaryIO) -> Iterator[Line]:
    number, pending, skipping = 1, b"", False
    for chunk, fault in _chunks(stream):
        *whole, pending = (pending + chunk).split(b"\n")
        for content in whole:
            if not skipping:
                yield Line(number, content.removesuffix(b"\r"), None)
            number, skipping = number + 1, False
        if fault:
            yield Line(number, pending, fault)
            return
        if len(pending) > MAX_LINE and not skipping:
            yield _too_long(number, pending)
            skipping = True
        pending = b"" if skipping else pending
    if pending:
        yield Line(number, pending, None)


def _too_long(number: int, content: bytes) -> Line:
    kept = f"the first {KEPT_OF_TOO_LONG // 1024} KiB are kept here"
    fault = f"longer than {MAX_LINE // 1024**2} MiB: {kept}"
    return Line(number, content[:KEPT_OF_TOO_LONG], fault)


def _chunks(stream: BinaryIO) -> Iterator[tuple[bytes, str | None]]:
    """Give the stream in pieces; what breaks it off comes last, as a fault."""
    read = stream.read1 if isinstance(stream, gzip.GzipFile) else stream.read
    try:
        while chunk := read(CHUNK):
            yield chunk, None
    except EOFError:
        yield b"", "the gzip stream ends early"
    except (gzip.BadGzipFile, zlib.error) as error:
        yield b"", f"not a gzip stream: {error}"
