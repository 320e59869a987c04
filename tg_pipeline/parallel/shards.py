"""Shards: the rows that a task has made, kept until the build has read them.

A partition is one object, which the build writes from the shards in their order. It holds one batch
of them at a time.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, cast
from uuid import uuid4

import obstore
import pyarrow as pa

from lambda_ingest.store import StoreError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_io import open_object, put_file
from tg_pipeline.storage.object_store import list_pages, retry
from tg_pipeline.temp_folders import temp_dir

SHARDS_PREFIX: Final = "spark-shards"
"""The folder of a bucket with the shards of all jobs."""

MAX_AGE: Final = timedelta(days=1)
"""A shard is read minutes after it was written; older ones are those of jobs that were killed."""

READ_BYTES: Final = 4 * 1024 * 1024
"""Bytes fetched at a time of a shard in a bucket."""

WriteBatch = Callable[[pa.RecordBatch], None]


@contextmanager
def shards_folder(lake: Lake, now: datetime) -> Iterator[str]:
    """Create a place for the shards of a job, and remove it and what is left of others later.

    In a lake on disk it is a temporary folder of the lake, which the executors must share.
    """
    if lake.folder:
        with lake.temp_dir() as folder:
            yield folder.name
        return
    remove_old_shards(lake, now)
    prefix = f"{SHARDS_PREFIX}/{uuid4().hex}"
    try:
        yield prefix
    finally:
        _remove(lake, prefix, lambda _: True)


def remove_old_shards(lake: Lake, now: datetime) -> None:
    """Remove the shards in a bucket that jobs left which were killed; raises StoreError."""
    _remove(lake, SHARDS_PREFIX, lambda written: now - written > MAX_AGE)


def _remove(lake: Lake, prefix: str, is_superfluous: Callable[[datetime], bool]) -> None:
    for page in list_pages(lake.store, prefix):
        for meta in page:
            if is_superfluous(meta["last_modified"]):
                remove_shard(lake, meta["path"])


def remove_shard(lake: Lake, key: str) -> None:
    """Remove a shard that was read; raises StoreError."""
    with translate_errors(lake.store), suppress(FileNotFoundError):
        retry(lambda: obstore.delete(lake.store, key))


@contextmanager
def write_shard(lake: Lake, key: str, schema: pa.Schema) -> Iterator[WriteBatch]:
    """Write the batches of a shard, which exists once the block has ended; raises StoreError."""
    if lake.folder:
        # Nobody looks at it before the task has ended, and nobody needs it after a power failure.
        with _stream(lake.folder / key, schema) as write:
            yield write
        return
    with temp_dir() as folder:
        path = folder / "shard.arrow"
        with _stream(path, schema) as write:
            yield write
        put_file(lake.store, key, path)


@contextmanager
def _stream(path: Path, schema: pa.Schema) -> Iterator[WriteBatch]:
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_stream(file, schema, options=options) as stream,
    ):
        yield stream.write_batch


def read_shard(lake: Lake, key: str) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a shard, and remove it; raises StoreError."""
    with ExitStack() as stack:
        source = _open(lake, key)
        if source is None:
            raise StoreError(f"{key}, a shard of this job, is gone: was it deleted?")
        stack.enter_context(source)
        with pa.ipc.open_stream(source) as stream:
            yield from stream
    remove_shard(lake, key)


def _open(lake: Lake, key: str) -> BinaryIO | None:
    if lake.folder:
        path = lake.folder / key
        return path.open("rb") if path.exists() else None
    found = open_object(lake.store, key)
    return (
        cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", found), READ_BYTES))
        if found
        else None
    )
