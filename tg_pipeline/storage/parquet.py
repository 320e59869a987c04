"""Parquet files: a writer with deterministic bytes, a reader by row group, and footers.

Bytes that have changed since they were written are found: every page has its checksum, which the
format provides for and which is compared whenever the page is read. The format has none for headers
of pages, bloom filters and the footer with its statistics, so the writer adds two in front of the
footer: of all bytes before them, and of the footer. Readers ignore these bytes, since they find
pages by their offsets. Files of earlier releases have neither.
"""

import hashlib
import io
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from obstore.store import ObjectStore

from tg_pipeline.storage.fingerprints import FINGERPRINT_CHARACTERS
from tg_pipeline.storage.object_io import open_object

GROUP_ROWS: Final = 131_072
"""Rows per row group: a good size for engines, which skip row groups by their statistics."""

GROUP_BYTES: Final = 16 * 1024 * 1024
"""Bytes of text and payload per row group, if reached first: a row group is held in memory."""

ZSTD_LEVEL: Final = 3
"""Level 9 saves an eighth of the space, for five times the CPU time."""

LOOKUP_COLUMN: Final = "user_id"
"""The column with a bloom filter: queries for one user skip the row groups without that user."""

LOOKUP_VALUES: Final = 8_192
"""Distinct users per row group for which the filter is sized: 8 KiB."""

MAGIC: Final = b"PAR1"
TAIL_BYTES: Final = 8
"""Bytes at the end of a file: the length of the footer (4, little-endian), and the magic."""

FOOTER_READ_BYTES: Final = 64 * 1024
"""Bytes of the first read: nearly always the whole footer."""

CHECKSUMS_MAGIC: Final = b"TGSEAL1\0"
CHECKSUMS_BYTES: Final = len(CHECKSUMS_MAGIC) + 8
"""Bytes in front of the footer: the magic, and two CRC-32 (little-endian): of all bytes before
them, and of the footer with the tail. A CRC-32 differs after any change of up to 32 adjacent bits,
and after others in all but one of four billion cases."""

HAS_CHECKSUMS: Final = "sealed"
"""The footer key of a file that has these checksums: without them, such a file is damaged."""

HASH_BYTES: Final = 1024 * 1024
"""Bytes read at a time to compute a checksum."""

COPY_BYTES: Final = 4 * HASH_BYTES
"""Bytes read at a time to copy pages: of a bucket, a request each."""

CREATED_BY: Final = f"parquet-cpp-arrow version {pa.cpp_version}"
"""What this version of Arrow writes into a footer."""


OTHER_BODY: Final = "the checksum of its pages and indexes does not match"


class DamagedError(Exception):
    """An object is not a Parquet file as it was written; the message says what does not fit."""


@dataclass(frozen=True, slots=True)
class Footer:
    """The contents of a Parquet file's footer."""

    rows: int
    bytes: int
    """Size of the whole object."""
    metadata: dict[str, str]
    """Key-value metadata, as passed to `ParquetWriter.close`."""
    fingerprint: str
    """Changes with the rows: the footer has the size and the bounds of every column chunk."""


class ParquetWriter:
    """Writes batches in row groups whose bounds depend only on the rows, not on the batches."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Open a file at `path` for rows of `schema`."""
        self._schema, self._path = schema, path
        self._file = pq.ParquetWriter(path, schema, **_options(schema))
        self._held: list[pa.RecordBatch] = []
        self._held_rows = self._held_bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of a batch."""
        if not batch.num_rows:
            return
        size = _size(batch)
        if self._held_rows + batch.num_rows < GROUP_ROWS and self._held_bytes + size < GROUP_BYTES:
            self._hold(batch, size)
        else:
            self._write_across(batch)

    def digest(self) -> str:
        """Write the remaining rows, and return a digest of all: of what precedes the footer."""
        self._flush()
        with self._path.open("rb") as pages:
            return hashlib.file_digest(pages, "sha256").hexdigest()[:FINGERPRINT_CHARACTERS]

    def close(self, metadata: dict[str, str]) -> None:
        """Write the remaining rows, and the footer with `metadata`."""
        self._flush()
        self._file.add_key_value_metadata({**metadata, HAS_CHECKSUMS: "crc32"})
        self._file.close()
        _add_checksums(self._path)

    def close_with_pages_of(self, source: BinaryIO, metadata: dict[str, str]) -> None:
        """Write all row groups of another file of these columns, and the footer with `metadata`.

        No rows may have been written. If `has_pages_of_today` of the other file, the bytes are
        those that its rows would give. Raises DamagedError if it is not as it was written.
        """
        content, checksums, body_bytes = _read_end(source)
        groups = _check_footer(content, checksums)
        self._file.add_key_value_metadata({**metadata, HAS_CHECKSUMS: "crc32"})
        self._file.close()
        footer = _with_row_groups(self._path, groups)
        source.seek(0)
        with self._path.open("wb") as file:
            body = _checksum(source, body_bytes, file)
            if checksums is None or body != checksums.body:
                raise DamagedError(OTHER_BODY)
            file.write(_Checksums(body, zlib.crc32(footer)).to_bytes() + footer)

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file, finished or not."""
        self._file.close()

    def _write_across(self, batch: pa.RecordBatch) -> None:
        """Append rows that reach the end of a row group, or exceed it."""
        while batch.num_rows:
            sizes = pc.cumulative_sum(_row_sizes(batch))
            fitting = pc.sum(pc.less_equal(sizes, GROUP_BYTES - self._held_bytes)).as_py()
            count = min(batch.num_rows, fitting, GROUP_ROWS - self._held_rows)
            if not self._held_rows:
                count = max(count, 1)
            if count:
                self._hold(batch.slice(0, count), sizes[count - 1].as_py())
            batch = batch.slice(count)
            if batch.num_rows:
                self._flush()

    def _hold(self, batch: pa.RecordBatch, size: int) -> None:
        self._held.append(batch)
        self._held_rows += batch.num_rows
        self._held_bytes += size

    def _flush(self) -> None:
        if self._held:
            table = pa.Table.from_batches(self._held, schema=self._schema).combine_chunks()
            self._held, self._held_rows, self._held_bytes = [], 0, 0
            self._file.write_table(table, row_group_size=GROUP_ROWS)


def open_file(source: BinaryIO, *, pre_buffer: bool) -> pq.ParquetFile:
    """Open a file, whose footer and pages are compared with their checksums when they are read.

    Raises DamagedError.
    """
    content, checksums, _ = _read_end(source)
    _check_footer(content, checksums)
    source.seek(0)
    with errors_of_damage():
        return pq.ParquetFile(source, pre_buffer=pre_buffer, page_checksum_verification=True)


def has_pages_of_today(metadata: pq.FileMetaData) -> bool:
    """Return whether a file's pages are those that a ParquetWriter writes for its rows.

    They may differ if it was written by a release without checksums, or another version of Arrow.
    """
    return HAS_CHECKSUMS in text_metadata(metadata) and metadata.created_by == CREATED_BY


def read_batches(
    file: pq.ParquetFile,
    columns: list[str] | None,
    batch_rows: int,
    groups: Iterable[int] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Return a file's rows in order, one row group at a time, so no batch exceeds a row group.

    Only those of some row groups are returned if `groups` names these.
    Raises DamagedError, also if a row group has other rows than the footer says: a page whose
    header has changed may be skipped.
    """
    for group in range(file.num_row_groups) if groups is None else groups:
        rows = 0
        batches = file.iter_batches(batch_rows, row_groups=[group], columns=columns)
        while (batch := _next_batch(batches)) is not None:
            rows += batch.num_rows
            yield batch
        expected = file.metadata.row_group(group).num_rows
        if rows != expected:
            raise DamagedError(f"row group {group} has {rows} rows instead of {expected}")


def _next_batch(batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    with errors_of_damage():
        return next(batches, None)


@contextmanager
def errors_of_damage() -> Iterator[None]:
    """Raise as DamagedError what Arrow raises at bytes that are not valid; other errors as is.

    Among these are errors of the store, and of the system, which have a number. Sizes that have
    changed can exceed the memory.
    """
    try:
        yield
    except pa.ArrowCancelled:
        raise
    except (pa.ArrowException, ValueError, OverflowError, IndexError, KeyError) as error:
        raise DamagedError(_reason(error)) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise DamagedError(_reason(error)) from None


def _reason(error: Exception) -> str:
    """Return an error's message without the name of a C++ file, which ends the message."""
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def check_checksums(source: BinaryIO) -> bool:
    """Compare all bytes of a file with its checksums, at the speed at which they are read.

    Return whether it has any: files of earlier releases have not. Raises DamagedError.
    """
    content, checksums, body_bytes = _read_end(source)
    _check_footer(content, checksums)
    if checksums is None:
        return False
    source.seek(0)
    if _checksum(source, body_bytes) != checksums.body:
        raise DamagedError(OTHER_BODY)
    return True


def verify_file(source: BinaryIO) -> bool:
    """Read a whole file, and return whether it has checksums.

    Raises DamagedError if any byte differs from what was written. Of a file without checksums, the
    rows must at least be readable.
    """
    if check_checksums(source):
        return True
    for _ in read_batches(open_file(source, pre_buffer=False), None, GROUP_ROWS):
        pass
    return False


@dataclass(frozen=True, slots=True)
class _Checksums:
    """The checksums in front of a footer."""

    body: int
    """Of all bytes before them."""
    footer: int
    """Of all bytes after them."""

    def to_bytes(self) -> bytes:
        return CHECKSUMS_MAGIC + self.body.to_bytes(4, "little") + self.footer.to_bytes(4, "little")

    @classmethod
    def from_bytes(cls, content: bytes) -> Self | None:
        """Parse checksums; None if there are none."""
        if len(content) != CHECKSUMS_BYTES or not content.startswith(CHECKSUMS_MAGIC):
            return None
        body, footer = content[-8:-4], content[-4:]
        return cls(int.from_bytes(body, "little"), int.from_bytes(footer, "little"))


def _add_checksums(path: Path) -> None:
    """Write the checksums of a file in front of its footer."""
    with path.open("r+b") as file:
        content, _, _ = _read_end(file)
        body_bytes = path.stat().st_size - len(content)
        file.seek(0)
        body = _checksum(file, body_bytes)
        file.seek(body_bytes)
        file.write(_Checksums(body, zlib.crc32(content)).to_bytes() + content)


def _checksum(source: BinaryIO, count: int, copy: BinaryIO | None = None) -> int:
    """Return the CRC-32 of the next `count` bytes, which are written to `copy` if it is given."""
    checksum = 0
    size = COPY_BYTES if copy else HASH_BYTES
    while count and (chunk := source.read(min(count, size))):
        checksum = zlib.crc32(chunk, checksum)
        if copy:
            copy.write(chunk)
        count -= len(chunk)
    return checksum


def _with_row_groups(path: Path, groups: pq.FileMetaData) -> bytes:
    """Return the footer with the tail of a file without rows, with the row groups of another."""
    footer = pq.read_metadata(path)
    footer.append_row_groups(groups)
    content = io.BytesIO()
    footer.write_metadata_file(content)
    return content.getvalue()[len(MAGIC) :]


def _read_end(source: BinaryIO) -> tuple[bytes, _Checksums | None, int]:
    """Return a file's footer with the tail, its checksums, if any, and the bytes before both."""
    size = source.seek(0, os.SEEK_END)
    source.seek(max(size - TAIL_BYTES, 0))
    tail = bytes(source.read(TAIL_BYTES))
    length = int.from_bytes(tail[:-4], "little") + TAIL_BYTES
    if not tail.endswith(MAGIC) or length > size:
        raise DamagedError("it does not end with a footer")
    start = size - length
    before = min(CHECKSUMS_BYTES, start)
    source.seek(start - before)
    content = bytes(source.read(before + length))
    checksums = _Checksums.from_bytes(content[:before])
    return content[before:], checksums, start - before if checksums else start


def _check_footer(content: bytes, checksums: _Checksums | None) -> pq.FileMetaData:
    """Return a footer's contents; raises DamagedError if they are not those that were written."""
    if checksums and zlib.crc32(content) != checksums.footer:
        raise DamagedError("the checksum of its footer does not match")
    with errors_of_damage():
        metadata = pq.read_metadata(io.BytesIO(MAGIC + content))
        has_checksums = HAS_CHECKSUMS in text_metadata(metadata)
    if has_checksums and checksums is None:
        raise DamagedError("it has no checksums, although its footer says so")
    return metadata


def _size(batch: pa.RecordBatch) -> int:
    """Return the bytes of text and payload in a batch, from the first and the last offset.

    Nulls have no bytes: neither pyarrow's constructors nor its kernels leave any.
    """
    size = 0
    for column in _text_columns(batch):
        offsets = memoryview(column.buffers()[1]).cast("i")
        size += offsets[column.offset + len(column)] - offsets[column.offset]
    return size


def _row_sizes(batch: pa.RecordBatch) -> pa.Array:
    """Return the bytes of text and payload in each row."""
    sizes = pa.repeat(pa.scalar(0, pa.int64()), batch.num_rows)
    for column in _text_columns(batch):
        sizes = pc.add(sizes, pc.fill_null(pc.binary_length(column), 0).cast(pa.int64()))
    return sizes


def _text_columns(batch: pa.RecordBatch) -> Iterator[pa.Array]:
    for column in batch.columns:
        if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
            yield column


def _options(schema: pa.Schema) -> dict[str, Any]:
    """Return the encodings: deltas for numbers, a dictionary for text, plain for payloads."""
    numbers = [f.name for f in schema if pa.types.is_int64(f.type) or pa.types.is_timestamp(f.type)]
    texts = [f.name for f in schema if pa.types.is_string(f.type)]
    lists = [f"{f.name}.list.element" for f in schema if pa.types.is_list(f.type)]
    lookup = {LOOKUP_COLUMN: {"ndv": LOOKUP_VALUES, "fpp": 0.05}}
    return {
        "compression": "zstd",
        "compression_level": ZSTD_LEVEL,
        "use_dictionary": texts + lists,
        "column_encoding": dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
        "bloom_filter_options": lookup if LOOKUP_COLUMN in schema.names else None,
        "write_page_checksum": True,
    }


def read_footer(store: ObjectStore, key: str) -> Footer | None:
    """Read an object's footer; return None if there is no such object.

    Raises DamagedError if it is not as it was written, and StoreError.
    """
    source = open_object(store, key, FOOTER_READ_BYTES)
    if source is None:
        return None
    with source:
        size = source.seek(0, os.SEEK_END)
        content, checksums, _ = _read_end(source)
    file = _check_footer(content, checksums)
    return Footer(
        rows=file.num_rows,
        bytes=size,
        metadata=text_metadata(file),
        fingerprint=hashlib.sha256(content).hexdigest()[:FINGERPRINT_CHARACTERS],
    )


def text_metadata(file: pq.FileMetaData) -> dict[str, str]:
    """Return a file's key-value metadata as text."""
    pairs = (file.metadata or {}).items()
    return {name.decode(): value.decode("utf-8", "replace") for name, value in pairs}
