"""Partitions of the lake: one Parquet object each, read in one version and replaced as a whole.

A table has a partition per day, or per month, or is one object.

A partition in which changed bytes were found is *marked* as damaged by an empty object, and counts
as unreadable until it is replaced: its footer may be intact, so that a scan of footers would take
it for up to date.
"""

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Self, TypeVar

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

from lambda_ingest.store import BATCH_TIMEOUT, StoreError, local_folder
from tg_pipeline.landing.zone import FIRST_DAY, LAST_DAY, days_under
from tg_pipeline.storage.errors import translate_errors, uri_of
from tg_pipeline.storage.object_io import copy_object, move_file, open_object, put_file
from tg_pipeline.storage.object_store import list_folders, list_pages, open_object_store, retry
from tg_pipeline.storage.parquet import (
    DamagedError,
    Footer,
    ParquetWriter,
    check_checksums,
    has_pages_of_today,
    open_file,
    read_batches,
    read_footer,
    text_metadata,
    verify_file,
)
from tg_pipeline.temp_folders import temp_dir

OBJECT_NAME: Final = "part-0.parquet"

BATCH_ROWS: Final = 4_000
"""Rows per batch: a few megabytes. In batches of 1,000, the layers cost a seventh more."""

PROJECTED_ROWS: Final = 65_536
"""Rows per batch if only a few small columns are read."""

THREADS: Final = 16
"""Concurrent requests: a bucket takes some 20 ms for each."""

MARKS_PREFIX: Final = "damaged"
"""The folder of the lake with a mark for each partition in which changed bytes were found."""

_MARKED_DAY: Final = re.compile(r"/context_date=(\d{4}-\d{2}-\d{2})/")

_MONTH_FOLDER: Final = re.compile(r"month=(\d{4})-(0[1-9]|1[0-2])")

Item = TypeVar("Item")
Result = TypeVar("Result")


class Month(NamedTuple):
    """A month, which a partition of a table by month is named after; in order of time."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def in_folder(cls, name: str) -> Self | None:
        """Return the month that a folder such as `month=2026-10` is named after; None if none."""
        found = _MONTH_FOLDER.fullmatch(name)
        return cls(int(found[1]), int(found[2])) if found else None

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def next(self) -> "Month":
        """The month after it."""
        return Month.of(self.first_day + timedelta(days=31))

    def __str__(self) -> str:
        """Return it as YYYY-MM."""
        return f"{self.year:04}-{self.month:02}"


PartitionName = date | Month | None
"""What a partition is named after; None: the only one of a table."""


def partition_key(layer: str, partition: PartitionName) -> str:
    """Return the key of a partition's object in the lake."""
    return "/".join([layer, *_folder(partition), OBJECT_NAME])


def _folder(partition: PartitionName) -> list[str]:
    if partition is None:
        return []
    if isinstance(partition, Month):
        return [f"month={partition}"]
    return [f"context_date={partition.isoformat()}"]


class DamagedPartitionError(StoreError):
    """A partition has other bytes than were written: the message says which, where, what to do."""

    def __init__(
        self, layer: str, day: PartitionName, place: str, reason: str, remedy: str | None = None
    ) -> None:
        """Describe a partition, stored at `place`.

        The `remedy` is what to do, by default to build it again.
        """
        self.name = f"{layer} of {day}" if day else layer
        run = f"tg-pipeline run{f' --date {day}' if isinstance(day, date) else ''} rebuilds it"
        super().__init__(f"{self.name} is damaged, {reason}: {remedy or run} ({place})")
        self.layer, self.day, self.place, self.reason = layer, day, place, reason


@dataclass(frozen=True, slots=True)
class PartitionStats:
    """Rows and bytes of a partition, as written."""

    rows: int
    bytes: int


class Partition:
    """A day of a layer in the version that was opened; it has no rows if it does not exist."""

    def __init__(
        self,
        file: pq.ParquetFile | None,
        source: BinaryIO,
        size: int,
        damage: "Callable[[DamagedError], DamagedPartitionError] | None" = None,
    ) -> None:
        """Wrap an open file over the `size` bytes of `source`; None if it does not exist.

        `damage` makes the error of this partition from one of the file.
        """
        self._file, self._source, self._damage = file, source, damage
        self.bytes = size

    @classmethod
    def absent(cls) -> "Partition":
        """Return a partition that does not exist."""
        return cls(None, io.BytesIO(), 0)

    @property
    def exists(self) -> bool:
        """Whether the partition was ever written."""
        return self._file is not None

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self._file.metadata.num_rows if self._file else 0

    @property
    def schema(self) -> pa.Schema:
        """The columns; none if the partition does not exist."""
        return self._file.schema_arrow if self._file else pa.schema([])

    @property
    def metadata(self) -> dict[str, str]:
        """The footer's metadata, as passed to `PartitionWriter.commit`."""
        return text_metadata(self._file.metadata) if self._file else {}

    @property
    def group_rows(self) -> list[int]:
        """The number of rows of each row group."""
        if self._file is None:
            return []
        metadata = self._file.metadata
        return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]

    def batches(
        self,
        columns: list[str] | None = None,
        rows: int = BATCH_ROWS,
        groups: range | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Return the rows in order, in batches of at most `rows`; with `groups`, only of these.

        Raises StoreError, and DamagedPartitionError at bytes that have changed.
        """
        if self._file is None:
            return
        with self._errors_of_damage():
            yield from read_batches(self._file, columns, rows, groups)

    @property
    def has_pages_of_today(self) -> bool:
        """Whether a writer would write its rows into the same pages: see `copy_into`."""
        return self._file is not None and has_pages_of_today(self._file.metadata)

    def copy_into(self, writer: ParquetWriter, metadata: dict[str, str]) -> None:
        """Finish a file of the same columns with all rows of this one, page by page.

        Raises StoreError, and DamagedPartitionError at bytes that have changed.
        """
        with self._errors_of_damage():
            writer.close_with_pages_of(self._source, metadata)

    @contextmanager
    def _errors_of_damage(self) -> Iterator[None]:
        try:
            yield
        except DamagedError as error:
            raise self._damage(error) if self._damage else error from None

    def project(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Return a few small columns of the rows in order, in larger batches; raises StoreError."""
        return self.batches(columns, PROJECTED_ROWS)


class PartitionWriter:
    """Collects a day's rows in a temporary file, which `commit` makes the partition."""

    def __init__(self, lake: "Lake", key: str, path: Path, rows: ParquetWriter) -> None:
        """Write `rows`, a writer of the file at `path`, for the object at `key`."""
        self._lake, self._key, self._path, self._rows = lake, key, path, rows

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows, which must come in the layer's order."""
        self._rows.write(batch)

    def digest(self) -> str:
        """Return a digest of the rows that were written, all of which they must be."""
        return self._rows.digest()

    def commit(self, **metadata: str) -> PartitionStats:
        """Finish the file with `metadata` in its footer, and replace the partition by it."""
        self._rows.close(metadata)
        return self._publish()

    def commit_copy(self, original: Partition, **metadata: str) -> PartitionStats:
        """Replace the partition by the rows of another one, with `metadata` in its footer.

        Nothing may have been written. If the original `has_pages_of_today`, the bytes are those of
        a commit after writing its rows.
        """
        original.copy_into(self._rows, metadata)
        return self._publish()

    def _publish(self) -> PartitionStats:
        stats = PartitionStats(pq.read_metadata(self._path).num_rows, self._path.stat().st_size)
        self._lake.publish(self._path, self._key)
        return stats


class Lake:
    """The partitions of all layers under one URI: file://, s3:// or memory://."""

    def __init__(self, uri: str, timeout: timedelta = BATCH_TIMEOUT) -> None:
        """Open the lake at `uri`; a request to a bucket is retried until `timeout` is over.

        Raises StoreError.
        """
        self.store: ObjectStore = open_object_store(uri, timeout)
        self.folder = local_folder(uri)

    @contextmanager
    def open(self, layer: str, day: PartitionName) -> Iterator[Partition]:
        """Open a day, or a table without days, in its current version.

        Rows and metadata are those of this version, even if the partition is replaced while it is
        read: on disk the old file stays open, and a bucket's old object gives a ReplacedError.
        Raises StoreError, and DamagedPartitionError if it is damaged.
        """
        with self._open_file(partition_key(layer, day)) as source:
            if source is None:
                yield Partition.absent()
                return
            self._refuse_marked(layer, day)
            size = source.seek(0, os.SEEK_END)
            try:
                file = open_file(source, pre_buffer=self.folder is None)
            except DamagedError as error:
                raise self._damaged(layer, day, error) from None
            yield Partition(file, source, size, partial(self._found_damaged, layer, day))

    @contextmanager
    def _open_file(self, key: str) -> Iterator[BinaryIO | None]:
        path = self.folder / key if self.folder else None
        if path is not None and not path.exists():
            yield None
            return
        with ExitStack() as stack:
            source = path.open("rb") if path else open_object(self.store, key)
            yield stack.enter_context(source) if source else None

    def days(self, layer: str) -> list[date]:
        """Return the days of a layer that have a folder, ascending; raises StoreError."""
        return [day for day in days_under(self.store, layer) if FIRST_DAY <= day <= LAST_DAY]

    def months(self, layer: str) -> list[Month]:
        """Return the months of a table that have a folder, ascending; raises StoreError."""
        names = (folder.rpartition("/")[2] for folder in list_folders(self.store, layer))
        return sorted(month for name in names if (month := Month.in_folder(name)))

    def remove(self, layer: str, day: PartitionName) -> None:
        """Delete a partition that nothing is left of, if it exists; raises StoreError."""
        key = partition_key(layer, day)
        with translate_errors(self.store), suppress(FileNotFoundError):
            retry(lambda: obstore.delete(self.store, key))
        if self.folder:
            with suppress(OSError):
                (self.folder / key).parent.rmdir()
        self._unmark(key)

    def footer(self, layer: str, day: PartitionName) -> Footer | None:
        """Return the footer of a day, or of a table without days; None if missing or damaged."""
        try:
            return self.footer_or_raise(layer, day)
        except DamagedPartitionError:
            return None

    def footer_or_raise(self, layer: str, day: PartitionName) -> Footer | None:
        """Return the footer of a day; None if missing.

        Raises StoreError, and DamagedPartitionError if it is damaged.
        """
        try:
            footer = read_footer(self.store, partition_key(layer, day))
        except DamagedError as error:
            raise self._damaged(layer, day, error) from None
        if footer:
            self._refuse_marked(layer, day)
        return footer

    def footers(self, layer: str, days: Sequence[PartitionName]) -> list[Footer | None]:
        """Return the footers of several days, in the order of `days`."""
        return self.map_concurrent(lambda day: self.footer(layer, day), days)

    def map_concurrent(self, read: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Return `read(item)` for each item, in order; concurrently unless the lake is a folder."""
        if self.folder or len(items) <= 1:
            return [read(item) for item in items]
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(read, items))

    @contextmanager
    def files(
        self, layer: str, days: Iterable[PartitionName], *, are_verified: bool = False
    ) -> Iterator[list[Path]]:
        """Return local files of the days that exist, each in a folder as in the lake.

        A lake on disk returns the partitions themselves, which may be replaced; otherwise the files
        are copies. Their checksums are compared first, since the engines that read them don't do
        that, unless they `are_verified` already. Raises StoreError, and DamagedPartitionError.
        """
        wanted = {day: partition_key(layer, day) for day in days}
        with ExitStack() as stack:
            root = self.folder
            if root is None:
                root = stack.enter_context(temp_dir())
                pool = stack.enter_context(ThreadPoolExecutor(THREADS))
                paths = [root / key for key in wanted.values()]
                list(pool.map(partial(copy_object, self.store), wanted.values(), paths))
            files = {day: root / key for day, key in wanted.items() if (root / key).exists()}
            if not are_verified:
                for day, path in files.items():
                    self._check_file(layer, day, path)
            yield list(files.values())

    def _check_file(self, layer: str, day: PartitionName, path: Path) -> None:
        self._refuse_marked(layer, day)
        try:
            with path.open("rb") as source:
                check_checksums(source)
        except DamagedError as error:
            raise self._found_damaged(layer, day, error) from None

    def verify(self, layer: str, day: PartitionName) -> bool:
        """Read a whole partition, and compare its checksums; return whether it has any.

        A missing partition is no error, and marks do not count. Raises StoreError, and
        DamagedPartitionError if any byte has changed.
        """
        try:
            with self._open_file(partition_key(layer, day)) as source:
                return source is None or verify_file(source)
        except DamagedError as error:
            raise self._damaged(layer, day, error) from None

    def place_of(self, layer: str, day: PartitionName) -> str:
        """Return the path or the URI of a partition."""
        key = partition_key(layer, day)
        if self.folder:
            return str(self.folder / key)
        return f"{uri_of(self.store)}/{key}" if isinstance(self.store, S3Store) else key

    def mark_damaged(self, layer: str, day: PartitionName) -> None:
        """Mark a partition as damaged until it is replaced; raises StoreError."""
        key = partition_key(layer, day)
        self.put(f"{MARKS_PREFIX}/{key}", b"")
        self._marked.add(key)

    def unmark(self, layer: str, day: PartitionName) -> None:
        """Remove the mark of a partition, if it has one; raises StoreError."""
        self._unmark(partition_key(layer, day))

    def _unmark(self, key: str) -> None:
        if key in self._marked:
            with translate_errors(self.store), suppress(FileNotFoundError):
                retry(lambda: obstore.delete(self.store, f"{MARKS_PREFIX}/{key}"))
            self._marked.discard(key)

    def is_marked_damaged(self, layer: str, day: PartitionName) -> bool:
        """Return whether a partition is marked as damaged; raises StoreError.

        The marks are listed once, since they are few, and nearly always none.
        """
        return partition_key(layer, day) in self._marked

    def marked_days(self) -> list[date]:
        """Return the days with a partition that is marked as damaged, ascending."""
        found = (_MARKED_DAY.search(key) for key in self._marked)
        return sorted({date.fromisoformat(match[1]) for match in found if match})

    @cached_property
    def _marked(self) -> set[str]:
        """The keys of the marked partitions."""
        pages = list_pages(self.store, MARKS_PREFIX)
        return {meta["path"].removeprefix(f"{MARKS_PREFIX}/") for page in pages for meta in page}

    def _refuse_marked(self, layer: str, day: PartitionName) -> None:
        if self.is_marked_damaged(layer, day):
            raise self._damaged(layer, day, DamagedError("changed bytes were found earlier"))

    def _found_damaged(
        self, layer: str, day: PartitionName, error: DamagedError
    ) -> DamagedPartitionError:
        """Return the error of a partition whose footer is intact, and mark it.

        Without the mark it would be taken for up to date. Who may not write to the lake reads only.
        """
        with suppress(StoreError, BaseError, OSError):
            self.mark_damaged(layer, day)
        return self._damaged(layer, day, error)

    def _damaged(
        self, layer: str, day: PartitionName, error: DamagedError
    ) -> DamagedPartitionError:
        return DamagedPartitionError(layer, day, self.place_of(layer, day), str(error))

    @contextmanager
    def writer(
        self, layer: str, day: PartitionName, schema: pa.Schema
    ) -> Iterator[PartitionWriter]:
        """Open a writer of a day, or of a table without days; without `commit` nothing changes."""
        key = partition_key(layer, day)
        with self.temp_dir() as folder:
            path = folder / OBJECT_NAME
            with ParquetWriter(path, schema) as rows:
                yield PartitionWriter(self, key, path, rows)

    def temp_dir(self) -> AbstractContextManager[Path]:
        """Create a temporary folder whose files `publish` can move: of a folder, in that folder."""
        return temp_dir(self.folder)

    def put(self, key: str, body: bytes, attributes: dict[str, str] | None = None) -> None:
        """Replace a small object that is no table, durably; raises StoreError.

        `attributes` are stored with a bucket's object.
        """
        if self.folder is None:
            with translate_errors(self.store):
                retry(lambda: obstore.put(self.store, key, body, attributes=attributes))
            return
        with self.temp_dir() as folder:
            path = folder / Path(key).name
            path.write_bytes(body)
            self.publish(path, key)

    def publish(self, path: Path, key: str) -> None:
        """Replace the object at `key` by a file, in one step that is durable when it returns.

        A mark that it is damaged is removed afterwards.
        """
        if self.folder is None:
            put_file(self.store, key, path)
        else:
            move_file(path, self.folder / key)
        self._unmark(key)
