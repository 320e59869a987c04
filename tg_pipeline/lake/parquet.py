"""Deterministic Parquet writer; footers."""

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

from tg_pipeline.lake.object_io import open_object

GROUP_ROWS: Final = 131_072
"""Rows a row group: what engines read well, and what a reader may skip by its statistics."""

GROUP_BYTES: Final = 16 * 1024 * 1024
"""Bytes of text and payload a row group, whichever bound comes first: it is held in memory."""

ZSTD_LEVEL: Final = 3
"""Level 9 saves an eighth of the space for five times the time."""

LOOKUP_COLUMN: Final = "user_id"
"""People look for one user among all; a bloom filter says which row groups can't have them."""

LOOKUP_VALUES: Final = 8_192
"""Distinct users that the filter is sized for, in a row group: 8 KiB of it."""


class ParquetWriter:
    """Writes batches in row groups whose bounds depend on the rows alone, not on the batches."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Open a file at `path` for rows of `schema`."""
        self._schema = schema
        self._file = pq.ParquetWriter(path, schema, **_options(schema))
        self._held: list[pa.RecordBatch] = []
        self._held_rows = self._held_bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch."""
        if not batch.num_rows:
            return
        size = _size(batch)
        if self._held_rows + batch.num_rows < GROUP_ROWS and self._held_bytes + size < GROUP_BYTES:
            self._hold(batch, size)
        else:
            self._write_across(batch)

    def close(self, metadata: dict[str, str]) -> None:
        """Write what is held and the footer, with `metadata` in it."""
        self._flush()
        self._file.add_key_value_metadata(metadata)
        self._file.close()

    def __enter__(self) -> Self:
        """Give the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the file, finished or not."""
        self._file.close()

    def _write_across(self, batch: pa.RecordBatch) -> None:
        """Add rows that reach the end of a row group, or go beyond it."""
        while batch.num_rows:
            sizes = pc.cumulative_sum(_row_sizes(batch))
            fitting = pc.sum(pc.less_equal(sizes, GROUP_BYTES - self._held_bytes)).as_py()
            taken = min(batch.num_rows, fitting, GROUP_ROWS - self._held_rows)
            if not self._held_rows:
                taken = max(taken, 1)
            if taken:
                self._hold(batch.slice(0, taken), sizes[taken - 1].as_py())
            batch = batch.slice(taken)
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
    """Give a file's rows in order, a row group at a time, so that no batch outgrows a group."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(batch_rows, row_groups=[group], columns=columns)


def _size(batch: pa.RecordBatch) -> int:
    """Give the bytes of text and payload of a batch."""
    sizes = (pc.sum(pc.binary_length(column)).as_py() or 0 for column in _texts(batch))
    return sum(sizes)


def _row_sizes(batch: pa.RecordBatch) -> pa.Array:
    """Give the bytes of text and payload of each row."""
    sizes = pa.repeat(pa.scalar(0, pa.int64()), batch.num_rows)
    for column in _texts(batch):
        sizes = pc.add(sizes, pc.fill_null(pc.binary_length(column), 0).cast(pa.int64()))
    return sizes


def _texts(batch: pa.RecordBatch) -> Iterator[pa.Array]:
    for column in batch.columns:
        if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
            yield column


def _options(schema: pa.Schema) -> dict[str, Any]:
    """Give the encodings: deltas for numbers, a dictionary for text, plain for payloads."""
    numbers = [f.name for f in schema if pa.types.is_int64(f.type) or pa.types.is_timestamp(f.type)]
    words = [f.name for f in schema if pa.types.is_string(f.type)]
    lists = [f"{f.name}.list.element" for f in schema if pa.types.is_list(f.type)]
    lookup = {LOOKUP_COLUMN: {"ndv": LOOKUP_VALUES, "fpp": 0.05}}
    return {
        "compression": "zstd",
        "compression_level": ZSTD_LEVEL,
        "use_dictionary": words + lists,
        "column_encoding": dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
        "bloom_filter_options": lookup if LOOKUP_COLUMN in schema.names else None,
    }


MAGIC: Final = b"PAR1"
TAIL: Final = 8
"""Bytes at the end of a file: the footer's length, and the magic."""

FIRST_READ: Final = 64 * 1024
"""Bytes read first: mostly all of the footer."""

PRINT_CHARACTERS: Final = 32
"""Of a SHA-256 in hexadecimal: 128 bits tell any two apart."""


class DamagedError(Exception):
    """An object is no whole Parquet file."""


@dataclass(frozen=True, slots=True)
class Footer:
    """What an object's footer says."""

    rows: int
    bytes: int
    """Size of the whole object."""
    metadata: dict[str, str]
    """What the writer left in it."""
    fingerprint: str
    """Changes with the rows: the footer holds the size and the bounds of every column chunk."""


def read_footer(store: ObjectStore, key: str) -> Footer | None:
    """Read an object's footer, None where there is no such object.

    Raises DamagedError where it is no whole file, and StoreError.
    """
    source = open_object(store, key, FIRST_READ)
    if source is None:
        return None
    with source:
        size = source.seek(0, os.SEEK_END)
        source.seek(max(size - TAIL, 0))
        length = int.from_bytes(source.read(TAIL)[:-4], "little") + TAIL
        source.seek(max(size - length, 0))
        return _parsed(bytes(source.read()), size)


def _parsed(footer: bytes, size: int) -> Footer:
    try:
        read = pq.read_metadata(io.BytesIO(MAGIC + footer))
    except pa.ArrowInvalid:
        raise DamagedError from None
    pairs = (read.metadata or {}).items()
    return Footer(
        rows=read.num_rows,
        bytes=size,
        metadata={name.decode(): value.decode("utf-8", "replace") for name, value in pairs},
        fingerprint=hashlib.sha256(footer).hexdigest()[:PRINT_CHARACTERS],
    )
