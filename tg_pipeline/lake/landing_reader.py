"""Landed objects → Arrow batches of lines."""

import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, Final, NamedTuple, cast

import obstore
import pyarrow as pa
from obstore.store import ObjectStore, S3Store

from tg_pipeline.lake.errors import TransientStoreError, translate_errors
from tg_pipeline.lake.landing_zone import OBJECTS, bot_of
from tg_pipeline.lake.object_io import open_object
from tg_pipeline.lake.s3_fetch import fetch_small

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


LANDED_LINES: Final = pa.schema(
    [
        ("bot_id", pa.int64()),
        ("received_at", pa.timestamp("us", tz="UTC")),
        ("object_key", pa.string()),
        ("line", pa.int64()),
        ("content", pa.binary()),
        ("fault", pa.string()),
    ]
)
"""One row per line of a landed object, and what was wrong with reading it, if anything was."""

BATCH_ROWS: Final = 1_000
"""Rows at which a batch is full: big enough for Arrow, small enough for a core's cache."""

BATCH_BYTES: Final = 8 * 1024 * 1024
"""Bytes of content at which a batch is full, whichever bound is reached first."""

GROUP_OBJECTS: Final = 256
"""Objects that one task fetches: enough that handing over a task costs nothing beside them."""

FETCH_BYTES: Final = 1024 * 1024
"""Bytes that one request fetches: a group of objects, a small object, or a range of a large one.
With all threads at work this is what is held at most, times the threads."""

THREADS: Final = 4
"""Groups that are fetched side by side, from a bucket by several requests each."""


class LandedObject(NamedTuple):
    """An object to read: its key, when it was written (µs since 1970, UTC), its size in bytes."""

    key: str
    received_at: int
    size: int


class _Held:
    """Lines that wait to become a batch, column by column."""

    def __init__(self) -> None:
        self.bots: list[int] = []
        self.received: list[int] = []
        self.keys: list[str] = []
        self.numbers: list[int] = []
        self.contents: list[bytes] = []
        self.faults: list[str | None] = []
        self.size = 0

    def hold(self, landed: LandedObject, block: Block, default_bot: int) -> None:
        count = len(block.numbers)
        self.bots += [bot_of(landed.key, default_bot)] * count
        self.received += [landed.received_at] * count
        self.keys += [landed.key] * count
        self.numbers += block.numbers
        self.contents += block.contents
        self.faults += [None] * (count - 1) + [block.fault]
        self.size += sum(map(len, block.contents))

    def is_full(self) -> bool:
        return len(self.numbers) >= BATCH_ROWS or self.size >= BATCH_BYTES

    def batch(self) -> pa.RecordBatch:
        received = pa.array(self.received, pa.int64())
        return pa.record_batch(
            [
                pa.array(self.bots, pa.int64()),
                received.cast(LANDED_LINES.field("received_at").type),
                pa.array(self.keys, pa.string()),
                pa.array(self.numbers, pa.int64()),
                pa.array(self.contents, pa.binary()),
                pa.array(self.faults, pa.string()),
            ],
            schema=LANDED_LINES,
        )


def read_objects(
    landing: ObjectStore, objects: pa.Table, *, bot_id: int
) -> Iterator[pa.RecordBatch]:
    """Give the LANDED_LINES of `objects` in their order, in batches bounded by rows and bytes.

    `bot_id` is the bot of objects whose name does not tell.
    """
    held = _Held()
    for landed, block in _blocks_of_all(landing, _landed_objects(objects)):
        held.hold(landed, block, bot_id)
        if held.is_full():
            yield held.batch()
            held = _Held()
    if held.numbers:
        yield held.batch()


def _blocks_of_all(
    landing: ObjectStore, objects: Iterable[LandedObject]
) -> Iterator[tuple[LandedObject, Block]]:
    with ThreadPoolExecutor(THREADS) as pool:
        under_way: deque[tuple[list[LandedObject], Future[list[BinaryIO]]]] = deque()
        for group in _groups(objects):
            under_way.append((group, pool.submit(_open_all, landing, group)))
            if len(under_way) > THREADS:
                yield from _blocks_of_group(*under_way.popleft())
        while under_way:
            yield from _blocks_of_group(*under_way.popleft())


def _blocks_of_group(
    group: list[LandedObject], streams: Future[list[BinaryIO]]
) -> Iterator[tuple[LandedObject, Block]]:
    for landed, stream in zip(group, streams.result(), strict=True):
        if is_readable_name(landed.key):
            for block in read_blocks(landed.key, stream):
                yield landed, block
        else:
            yield landed, Block([0], [b""], "the name is no .json or .ndjson")


def _groups(objects: Iterable[LandedObject]) -> Iterator[list[LandedObject]]:
    """Give the objects in groups that one task fetches; a large one stands alone."""
    group: list[LandedObject] = []
    size = 0
    for landed in objects:
        if group and (len(group) == GROUP_OBJECTS or size + landed.size > FETCH_BYTES):
            yield group
            group, size = [], 0
        group.append(landed)
        size += landed.size
    if group:
        yield group


def _open_all(landing: ObjectStore, group: list[LandedObject]) -> list[BinaryIO]:
    small = [each.key for each in group if _is_small(each)]
    with translate_errors(landing):
        bodies = fetch_small(landing, small) if isinstance(landing, S3Store) and small else {}
        return [_open(landing, each, bodies.get(each.key)) for each in group]


def _is_small(landed: LandedObject) -> bool:
    return landed.size <= FETCH_BYTES and is_readable_name(landed.key)


def _open(landing: ObjectStore, landed: LandedObject, body: bytes | None) -> BinaryIO:
    """Fetch a small object that is not there yet; a large one is read in ranges, line by line."""
    if body is not None or not is_readable_name(landed.key):
        return io.BytesIO(body or b"")
    try:
        if _is_small(landed):
            return io.BytesIO(obstore.get(landing, landed.key).bytes().to_bytes())
    except FileNotFoundError:
        raise _gone(landed) from None
    large = open_object(landing, landed.key, FETCH_BYTES)
    if large is None:
        raise _gone(landed)
    return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", large), FETCH_BYTES))


def _gone(landed: LandedObject) -> TransientStoreError:
    return TransientStoreError(f"{landed.key} was removed while its day was read: try again.")


def _landed_objects(objects: pa.Table) -> Iterator[LandedObject]:
    for batch in objects.select(OBJECTS.names).to_batches(max_chunksize=BATCH_ROWS):
        received = batch["received_at"].cast(pa.int64()).to_pylist()
        keys, sizes = batch["object_key"].to_pylist(), batch["size"].to_pylist()
        yield from map(LandedObject, keys, received, sizes)
