"""The footers of all partitions of a table in one object, so that they are known by one listing.

The object is a cache, `indexes/<table>.json.gz` in the lake: the footer of a partition is taken
from it only if the listing shows the same size and version of the partition, and is read otherwise.
A missing, damaged or outdated index costs time only, and of concurrent writers the last one wins.
"""

import gzip
import os
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, Self

import msgspec
import obstore

from tg_pipeline.lake.partitions import (
    OBJECT_NAME,
    Lake,
    Month,
    PartitionName,
    partition_key,
)
from tg_pipeline.landing.zone import valid_day
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import list_pages, retry
from tg_pipeline.storage.parquet import Footer

PREFIX: Final = "indexes"
"""The folder of the lake with an object per table. No query reads it, and it does not expire: an
entry without a partition is left out as soon as the index is saved."""

GZIP_LEVEL: Final = 1
"""Higher levels take longer and save a few kilobytes."""

ARROW_PREFIX: Final = "ARROW:"
"""Begins the names of metadata that Arrow writes: the schema, many times as long as all else."""

_FOLDER: Final = re.compile(rf"(?:([^/]+)/)?{re.escape(OBJECT_NAME)}")

_DAY_FOLDER: Final = re.compile(r"context_date=(\d{4}-\d{2}-\d{2})")


class _Version(msgspec.Struct, frozen=True, array_like=True):
    """One version of a partition, as the store lists it."""

    size: int
    version: str | None
    """The e-tag; on a disk the inode and the time of writing. None: the store names no versions."""


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    """A partition in the version whose footer was read."""

    day: PartitionName
    version: _Version
    rows: int
    fingerprint: str
    metadata: dict[str, str]

    def footer(self) -> Footer:
        return Footer(self.rows, self.version.size, self.metadata, self.fingerprint)


class _Stored(msgspec.Struct, frozen=True):
    """The contents of an index."""

    format: Literal[2]
    entries: list[_Entry]


_DECODER: Final = msgspec.json.Decoder(_Stored)


@dataclass(frozen=True, slots=True)
class IndexedObjects:
    """How the objects of a table are named and read; by default, they are its partitions."""

    key: Callable[[str, PartitionName], str]
    """Returns the key of a partition of a table."""
    partition_of: Callable[[str], list[PartitionName]]
    """Returns the partition of an object by its name below the table; nothing for other objects."""
    footer: Callable[[Lake, str, PartitionName], Footer | None]
    """Reads a footer; None if it is missing or damaged."""


@dataclass(frozen=True, slots=True)
class FooterIndex:
    """The footers of a table's partitions."""

    table: str
    footers: dict[PartitionName, Footer]
    """By partition; their metadata is without Arrow's own."""
    damaged: frozenset[PartitionName]
    """Those that can't be read."""
    _versions: dict[PartitionName, _Version] = field(default_factory=dict)
    """The versions that were listed, and are still those whose footers were read."""
    _is_saved: bool = True

    def metadata(self, day: PartitionName, key: str) -> str | None:
        """Return a value of a day's metadata; None if it has none."""
        footer = self.footers.get(day)
        return footer.metadata.get(key) if footer else None

    def with_metadata(self, added: Mapping[PartitionName, Mapping[str, str]]) -> Self:
        """Return the index with further metadata of some days, which their footers don't have."""
        changed = {
            day: replace(self.footers[day], metadata={**self.footers[day].metadata, **pairs})
            for day, pairs in added.items()
        }
        if not changed:
            return self
        return replace(self, footers=self.footers | changed, _is_saved=False)

    def without_damaged(self, days: Collection[PartitionName]) -> Self:
        """Return the index without some days that turned out to be damaged."""
        if not days:
            return self
        footers = {day: footer for day, footer in self.footers.items() if day not in days}
        return replace(self, footers=footers, damaged=self.damaged.union(days))

    def save(self, lake: Lake) -> None:
        """Store the index unless it is there already; raises StoreError."""
        if self._is_saved:
            return
        content = msgspec.json.encode(_Stored(2, list(self._entries())))
        lake.put(_key(self.table), gzip.compress(content, GZIP_LEVEL, mtime=0))

    def _entries(self) -> Iterator[_Entry]:
        for day, version in self._versions.items():
            if version.version is not None and (footer := self.footers.get(day)):
                yield _Entry(day, version, footer.rows, footer.fingerprint, footer.metadata)


def read_footer_index(lake: Lake, table: str, objects: IndexedObjects | None = None) -> FooterIndex:
    """Return the footers of a table as they are now: by a listing and a request, if none changed.

    Changed footers are read, and concurrently if the lake is a bucket. Raises StoreError.
    """
    objects = objects or PARTITIONS
    stored = {entry.day: entry for entry in _read_stored(lake, table)}
    listed = _list_versions(lake, table, objects.partition_of)
    known = {
        day: entry
        for day, entry in stored.items()
        if entry.version == listed.get(day)
        and entry.version.version is not None
        and not lake.is_marked_damaged(table, day)
    }
    changed = [day for day in listed if day not in known]
    read = lake.map_concurrent(
        lambda day: _read_entry(lake, table, day, listed[day], objects), changed
    )
    footers = {day: entry.footer() for day, entry in known.items()}
    versions = {day: entry.version for day, entry in known.items()}
    damaged = set()
    for day, (footer, is_listed_version) in zip(changed, read, strict=True):
        if footer:
            footers[day] = footer
            versions |= {day: listed[day]} if is_listed_version else {}
        elif is_listed_version:
            damaged.add(day)
    is_saved = len(known) == len(stored) and not any(day in versions for day in changed)
    return FooterIndex(table, footers, frozenset(damaged), versions, is_saved)


def _read_entry(
    lake: Lake, table: str, day: PartitionName, listed: _Version, objects: IndexedObjects
) -> tuple[Footer | None, bool]:
    """Return a footer, and whether it is that of the listed version.

    The partition may be replaced between the listing and the reading.
    """
    footer = objects.footer(lake, table, day)
    is_listed_version = _version_of(lake, objects.key(table, day)) == listed
    if footer is None:
        return None, is_listed_version
    metadata = {k: v for k, v in footer.metadata.items() if not k.startswith(ARROW_PREFIX)}
    return replace(footer, metadata=metadata), is_listed_version


def _read_stored(lake: Lake, table: str) -> list[_Entry]:
    """Return the entries of the stored index; none if it is missing, damaged or of another format.

    The checksum in the gzip format finds damage.
    """
    try:
        with translate_errors(lake.store):
            body = retry(lambda: obstore.get(lake.store, _key(table)).bytes())
        return _DECODER.decode(gzip.decompress(body)).entries
    except (FileNotFoundError, EOFError, gzip.BadGzipFile, zlib.error, msgspec.MsgspecError):
        return []


_PartitionOf = Callable[[str], list[PartitionName]]


def _list_versions(
    lake: Lake, table: str, partition_of: _PartitionOf
) -> dict[PartitionName, _Version]:
    if lake.folder:
        return dict(_versions_on_disk(lake.folder / table, partition_of))
    prefix = f"{table}/"
    return {
        day: _Version(meta["size"], meta["e_tag"])
        for page in list_pages(lake.store, table)
        for meta in page
        for day in partition_of(meta["path"].removeprefix(prefix))
    }


def _versions_on_disk(
    folder: Path, partition_of: _PartitionOf
) -> Iterator[tuple[PartitionName, _Version]]:
    """Yield the versions in a table's folder, faster than a store's listing, which walks it all."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - paths cost more than the listing
    except FileNotFoundError:
        return
    for name in names:
        for path in (name, f"{name}/{OBJECT_NAME}"):
            for day in partition_of(path):
                if version := _stat_version(f"{folder}/{path}"):
                    yield day, version


def _partition_of(name: str) -> list[PartitionName]:
    """Return the partition of an object by its name below the table; nothing for other objects."""
    found = _FOLDER.fullmatch(name)
    if found is None:
        return []
    if found[1] is None:
        return [None]
    is_day = _DAY_FOLDER.fullmatch(found[1])
    partition = valid_day(is_day[1]) if is_day else Month.in_folder(found[1])
    return [partition] if partition else []


PARTITIONS: Final = IndexedObjects(
    partition_key, _partition_of, lambda lake, table, day: lake.footer(table, day)
)


def _version_of(lake: Lake, key: str) -> _Version | None:
    """Return the present version of an object; None if it is gone."""
    if lake.folder:
        return _stat_version(lake.folder / key)
    try:
        with translate_errors(lake.store):
            meta = retry(lambda: obstore.head(lake.store, key))
    except FileNotFoundError:
        return None
    return _Version(meta["size"], meta["e_tag"])


def _stat_version(path: Path | str) -> _Version | None:
    try:
        found = os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _Version(found.st_size, f"{found.st_ino:x}-{found.st_mtime_ns:x}")


def _key(table: str) -> str:
    return f"{PREFIX}/{table}.json.gz"
