"""A file put into a store in one step, in parts where it is large; no part is left behind.

An upload that fails is aborted. One whose process was killed can't be: the next large put under its
key does that, and so does a lifecycle rule of the bucket, such as docs/s3.md shows.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import obstore
from obstore.store import ObjectStore, S3Store

from tg_pipeline.lake.again import again
from tg_pipeline.lake.refusals import one_sentence

PART: Final = 16 * 1024 * 1024
"""Bytes a part, and the size from which on a file is put in parts: of 10,000 at most, 156 GiB."""

SIDE_BY_SIDE: Final = 4
"""Parts under way, and so in memory, at a time."""


def put_file(store: ObjectStore, key: str, path: Path) -> None:
    """Put a file in the place of the object under `key`; raises StoreError."""
    if path.stat().st_size <= PART:
        _put(store, key, path, in_parts=False)
        return
    if isinstance(store, S3Store):
        _abort_abandoned(store, key)
    _put(store, key, path, in_parts=True)


def _put(store: ObjectStore, key: str, path: Path, *, in_parts: bool) -> None:
    def put() -> None:
        obstore.put(
            store,
            key,
            path,
            use_multipart=in_parts,
            chunk_size=PART,
            max_concurrency=SIDE_BY_SIDE,
        )

    with one_sentence(store):
        again(put)


def _abort_abandoned(store: S3Store, key: str) -> None:
    # boto3 takes most of a second to import: only a large put waits for it.
    from tg_pipeline.lake.abandoned import ABANDONED_AFTER, abort_uploads  # noqa: PLC0415

    abort_uploads(store, key, begun_before=datetime.now(UTC) - ABANDONED_AFTER)
