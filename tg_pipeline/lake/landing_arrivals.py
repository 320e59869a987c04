"""When landed objects arrived, as far as the landing zone says so in other places than the object.

`read_objects` takes the arrival time of an object from its metadata. An object without it, such as
every object on a disk, gets the time that this module finds: that of the day's journals, else the
time of the listing.
"""

from datetime import date
from typing import Final

import obstore
import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import ObjectStore

from lambda_ingest.arrivals import journal_prefix
from lambda_ingest.landing import day_prefix
from tg_pipeline.lake.errors import translate_errors
from tg_pipeline.lake.object_store import list_pages, retry

ARRIVALS: Final = pa.schema(
    [("object_key", pa.string()), ("received_at", pa.timestamp("us", tz="UTC"))]
)
"""One row per object in a journal."""

_LINE: Final = (
    r"^(?P<object_key>.+) "
    r"(?P<second>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\.(?P<microsecond>\d{6})Z$"
)
"""A complete line, as `lambda_ingest/arrivals.py` writes it."""

_SECOND: Final = "%Y-%m-%dT%H:%M:%S"


def read_journals(landing: ObjectStore, day: date) -> pa.Table:
    """Return the ARRIVALS in all journals of a day, ordered by key; raises StoreError.

    A line that is not complete is ignored. Of several lines about an object, the earliest counts.
    """
    prefix = journal_prefix(day_prefix(day).rpartition("/")[2])
    parts = [ARRIVALS.empty_table()]
    for page in list_pages(landing, prefix):
        for meta in page:
            with translate_errors(landing):
                parts.append(_parse(_read(landing, meta["path"])))
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


def _read(landing: ObjectStore, key: str) -> bytes:
    return retry(lambda: obstore.get(landing, key).bytes().to_bytes())


def _parse(journal: bytes) -> pa.Table:
    lines = journal.decode("utf-8", "replace").split("\n")
    keys, seconds, fractions = pc.extract_regex(pa.array(lines, pa.string()), _LINE).flatten()
    at_second = pc.strptime(seconds, _SECOND, "us", error_is_null=True)
    microseconds = pc.add(at_second.cast(pa.int64()), fractions.cast(pa.int64()))
    received = microseconds.cast(ARRIVALS.field("received_at").type)
    return pa.table([keys, received], ARRIVALS).drop_null()
