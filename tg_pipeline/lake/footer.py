"""A Parquet object's footer, read without the rest: what it says of itself, and a print of it."""

import hashlib
import io
import os
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from obstore.store import ObjectStore

from tg_pipeline.lake.ranges import open_object

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
