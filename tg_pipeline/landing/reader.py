"""Landed objects as Arrow batches of lines: fetched concurrently, decompressed, split."""

import gzip
import io
import os
import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast

import obstore
import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import LocalStore, ObjectStore, S3Store

from lambda_ingest.arrivals import RECEIVED_AT, parse_arrival
from tg_pipeline.landing.sealed_objects import SealedObject, read_sealed
from tg_pipeline.landing.zone import EPOCH, bot_id_of
from tg_pipeline.storage.errors import TransientStoreError, translate_errors
from tg_pipeline.storage.object_io import ReplacedError, get_object, open_with_attributes
from tg_pipeline.storage.s3_fetch import FetchedObject, fetch_small

if TYPE_CHECKING:
    from obstore import Attributes

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
"""One row per line of a landed object; `fault` says why it could not be read, null if it could."""

BATCH_ROWS: Final = 4_000
"""Rows at which a batch is full: in batches of 1,000, the layers cost a seventh more."""

BATCH_BYTES: Final = 8 * 1024 * 1024
"""Bytes of content at which a batch is full, if reached first."""

GROUP_OBJECTS: Final = 256
"""Objects fetched by one task: enough that starting a task costs nothing in comparison."""

FETCH_BYTES: Final = 1024 * 1024
"""Bytes fetched by one task: a group of small objects, or a range of a large one.
Times the number of threads, this is the memory that fetched objects take."""

THREADS: Final = 4
"""Groups fetched concurrently; in a bucket, each by several requests."""

CHUNK_BYTES: Final = 64 * 1024
"""Bytes read at a time: about a hundred lines."""

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
"""The longest line. Ingestion accepts 1 MiB; a longer line is not an update, and takes memory."""

KEPT_BYTES: Final = 64 * 1024
"""Bytes kept of a line that is too long: enough to see what it is."""


_PLAIN_KEY: Final = re.compile(r"[\w.=-]+(?:/[\w.=-]+)*", re.ASCII)
"""A key that is the path of its file, whatever else a store makes of names."""


class LandedObject(NamedTuple):
    """An object to read: its key, when it arrived (µs since 1970, UTC), its size in bytes."""

    key: str
    received_at: int
    size: int
    sealed_in: str | None = None
    """The key of the sealed object that it is in."""

    def arrived(self, received_at: str | None) -> "LandedObject":
        """Return the object with the arrival time of its metadata, if that is a time."""
        parsed = parse_arrival(received_at) if received_at else None
        if parsed is None:
            return self
        return self._replace(received_at=(parsed - EPOCH) // timedelta(microseconds=1))


class OpenedLanding(NamedTuple):
    """A landed object with the arrival time of its metadata, and its content."""

    landed: LandedObject
    stream: BinaryIO


class Line(NamedTuple):
    """A line of an object: its number from 1 (0 for the whole object), and the fault, if any."""

    number: int
    content: bytes
    fault: str | None


class Block(NamedTuple):
    """Consecutive lines; only the last one can have a fault."""

    numbers: list[int]
    contents: list[bytes]
    fault: str | None


def read_objects(
    landing: ObjectStore, objects: pa.Table, *, bot_id: int
) -> Iterator[pa.RecordBatch]:
    """Return the LANDED_LINES of `objects` in order, in batches bounded by rows and bytes.

    `objects` has the columns of LandedObject, and is in the order of the keys; its `received_at` is
    used for an object without metadata. `bot_id` is the bot of objects that are not named by the
    landing contract. Raises StoreError.
    """
    builder = _BatchBuilder()
    for landed, block in _read_all(landing, objects):
        builder.add(landed, block, bot_id)
        if builder.is_full():
            yield builder.batch()
            builder = _BatchBuilder()
    if builder.numbers:
        yield builder.batch()


def _landed_objects(objects: pa.Table) -> Iterator[LandedObject]:
    for batch in objects.to_batches(max_chunksize=BATCH_ROWS):
        received = batch["received_at"].cast(pa.int64()).to_pylist()
        keys, sizes = batch["object_key"].to_pylist(), batch["size"].to_pylist()
        yield from map(LandedObject, keys, received, sizes, batch["sealed_in"].to_pylist())


def _read_all(landing: ObjectStore, objects: pa.Table) -> Iterator[tuple[LandedObject, Block]]:
    sealed = read_sealed(landing, objects.filter(pc.is_valid(objects["sealed_in"])))
    with ThreadPoolExecutor(THREADS) as pool:
        pending: deque[Future[list[OpenedLanding]]] = deque()
        for group in _groups(_landed_objects(objects)):
            count = sum(landed.sealed_in is not None for landed in group)
            contents = {each.key: each for each in islice(sealed, count)}
            pending.append(pool.submit(_open_group, landing, group, contents))
            if len(pending) > THREADS:
                yield from _read_group(pending.popleft().result())
        while pending:
            yield from _read_group(pending.popleft().result())


def _groups(objects: Iterable[LandedObject]) -> Iterator[list[LandedObject]]:
    """Return the objects in groups of up to FETCH_BYTES; a large one is a group of its own."""
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


def _open_group(
    landing: ObjectStore, group: list[LandedObject], sealed: Mapping[str, SealedObject]
) -> list[OpenedLanding]:
    alone = (landed for landed in group if not landed.sealed_in and _is_small(landed))
    small = {landed.key: landed.size for landed in alone}
    with translate_errors(landing):
        fetched = _fetch_small(landing, small) if small else {}
        return [
            _open_sealed(landed, sealed[landed.key])
            if landed.sealed_in
            else _open(landing, landed, fetched.get(landed.key))
            for landed in group
        ]


def _open_sealed(landed: LandedObject, sealed: SealedObject) -> OpenedLanding:
    return OpenedLanding(
        landed._replace(received_at=sealed.received_at), io.BytesIO(sealed.content)
    )


def _fetch_small(landing: ObjectStore, sizes: Mapping[str, int]) -> Mapping[str, FetchedObject]:
    """Return those of some small objects that can be read without `obstore.get`."""
    if isinstance(landing, S3Store):
        return fetch_small(landing, sizes)
    if isinstance(landing, LocalStore) and landing.prefix is not None:
        return _read_files(Path(landing.prefix), sizes)
    return {}


def _read_files(folder: Path, keys: Iterable[str]) -> dict[str, FetchedObject]:
    """Return the objects that are plain files, which costs a quarter of a request to the store.

    Left to the store are files that can't be read, and names that it may spell in another way.
    """
    found = {}
    for key in keys:
        if _PLAIN_KEY.fullmatch(key):
            with suppress(OSError), io.FileIO(f"{folder}/{key}") as file:
                found[key] = FetchedObject(file.readall(), None)
    return found


def _is_small(landed: LandedObject) -> bool:
    return landed.size <= FETCH_BYTES and is_readable_name(landed.key)


def _open(
    landing: ObjectStore, landed: LandedObject, fetched: FetchedObject | None
) -> OpenedLanding:
    """Fetch a small object that `fetch_small` did not; open a large one, to be read in ranges.

    A bucket's object must be as large as it was listed: its transfer may end early without an
    error. A file may grow: it is listed differently then, and read again by the next build.

    Obstore leaves out the slash at the end of a key, so the marker that S3 consoles create for a
    folder is listed but never found. Nothing can be read from it: it becomes a line with a fault.
    """
    if fetched:
        return OpenedLanding(landed.arrived(fetched.received_at), io.BytesIO(fetched.body))
    try:
        if not is_readable_name(landed.key):
            found = obstore.get(landing, landed.key, options={"head": True})
            return OpenedLanding(_with_metadata(landed, found.attributes), io.BytesIO())
        if _is_small(landed):
            whole = get_object(landing, landed.key, landed.size)
            _check_size(landing, landed, len(whole.body))
            return OpenedLanding(_with_metadata(landed, whole.attributes), io.BytesIO(whole.body))
    except FileNotFoundError:
        if not (landed.size and is_readable_name(landed.key)):
            return OpenedLanding(landed, io.BytesIO())
        raise _removed(landed) from None
    large = open_with_attributes(landing, landed.key, FETCH_BYTES)
    if large is None:
        raise _removed(landed)
    _check_size(landing, landed, large.file.seek(0, os.SEEK_END))
    large.file.seek(0)
    buffered = io.BufferedReader(cast("io.RawIOBase", large.file), FETCH_BYTES)
    return OpenedLanding(_with_metadata(landed, large.attributes), cast("BinaryIO", buffered))


def _with_metadata(landed: LandedObject, attributes: "Attributes") -> LandedObject:
    return landed.arrived(attributes.get(RECEIVED_AT))


def _check_size(landing: ObjectStore, landed: LandedObject, size: int) -> None:
    if size != landed.size and not isinstance(landing, LocalStore):
        raise ReplacedError(f"{landed.key} was replaced while its day was being read: try again.")


def _removed(landed: LandedObject) -> TransientStoreError:
    return TransientStoreError(f"{landed.key} was removed while its day was being read: try again.")


def _read_group(group: list[OpenedLanding]) -> Iterator[tuple[LandedObject, Block]]:
    for landed, stream in group:
        if is_readable_name(landed.key):
            for block in read_blocks(landed.key, stream):
                yield landed, block
        else:
            yield landed, Block([0], [b""], "the name is no .json or .ndjson")


class _BatchBuilder:
    """Collects lines, column by column, until there are enough for a batch."""

    def __init__(self) -> None:
        self.bots: list[int] = []
        self.received: list[int] = []
        self.keys: list[str] = []
        self.numbers: list[int] = []
        self.contents: list[bytes] = []
        self.faults: list[str | None] = []
        self.size = 0

    def add(self, landed: LandedObject, block: Block, default_bot: int) -> None:
        count = len(block.numbers)
        self.bots += [bot_id_of(landed.key, default_bot, block.contents[0])] * count
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


# The texts of faults are stored in the quarantine table, so a change of one changes its bytes.


def is_readable_name(object_key: str) -> bool:
    """Check that an object is named .json or .ndjson, or either with .gz."""
    return object_key.removesuffix(".gz").endswith((".json", ".ndjson"))


def read_lines(object_key: str, stream: BinaryIO) -> Iterator[Line]:
    """Return the lines of an object one by one; see `read_blocks`."""
    for numbers, contents, fault in read_blocks(object_key, stream):
        *others, last = zip(numbers, contents, strict=True)
        for number, content in others:
            yield Line(number, content, None)
        yield Line(*last, fault)


def read_blocks(object_key: str, stream: BinaryIO) -> Iterator[Block]:
    """Return the lines of an object in blocks, none of them empty, without blank lines.

    There is at least one line: an empty object is a line with a fault.
    """
    plain = (
        cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if object_key.endswith(".gz") else stream
    )
    is_ndjson = object_key.removesuffix(".gz").endswith(".ndjson")
    is_empty = True
    for block in _split_lines(plain) if is_ndjson else _single_line(plain):
        if block.numbers:
            is_empty = False
            yield block
    if is_empty:
        yield Block([0], [b""], "the object is empty")


def _single_line(stream: BinaryIO) -> Iterator[Block]:
    parts: list[bytes] = []
    size = 0
    for chunk, fault in _chunks(stream):
        parts.append(chunk)
        size += len(chunk)
        if fault or size > MAX_LINE_BYTES:
            content = b"".join(parts)
            yield Block([1], [content], fault) if fault else _too_long(1, content)
            return
    yield _without_blanks(1, [b"".join(parts)])


def _split_lines(stream: BinaryIO) -> Iterator[Block]:
    number, pending, skipping = 1, bytearray(), False
    for chunk, fault in _chunks(stream):
        # Only the chunk is searched: the line that it continues may be long, and has no end so far.
        first, *others = chunk.split(b"\n")
        if not skipping:
            pending += first
        if others:
            lines = [*([] if skipping else [bytes(pending)]), *others[:-1]]
            yield from _blocks(number + skipping, lines)
            number, pending, skipping = number + len(others), bytearray(others[-1]), False
        if fault and skipping:
            return
        if fault:
            yield Block([number], [bytes(pending)], fault)
            return
        if len(pending) > MAX_LINE_BYTES:
            yield _too_long(number, bytes(pending))
            pending, skipping = bytearray(), True
    yield _without_blanks(number, [bytes(pending)])


def _blocks(first: int, lines: list[bytes]) -> Iterator[Block]:
    for index, line in enumerate(lines):
        if len(line) > MAX_LINE_BYTES:
            yield _without_blanks(first, lines[:index])
            yield _too_long(first + index, line)
            yield from _blocks(first + index + 1, lines[index + 1 :])
            return
    yield _without_blanks(first, lines)


def _without_blanks(first: int, physical: list[bytes]) -> Block:
    lines = [line.removesuffix(b"\r") for line in physical]
    if b"" not in lines and not any(map(bytes.isspace, lines)):
        return Block(list(range(first, first + len(lines))), lines, None)
    kept = [(number, line) for number, line in enumerate(lines, first) if line.strip()]
    return Block([number for number, _ in kept], [line for _, line in kept], None)


def _too_long(number: int, content: bytes) -> Block:
    kept = f"the first {KEPT_BYTES // 1024} KiB are kept here"
    fault = f"longer than {MAX_LINE_BYTES // 1024**2} MiB: {kept}"
    return Block([number], [content[:KEPT_BYTES]], fault)


def _chunks(stream: BinaryIO) -> Iterator[tuple[bytes, str | None]]:
    """Return the stream in chunks; an error that ends it early is the fault of the last chunk."""
    read = stream.read1 if isinstance(stream, gzip.GzipFile) else stream.read
    try:
        while chunk := read(CHUNK_BYTES):
            yield chunk, None
    except EOFError:
        yield b"", "the gzip stream ends early"
    except (gzip.BadGzipFile, zlib.error) as error:
        yield b"", f"not a gzip stream: {error}"
