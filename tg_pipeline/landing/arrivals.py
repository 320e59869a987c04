"""When landed objects arrived, as far as the landing zone says so in other places than the object.

`read_objects` takes the arrival time of an object from its metadata. An object without it, such as
every object on a disk, gets the time that this module finds: that of the day's journals, else the
time of the listing.
"""

from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import ObjectStore

from lambda_ingest.arrivals import journal_prefix
from lambda_ingest.landing import day_prefix
from tg_pipeline.storage.object_io import get_object
from tg_pipeline.storage.object_store import list_pages

ARRIVALS: Final = pa.schema(
    [("object_key", pa.string()), ("received_at", pa.timestamp("us", tz="UTC"))]
)
"""One row per object in a journal."""

_TIME: Final = r"^ \d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"
"""The end of a complete line, as `lambda_ingest/arrivals.py` writes it."""

_TIME_CHARACTERS: Final = len(" 2026-10-07T15:00:00.000000Z")
_SECOND: Final = "%Y-%m-%dT%H:%M:%S"


def read_journals(landing: ObjectStore, day: date) -> pa.Table:
    """Return the ARRIVALS in all journals of a day, ordered by key; raises StoreError.

    A line that is not complete is ignored. Of several lines about an object, the earliest counts.
    """
    prefix = journal_prefix(day_prefix(day).rpartition("/")[2])
    parts = [ARRIVALS.empty_table()]
    for page in list_pages(landing, prefix):
        for meta in page:
            journal = get_object(landing, meta["path"], meta["size"])
            parts.append(_parse(journal.body))
    earliest = pa.concat_tables(parts).group_by("object_key").aggregate([("received_at", "min")])
    return earliest.rename_columns(ARRIVALS.names).cast(ARRIVALS).sort_by("object_key")


def with_arrivals(objects: pa.Table, journals: pa.Table) -> pa.Table:
    """Return OBJECTS with a column `received_at`: of the journals, else the listing's time."""
    if not journals.num_rows:
        return objects.append_column("received_at", objects["last_modified"])
    found = pc.index_in(objects["object_key"], value_set=journals["object_key"])
    journaled = pc.take(journals["received_at"], found)
    received = pc.coalesce(journaled, objects["last_modified"])
    return objects.append_column("received_at", received)


def _parse(journal: bytes) -> pa.Table:
    # Slices of a fixed length take a fifth of the time of a pattern with groups.
    lines = pa.array(journal.decode("utf-8", "replace").split("\n"), pa.string())
    is_complete = pc.match_substring_regex(pc.utf8_slice_codeunits(lines, -_TIME_CHARACTERS), _TIME)
    lines = lines.filter(is_complete)
    seconds = pc.utf8_slice_codeunits(lines, 1 - _TIME_CHARACTERS, -len(".000000Z"))
    microseconds = pc.utf8_slice_codeunits(lines, -len("000000Z"), -len("Z")).cast(pa.int64())
    at_second = pc.strptime(seconds, _SECOND, "us", error_is_null=True).cast(pa.int64())
    received = pc.add(at_second, microseconds).cast(ARRIVALS.field("received_at").type)
    keys = pc.utf8_slice_codeunits(lines, 0, -_TIME_CHARACTERS)
    return pa.table([keys, received], ARRIVALS).drop_null()
