"""A Parquet object's footer, read without the rest: what it says of itself, and a print of it."""

import hashlib
import io
from dataclasses import dataclass
from typing import Final

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
from obstore.store import ObjectStore

MAGIC: Final = b"PAR1"
TAIL: Final = 8
"""Bytes at the end of a file: the footer's length, and the magic."""

FIRST_READ: Final = 64 * 1024
"""Bytes read first: mostly all of the footer."""

PRINT_CHARACTERS: Final = 32
"""Of a SHA-256 in hexadecimal: 128 bits tell any two apart."""


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
    """Read an object's footer; None where there is no such object, or where it is no whole file."""
    try:
        size, tail = _last_bytes(store, key, FIRST_READ)
        length = int.from_bytes(tail[-TAIL:-4], "little") + TAIL
        if length > len(tail):
            size, tail = _last_bytes(store, key, length)
    except FileNotFoundError:
        return None
    return _parsed(tail[-length:], size)


def _last_bytes(store: ObjectStore, key: str, count: int) -> tuple[int, bytes]:
    """Give the size of an object, and its end."""
    found = obstore.get(store, key, options={"range": {"suffix": count}})
    return found.meta["size"], found.bytes().to_bytes()


def _parsed(footer: bytes, size: int) -> Footer | None:
    try:
        read = pq.read_metadata(io.BytesIO(MAGIC + footer))
    except pa.ArrowInvalid:
        return None
    pairs = (read.metadata or {}).items()
    return Footer(
        rows=read.num_rows,
        bytes=size,
        metadata={name.decode(): value.decode("utf-8", "replace") for name, value in pairs},
        fingerprint=hashlib.sha256(footer).hexdigest()[:PRINT_CHARACTERS],
    )
