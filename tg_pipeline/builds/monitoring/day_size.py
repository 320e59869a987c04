"""About how many updates a day has, without reading them: from sizes of objects and from footers.

A listing has the size of each object, so a day is estimated at the cost of listing it, and only
until it is large enough.
"""

from datetime import date
from typing import Final

import pyarrow as pa
from obstore.store import ObjectStore

from lambda_ingest.landing import day_prefix
from tg_pipeline.lake.footers import FooterSource
from tg_pipeline.landing.sealed_objects import is_sealed_key
from tg_pipeline.storage.object_store import list_pages

LINE_BYTES: Final = 500
"""Bytes of an update in an .ndjson object: of the sample, 480."""

COMPRESSED_LINE_BYTES: Final = 70
"""The same in a .gz object of many lines, or a sealed one: of the sample, which repeats itself, 40
to 60."""


def landed_updates(landing: ObjectStore, day: date, enough: int) -> int:
    """Return about how many updates have landed on a day, or that it is `enough`.

    Raises StoreError.
    """
    updates = 0
    for page in list_pages(landing, day_prefix(day)):
        for meta in page:
            updates += _updates_of(meta["path"], meta["size"])
        if updates >= enough:
            break
    return updates


def listed_updates(objects: pa.Table) -> int:
    """Return about how many updates are in landed objects, from their names and sizes."""
    keys, sizes = objects["object_key"].to_pylist(), objects["size"].to_pylist()
    return sum(map(_updates_of, keys, sizes))


def _updates_of(key: str, size: int) -> int:
    if is_sealed_key(key) or key.endswith(".ndjson.gz"):
        return 1 + size // COMPRESSED_LINE_BYTES
    return 1 + size // LINE_BYTES if key.endswith(".ndjson") else 1


def built_updates(lake: FooterSource, table: str, day: date) -> int:
    """Return the rows of a day of a table; 0 if it is not built. Raises StoreError."""
    found = lake.footer(table, day)
    return found.rows if found else 0
