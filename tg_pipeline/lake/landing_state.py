"""Which objects of the landing zone a day was built from, as the store listed them.

The times of a listing differ between copies of a landing zone, so they are in no table: a day has
one small object with them in the lake.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final, Self

import pyarrow as pa

from tg_pipeline.lake.footer_index import IndexedObjects
from tg_pipeline.lake.partitions import Lake, PartitionName
from tg_pipeline.landing.zone import OBJECTS, valid_day
from tg_pipeline.storage.object_io import open_object
from tg_pipeline.storage.parquet import DamagedError, Footer, errors_of_damage

PREFIX: Final = "listings"

_NAME: Final = re.compile(r"context_date=(\d{4}-\d{2}-\d{2})\.arrow")

READ_OBJECTS: Final = pa.schema([*OBJECTS, ("suppressed", pa.int64()), ("is_redacted", pa.bool_())])
"""OBJECTS that were read, each with the number of its lines that were left out because they are a
forgotten person's, and whether such a person was removed from other lines."""

_ABSENT: Final = {"version": None, "suppressed": 0, "is_redacted": False}
"""The values of the columns that an earlier release did not store."""

CHECKSUM: Final = "checksum"
NO_CHECKSUM: Final = b"crc32:--------"
"""The key of the checksum of all bytes, and what stands in its place when it is computed: a file
of Arrow has none of its own, and with another key an object would be read twice."""

READ_BYTES: Final = 64 * 1024
"""Bytes of the first read, from the end: the footer with the schema, and often all rows."""


@dataclass(frozen=True, slots=True)
class ReadListing:
    """A listing whose objects were read."""

    fingerprint: str
    """The fingerprint of the listing."""
    objects: int
    """The number of objects that were listed."""
    rows: str
    """The fingerprint of the rows that the objects became, which is in the footers of the tables.
    If these name other rows, the listing says nothing about the tables."""
    tombstones: str = ""
    """The fingerprint of the tombstones that were applied to the rows."""
    suppressed: int = 0
    """The lines of the objects that were left out because they are a forgotten person's."""

    @classmethod
    def from_metadata(cls, text: Mapping[str, str]) -> Self:
        """Return the listing that a schema's metadata describes; raises KeyError or ValueError."""
        return cls(
            fingerprint=text["fingerprint"],
            objects=int(text["objects"]),
            rows=text["rows"],
            tombstones=text.get("tombstones", ""),
            suppressed=int(text.get("suppressed", 0)),
        )

    def to_metadata(self) -> dict[str, str]:
        """Return the metadata that `from_metadata` reads."""
        return {
            "fingerprint": self.fingerprint,
            "objects": str(self.objects),
            "rows": self.rows,
            "tombstones": self.tombstones,
            "suppressed": str(self.suppressed),
        }


def state_key(day: date) -> str:
    """Return the key of a day's object in the lake."""
    return f"{PREFIX}/context_date={day.isoformat()}.arrow"


def _day_of(name: str) -> list[PartitionName]:
    found = _NAME.fullmatch(name)
    day = valid_day(found[1]) if found else None
    return [day] if day else []


def _read_footer(lake: Lake, day: PartitionName) -> Footer | None:
    """Return a day's listing as the footer that it is stored in."""
    listing = read_listing(lake, day) if isinstance(day, date) else None
    if listing is None:
        return None
    return Footer(listing.objects, 0, listing.to_metadata(), listing.fingerprint)


def read_listing(lake: Lake, day: date) -> ReadListing | None:
    """Return what a day was built from, None if that is missing or damaged; raises StoreError."""
    found = _read(lake, day, with_objects=False)
    return found[0] if found else None


def read_state(lake: Lake, day: date) -> tuple[ReadListing, pa.Table] | None:
    """Return the listing with the READ_OBJECTS, of it or earlier ones; as `read_listing`.

    They include objects that were removed from the landing zone: their rows stay in the tables.
    """
    return _read(lake, day, with_objects=True)


def _read(lake: Lake, day: date, *, with_objects: bool) -> tuple[ReadListing, pa.Table] | None:
    source = open_object(lake.store, state_key(day), READ_BYTES)
    if source is None:
        return None
    with source:
        content = _whole(source) if with_objects else source
        try:
            with errors_of_damage(), pa.ipc.open_file(content) as file:
                metadata = file.schema.metadata or {}
                text = {name.decode(): value.decode() for name, value in metadata.items()}
                listing = ReadListing.from_metadata(text)
                if not with_objects:
                    return listing, READ_OBJECTS.empty_table()
                _check(content, metadata.get(CHECKSUM.encode()))
                return listing, as_read(file.read_all()).cast(READ_OBJECTS)
        except DamagedError:
            return None


def _whole(source: BinaryIO) -> pa.BufferReader:
    source.seek(0)
    return pa.BufferReader(bytes(source.read()))


def _check(content: pa.BufferReader, checksum: bytes | None) -> None:
    """Raise DamagedError if the bytes have another checksum; earlier releases stored none."""
    if checksum is None:
        return
    content.seek(0)
    plain = content.read().replace(checksum, NO_CHECKSUM)
    if _checksum_of(plain) != checksum:
        raise DamagedError("the checksum does not match")


def _checksum_of(plain: bytes) -> bytes:
    """Return the checksum of a file that has NO_CHECKSUM in its place."""
    return b"crc32:%08x" % zlib.crc32(plain)


def as_read(objects: pa.Table) -> pa.Table:
    """Return OBJECTS as READ_OBJECTS of which no line was changed; READ_OBJECTS as they are.

    Earlier releases stored fewer columns: without versions, and before that without tombstones.
    """
    for name, value in _ABSENT.items():
        if name not in objects.column_names:
            field = READ_OBJECTS.field(name)
            column = pa.repeat(pa.scalar(value, field.type), len(objects))
            objects = objects.append_column(field, column)
    return objects.select(READ_OBJECTS.names)


LISTINGS: Final = IndexedObjects(
    lambda _, day: state_key(day) if isinstance(day, date) else "",
    _day_of,
    lambda lake, _, day: _read_footer(lake, day),
)
"""All listings in one index, as if they were the partitions of a table PREFIX."""


def write_state(lake: Lake, day: date, listing: ReadListing, objects: pa.Table) -> None:
    """Replace a day's object in one step; raises StoreError."""
    key = state_key(day)
    schema = READ_OBJECTS.with_metadata({**listing.to_metadata(), CHECKSUM: NO_CHECKSUM.decode()})
    with lake.temp_dir() as folder:
        path = folder / Path(key).name
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_file(path, schema, options=options) as file:
            file.write_table(objects.cast(schema))
        plain = path.read_bytes()
        path.write_bytes(plain.replace(NO_CHECKSUM, _checksum_of(plain)))
        lake.publish(path, key)
