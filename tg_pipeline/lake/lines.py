"""A landed object's lines: one per update, whatever the object's form is."""

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple, cast

CHUNK: Final = 64 * 1024
"""Bytes read at a time: a hundred lines or so."""

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes. A door takes 1 MiB; what is longer than this is no update and must not fill the memory."""

KEPT_OF_TOO_LONG: Final = 64 * 1024
"""Bytes kept of a line that is too long: enough to see what it is."""


class Line(NamedTuple):
    """A line of an object: its number from 1 (0 for the whole), and what is wrong, if anything."""

    number: int
    content: bytes
    fault: str | None


class Block(NamedTuple):
    """Lines that follow each other; a fault is that of the last one."""

    numbers: list[int]
    contents: list[bytes]
    fault: str | None


def is_readable_name(object_key: str) -> bool:
    """Say whether an object's name promises updates: .json, .ndjson, or either with .gz."""
    return object_key.removesuffix(".gz").endswith((".json", ".ndjson"))


def read_blocks(object_key: str, stream: BinaryIO) -> Iterator[Block]:
    """Give the lines of an object in blocks, each of some size, without blank lines.

    There is at least one line: an object that holds nothing is a faulty one.
    """
    plain = (
        cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if object_key.endswith(".gz") else stream
    )
    many = object_key.removesuffix(".gz").endswith(".ndjson")
    found = False
    for block in _each_line(plain) if many else _one_line(plain):
        if block.numbers:
            found = True
            yield block
    if not found:
        yield Block([0], [b""], "the object is empty")


def read_lines(object_key: str, stream: BinaryIO) -> Iterator[Line]:
    """Give the lines of an object one by one."""
    for numbers, contents, fault in read_blocks(object_key, stream):
        *whole, last = zip(numbers, contents, strict=True)
        for number, content in whole:
            yield Line(number, content, None)
        yield Line(*last, fault)


def _one_line(stream: BinaryIO) -> Iterator[Block]:
    content = b""
    for chunk, fault in _chunks(stream):
        content += chunk
        if fault or len(content) > MAX_LINE:
            yield Block([1], [content], fault) if fault else _too_long(1, content)
            return
    yield _without_blanks(1, [content])


def _each_line(stream: BinaryIO) -> Iterator[Block]:
    number, pending, skipping = 1, b"", False
    for chunk, fault in _chunks(stream):
        *whole, pending = (pending + chunk).split(b"\n")
        if whole:
            first = 1 if skipping else 0
            yield from _blocks(number + first, whole[first:])
            number, skipping = number + len(whole), False
        if fault and skipping:
            return
        if fault:
            yield Block([number], [pending], fault)
            return
        if len(pending) > MAX_LINE and not skipping:
            yield _too_long(number, pending)
            skipping = True
        pending = b"" if skipping else pending
    yield _without_blanks(number, [pending])


def _blocks(first: int, lines: list[bytes]) -> Iterator[Block]:
    for place, line in enumerate(lines):
        if len(line) > MAX_LINE:
            yield _without_blanks(first, lines[:place])
            yield _too_long(first + place, line)
            yield from _blocks(first + place + 1, lines[place + 1 :])
            return
    yield _without_blanks(first, lines)


def _without_blanks(first: int, physical: list[bytes]) -> Block:
    lines = [line.removesuffix(b"\r") for line in physical]
    if b"" not in lines and not any(map(bytes.isspace, lines)):
        return Block(list(range(first, first + len(lines))), lines, None)
    kept = [(number, line) for number, line in enumerate(lines, first) if line.strip()]
    return Block([number for number, _ in kept], [line for _, line in kept], None)


def _too_long(number: int, content: bytes) -> Block:
    kept = f"the first {KEPT_OF_TOO_LONG // 1024} KiB are kept here"
    fault = f"longer than {MAX_LINE // 1024**2} MiB: {kept}"
    return Block([number], [content[:KEPT_OF_TOO_LONG]], fault)


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
