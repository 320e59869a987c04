"""Any bytes as a landed object, read in pieces of any size: each line becomes one row."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final, cast
from unittest import mock

import pyarrow as pa
from typing_extensions import Buffer

from tg_pipeline.landing import reader as landing_reader
from tg_pipeline.landing.reader import LANDED_LINES, Line, read_blocks, read_lines
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES, split

NAMES: Final = ("5.json", "5.ndjson", "5.json.gz", "5.ndjson.gz")
STEPS: Final = (1, 3, 64, 4096)
"""Bytes that a read returns at most."""

MAX_LINE_BYTES, KEPT_BYTES, CHUNK_BYTES = 100, 40, 16
"""Limits that small inputs reach."""


class _Pieces(io.RawIOBase):
    """A stream that returns only a few bytes per read, as a network may."""

    def __init__(self, content: bytes, step: int) -> None:
        super().__init__()
        self._content, self._step, self._at = content, step, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        piece = self._content[self._at : self._at + min(self._step, len(view))]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def check(data: bytes) -> None:
    """Check that lines are conserved; the first byte chooses the size of the reads."""
    step, content = STEPS[data[0] % len(STEPS)] if data else 1, data[1:]
    with mock.patch.multiple(landing_reader, MAX_LINE_BYTES=MAX_LINE_BYTES, KEPT_BYTES=KEPT_BYTES):
        for name in NAMES:
            for stored in (
                (content, gzip.compress(content, mtime=0)) if "gz" in name else (content,)
            ):
                at_once = list(read_lines(name, io.BytesIO(stored)))
                _check_lines(name, stored, at_once)
                with mock.patch.object(landing_reader, "CHUNK_BYTES", CHUNK_BYTES):
                    in_pieces = list(read_lines(name, _in_pieces(stored, step)))
                _check_same(in_pieces, at_once)
                _check_rows(at_once)
                blocks = list(read_blocks(name, io.BytesIO(stored)))
                assert sum(len(block.numbers) for block in blocks) == len(at_once)


def _check_same(in_pieces: list[Line], at_once: list[Line]) -> None:
    """Compare two readings; of a damaged stream, one may get further than the other."""
    if not at_once[-1].fault or not in_pieces[-1].fault:
        assert in_pieces == at_once
        return
    shorter = min(len(in_pieces), len(at_once)) - 1
    assert in_pieces[:shorter] == at_once[:shorter]


def _in_pieces(stored: bytes, step: int) -> BinaryIO:
    """Open an object as the layers open a large one: buffered, since a read may return less."""
    return cast("BinaryIO", io.BufferedReader(_Pieces(stored, step), step))


def _check_lines(name: str, stored: bytes, found: list[Line]) -> None:
    """Compare the lines with those of a simple reading of the whole object."""
    plain, is_whole = _unpacked(stored) if name.endswith(".gz") else (stored, True)
    faults = [line for line in found if line.fault]
    assert found
    assert is_whole or faults, "an unreadable object has no fault"
    expected = list(_physical_lines(plain) if "ndjson" in name else _the_object(plain))
    if not is_whole:
        # How much of a damaged stream can be read depends on the decompressor.
        expected = expected[: len(found) - 1]
        found = found[:-1]
    elif not expected:
        expected = [Line(0, b"", "the object is empty")]
    for line, (number, content, is_too_long) in zip(
        found, ((each[0], each[1], each[2]) for each in expected), strict=is_whole
    ):
        assert line.number == number
        assert bool(line.fault) == bool(is_too_long)
        assert line.content == (content[:KEPT_BYTES] if is_too_long else content)


def _physical_lines(plain: bytes) -> Iterator[Line]:
    for number, line in enumerate(plain.split(b"\n"), 1):
        too_long = "too long" if len(line) > MAX_LINE_BYTES else None
        if too_long or line.strip():
            yield Line(number, line if too_long else line.removesuffix(b"\r"), too_long)


def _the_object(plain: bytes) -> Iterator[Line]:
    too_long = "too long" if len(plain) > MAX_LINE_BYTES else None
    if too_long or plain.strip():
        yield Line(1, plain if too_long else plain.removesuffix(b"\r"), too_long)


def _unpacked(stored: bytes) -> tuple[bytes, bool]:
    """Return what is in a gzip object, and whether all of it could be read."""
    if not stored:
        return b"", True
    plain = b""
    stream = gzip.GzipFile(fileobj=io.BytesIO(stored))
    try:
        while piece := stream.read1(1):
            plain += piece
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return plain, False
    return plain, True


def _check_rows(lines: list[Line]) -> None:
    count = len(lines)
    rows = pa.record_batch(
        [
            pa.array([7] * count, pa.int64()),
            pa.array([0] * count, LANDED_LINES.field("received_at").type),
            pa.array(["5"] * count, pa.string()),
            pa.array([line.number for line in lines], pa.int64()),
            pa.array([line.content for line in lines], pa.binary()),
            pa.array([line.fault for line in lines], pa.string()),
        ],
        schema=LANDED_LINES,
    )
    raw, quarantined = split(rows)
    raw.validate(full=True)
    quarantined.validate(full=True)
    assert (raw.schema, quarantined.schema) == (RAW_UPDATES.schema, QUARANTINE.schema)
    numbers = raw["line"].to_pylist() + quarantined["line"].to_pylist()
    assert sorted(numbers) == [line.number for line in lines]
    contents = raw["payload"].to_pylist() + quarantined["bytes"].to_pylist()
    assert sorted(contents) == sorted(line.content for line in lines)
    assert all(quarantined["reason"].to_pylist())
