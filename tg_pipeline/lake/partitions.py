"""`Lake`, `Partition`, `PartitionWriter`: atomic replace."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from obstore.store import ObjectStore

from lambda_ingest.store import BATCH_TIMEOUT, StoreError, local_folder, sync
from tg_pipeline.lake.landing_zone import days_under
from tg_pipeline.lake.object_io import copy_object, open_object, put_file
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.lake.parquet import DamagedError, Footer, ParquetWriter, read_batches, read_footer

WRITING: Final = ".writing-"
"""What the folders' names begin with; no query takes such a name for a partition."""


@contextmanager
def temp_dir(beside: Path | None) -> Iterator[Path]:
    """Give a new folder in `beside`, by default among the system's temporary files.

    Whoever works in it holds a lock on it, which ends with the process however that ends; what
    nobody holds is cleared away here.
    """
    parent = beside or Path(tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent)
    folder, lock = _claim(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(lock)


def sweep(parent: Path) -> None:
    """Remove the folders in which nobody writes any more."""
    for folder in parent.glob(f"{WRITING}*"):
        with suppress(OSError):
            _remove_unless_held(folder)


def _claim(parent: Path) -> tuple[Path, int]:
    """Make a folder and hold it; another one where a sweep came between the two."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=WRITING, dir=parent))
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY)
            # Where the file system has no locks, nobody sweeps either.
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _remove_unless_held(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(lock)


OBJECT_NAME: Final = "part-0.parquet"
READ_ROWS: Final = 1_000
"""Rows a batch of what is read: as many as the transforms like."""

NARROW_ROWS: Final = 65_536
"""Rows a batch where only a few numbers of each are read."""

THREADS: Final = 16
"""Objects fetched side by side: a bucket answers in some 20 ms, however fast we ask."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class PartitionStats:
    """What a partition holds once it is written, by its own footer."""

    rows: int
    bytes: int


class Partition:
    """A day of a layer as it stood when it was opened; without rows where there is none."""

    def __init__(self, file: pq.ParquetFile | None, size: int) -> None:
        """Wrap an open file of `size` bytes, or the want of one."""
        self._file = file
        self.bytes = size

    @classmethod
    def absent(cls) -> "Partition":
        """Give a day that was never written."""
        return cls(None, 0)

    @property
    def exists(self) -> bool:
        """Say whether the day was ever written."""
        return self._file is not None

    @property
    def rows(self) -> int:
        """Give the number of rows."""
        return self._file.metadata.num_rows if self._file else 0

    @property
    def metadata(self) -> dict[str, str]:
        """Give what the writer left in the footer."""
        pairs = (self._file.metadata.metadata or {}) if self._file else {}
        return {name.decode(): value.decode("utf-8", "replace") for name, value in pairs.items()}

    def batches(
        self, columns: list[str] | None = None, rows: int = READ_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Give the rows in order, in batches of at most `rows`."""
        return read_batches(self._file, columns, rows) if self._file else iter(())

    def project(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Give the rows in order with a few small columns only, and so in larger batches."""
        return self.batches(columns, NARROW_ROWS)


class PartitionWriter:
    """Collects a day's rows in a file aside, and puts it in the place of the old on `commit`."""

    def __init__(self, lake: "Lake", key: str, path: Path, rows: ParquetWriter) -> None:
        """Collect in the file at `path`, through `rows`, what is to stand under `key`."""
        self._lake, self._key, self._path, self._rows = lake, key, path, rows

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows, which must come in the layer's order."""
        self._rows.write(batch)

    def commit(self, **metadata: str) -> PartitionStats:
        """Finish the file, with `metadata` in its footer, and put it in the place of the old."""
        self._rows.close(metadata)
        written = PartitionStats(pq.read_metadata(self._path).num_rows, self._path.stat().st_size)
        self._lake.publish(self._path, self._key)
        return written


class Lake:
    """The layers' partitions under one URI: file://, s3:// or memory://."""

    def __init__(self, uri: str, patience: timedelta = BATCH_TIMEOUT) -> None:
        """Open the lake at `uri`, and try for so long if that is a bucket; raises StoreError."""
        self.store: ObjectStore = open_object_store(uri, patience)
        self.folder = local_folder(uri)

    @contextmanager
    def open(self, layer: str, day: date | None) -> Iterator[Partition]:
        """Open a day, or a table without days: one state of it, whatever is written meanwhile.

        Of a bucket what is read is fetched as it is read, and of an object that is replaced
        meanwhile the rest is an error. Raises StoreError.
        """
        key = partition_key(layer, day)
        with self._source(key) as source:
            if source is None:
                yield Partition.absent()
                return
            size = source.seek(0, os.SEEK_END)
            source.seek(0)
            try:
                file = pq.ParquetFile(source, pre_buffer=self.folder is None)
            except pa.ArrowInvalid:
                raise _damaged(layer, day) from None
            yield Partition(file, size)

    def days(self, layer: str) -> list[date]:
        """Give the days of a layer that have a folder, ascending."""
        return days_under(self.store, layer)

    def footer(self, layer: str, day: date | None) -> Footer | None:
        """Give the footer of a day, or of a table without days; a damaged object has none."""
        try:
            return read_footer(self.store, partition_key(layer, day))
        except DamagedError:
            return None

    def footer_or_raise(self, layer: str, day: date | None) -> Footer | None:
        """Give the footer of a day, None where it was never written; raises StoreError."""
        try:
            return read_footer(self.store, partition_key(layer, day))
        except DamagedError:
            raise _damaged(layer, day) from None

    def footers(self, layer: str, days: Sequence[date | None]) -> list[Footer | None]:
        """Give the footers of several days, in the order asked."""
        return self.map_concurrent(lambda day: self.footer(layer, day), days)

    def map_concurrent(
        self, ask: Callable[[Asked], Answer], about: Sequence[Asked]
    ) -> list[Answer]:
        """Ask about several things, of a bucket at the same time; give the answers in order."""
        if self.folder or len(about) <= 1:
            return [ask(each) for each in about]
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(ask, about))

    @contextmanager
    def files(self, layer: str, days: Iterable[date | None]) -> Iterator[list[Path]]:
        """Give the files of those days that exist, on this machine, each in its day's folder.

        On a disk they are the partitions themselves: what is read may be newer than the asking.
        """
        keys = [partition_key(layer, day) for day in days]
        if self.folder:
            yield [path for key in keys if (path := self.folder / key).exists()]
            return
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(THREADS) as pool:
            paths = [Path(folder) / key for key in keys]
            found = pool.map(partial(copy_object, self.store), keys, paths)
            yield [path for path, is_there in zip(paths, found, strict=True) if is_there]

    @contextmanager
    def writer(self, layer: str, day: date | None, schema: pa.Schema) -> Iterator[PartitionWriter]:
        """Write a day, or a table without days, anew; without `commit` the old one stays."""
        key = partition_key(layer, day)
        with temp_dir((self.folder / key).parent if self.folder else None) as folder:
            path = folder / OBJECT_NAME
            with ParquetWriter(path, schema) as rows:
                yield PartitionWriter(self, key, path, rows)

    def publish(self, path: Path, key: str) -> None:
        """Put a finished file in its place, in one step that survives a power cut."""
        if self.folder is None:
            put_file(self.store, key, path)
            return
        target = self.folder / key
        sync(path)
        path.replace(target)
        sync(target.parent)
        sync(target.parent.parent)

    @contextmanager
    def _source(self, key: str) -> Iterator[BinaryIO | None]:
        path = self.folder / key if self.folder else None
        if path is not None and not path.exists():
            yield None
            return
        with ExitStack() as stack:
            source = path.open("rb") if path else open_object(self.store, key)
            yield stack.enter_context(source) if source else None


def partition_key(layer: str, day: date | None) -> str:
    """Give the key of a day's object in the lake, or of the one object of a table without days."""
    folder = f"{layer}/context_date={day.isoformat()}" if day else layer
    return f"{folder}/{OBJECT_NAME}"


def _damaged(layer: str, day: date | None) -> StoreError:
    mend = f"tg-pipeline run{f' --date {day} --full' if day else ''} builds it anew"
    return StoreError(f"{partition_key(layer, day)} is no whole Parquet file: {mend}")
