"""The footers of a lake's tables: a few are read one by one, those of many days from the index.

A command or a sensor that compares whole tables opens one of these, so that it reads each index
once, and each table is what it was when it was first asked for.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Protocol

from tg_pipeline.lake.footer_index import FooterIndex, read_footer_index
from tg_pipeline.lake.landing_state import LISTINGS, ReadListing, read_listing
from tg_pipeline.lake.landing_state import PREFIX as LISTED
from tg_pipeline.lake.partitions import Lake, PartitionName
from tg_pipeline.storage.parquet import Footer

FEW: Final = 12
"""Footers of a table that are read one by one: a listing of a bucket costs as much as 12.5 reads.
https://aws.amazon.com/s3/pricing/"""


class FooterSource(Protocol):
    """What footers are read from: a lake, as it is now, or the `Footers` of one."""

    def footer(self, layer: str, day: PartitionName) -> Footer | None:
        """Return the footer of a day, or of a table without days; None if missing or damaged."""

    def footer_or_raise(self, layer: str, day: PartitionName) -> Footer | None:
        """Return the footer of a day; raises DamagedPartitionError if it is damaged."""

    def footers(self, layer: str, days: Sequence[PartitionName]) -> list[Footer | None]:
        """Return the footers of several days, in the order of `days`."""

    def days(self, layer: str) -> list[date]:
        """Return the days of a layer, ascending."""


class Footers:
    """The footers of a lake's tables, each table as it was when it was first asked for."""

    def __init__(self, lake: Lake) -> None:
        """Read from `lake`, not before something is asked for."""
        self.lake = lake
        self._indexes: dict[str, FooterIndex] = {}

    def index(self, table: str) -> FooterIndex:
        """Return all footers of a table; raises StoreError."""
        self.load([table])
        return self._indexes[table]

    def replace(self, index: FooterIndex) -> None:
        """Take an index for that of its table from now on."""
        self._indexes[index.table] = index

    def load(self, tables: Iterable[str], days: int = FEW + 1) -> None:
        """Read the indexes of tables, unless only a few `days` are needed; raises StoreError.

        A bucket's are read concurrently.
        """
        missing = [table for table in tables if table not in self._indexes]
        if days <= FEW or not missing:
            return
        for index in self.lake.map_concurrent(self._read, missing):
            self.replace(index)

    def _read(self, table: str) -> FooterIndex:
        return read_footer_index(self.lake, table, LISTINGS if table == LISTED else None)

    def listing(self, day: date) -> ReadListing | None:
        """Return what a day was built from, None if that is missing or damaged.

        Raises StoreError.
        """
        index = self._indexes.get(LISTED)
        if index is None:
            return read_listing(self.lake, day)
        footer = index.footers.get(day)
        return ReadListing.from_metadata(footer.metadata) if footer else None

    def forget(self, table: str) -> None:
        """Read a table again when it is asked for, since some of it was replaced."""
        self._indexes.pop(table, None)

    def footer(self, layer: str, day: PartitionName) -> Footer | None:
        """Return the footer of a day, or of a table without days; None if missing or damaged."""
        (footer,) = self.footers(layer, [day])
        return footer

    def footer_or_raise(self, layer: str, day: PartitionName) -> Footer | None:
        """Return the footer of a day; None if missing.

        Raises StoreError, and DamagedPartitionError if it is damaged.
        """
        index = self._indexes.get(layer)
        if index is None or day in index.damaged:
            return self.lake.footer_or_raise(layer, day)
        return index.footers.get(day)

    def footers(self, layer: str, days: Sequence[PartitionName]) -> list[Footer | None]:
        """Return the footers of several days, in the order of `days`; raises StoreError."""
        self.load([layer], len(days))
        index = self._indexes.get(layer)
        if index is None:
            return self.lake.footers(layer, days)
        return [index.footers.get(day) for day in days]

    def days(self, layer: str) -> list[date]:
        """Return the days of a layer that have a partition, ascending; raises StoreError."""
        index = self.index(layer)
        return sorted(day for day in {*index.footers, *index.damaged} if isinstance(day, date))

    def save(self) -> None:
        """Store the indexes that have changed, for the next time; raises StoreError.

        On a disk, to read a few footers takes less time than to wait until an index is stored.
        """
        for index in self._indexes.values():
            if not self.lake.folder or len(index.footers) > FEW:
                index.save(self.lake)
