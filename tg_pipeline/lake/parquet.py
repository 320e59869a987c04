"""Parquet files: a writer with deterministic bytes, a reader by row group, and footers."""

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from obstore.store import ObjectStore

from tg_pipeline.lake.fingerprints import FINGERPRINT_CHARACTERS
from tg_pipeline.lake.object_io import open_object

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


class DamagedError(Exception):
    """An object is not a complete Parquet file."""


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
        self._schema = schema
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

    def close(self, metadata: dict[str, str]) -> None:
        """Write the remaining rows, and the footer with `metadata`."""
        self._flush()
        self._file.add_key_value_metadata(metadata)
        self._file.close()

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


def read_batches(
    file: pq.ParquetFile, columns: list[str] | None, batch_rows: int
) -> Iterator[pa.RecordBatch]:
    """Return a file's rows in order, one row group at a time, so no batch exceeds a row group."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(batch_rows, row_groups=[group], columns=columns)


def _size(batch: pa.RecordBatch) -> int:
    """Return the bytes of text and payload in a batch."""
    sizes = (pc.sum(pc.binary_length(column)).as_py() or 0 for column in _text_columns(batch))
    return sum(sizes)


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
    }


def read_footer(store: ObjectStore, key: str) -> Footer | None:
    """Read an object's footer; return None if there is no such object.

    Raises DamagedError if it is not a complete file, and StoreError.
    """
    source = open_object(store, key, FOOTER_READ_BYTES)
    if source is None:
        return None
    with source:
        size = source.seek(0, os.SEEK_END)
        source.seek(max(size - TAIL_BYTES, 0))
        length = int.from_bytes(source.read(TAIL_BYTES)[:-4], "little") + TAIL_BYTES
        source.seek(max(size - length, 0))
        return _parse_footer(bytes(source.read()), size)


def _parse_footer(content: bytes, size: int) -> Footer:
    try:
        file = pq.read_metadata(io.BytesIO(MAGIC + content))
    except pa.ArrowInvalid:
        raise DamagedError from None
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
