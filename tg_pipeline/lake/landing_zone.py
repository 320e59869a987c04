"""List days and objects, fingerprint, clean up."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import LocalStore, ObjectStore

from lambda_ingest.landing import LANDING_PREFIX, day_prefix
from tg_pipeline.lake.object_store import folders, pages

if TYPE_CHECKING:
    from obstore import ObjectMeta


OBJECTS: Final = pa.schema(
    [
        ("object_key", pa.string()),
        ("received_at", pa.timestamp("us", tz="UTC")),
        ("size", pa.int64()),
    ]
)
"""A listing: one row per object, with when it was written and its size in bytes."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_NAMED_BY_CONTRACT: Final = re.compile(r"(\d{1,19})-[0-9A-Za-z]+\.")
_DAY_FOLDER: Final = re.compile(r"(?:^|/)context_date=(\d{4}-\d{2}-\d{2})$")


def list_days(landing: ObjectStore) -> list[date]:
    """Give the days that have a folder in the landing zone, ascending."""
    return days_under(landing, LANDING_PREFIX)


def days_under(store: ObjectStore, prefix: str) -> list[date]:
    """Give the days that have a folder `context_date=…` under a prefix, ascending."""
    return sorted(day for folder in folders(store, prefix) if (day := _day_of(folder)) is not None)


def list_objects(landing: ObjectStore, day: date) -> pa.Table:
    """Give all OBJECTS of a day, however many, in the order of their keys."""
    found = [_page(page) for page in pages(landing, day_prefix(day))]
    return pa.Table.from_batches(found, schema=OBJECTS).sort_by("object_key")


def listing_fingerprint(objects: pa.Table) -> str:
    """Give a short text that changes when an object of a day is added, rewritten or removed."""
    newest = pc.max(objects["received_at"].cast(pa.int64())).as_py() or 0
    return f"{objects.num_rows}:{_bytes(objects)}:{newest}"


def adds_up(before: str, objects: pa.Table, unread: pa.Table) -> bool:
    """Say whether what an earlier fingerprint counted, and what is unread, is as large as it is.

    A bucket tells times by the second, so that an object rewritten within one is told by its size.
    Where one was removed, nothing can be told.
    """
    count, size, _ = map(int, before.split(":"))
    if count + unread.num_rows > objects.num_rows:
        return True
    return size + _bytes(unread) == _bytes(objects)


def not_yet_read(objects: pa.Table, known: pa.Table) -> pa.Table:
    """Give the objects that `known` (object_key, received_at) does not have as they are now.

    An object rewritten after it was read counts as unread.
    """
    unread = objects.join(known, ["object_key", "received_at"], join_type="left anti")
    return unread.select(OBJECTS.names).sort_by("object_key")


def bot_of(object_key: str, default: int) -> int:
    """Give the bot id that an object's name begins with; `default` for one named otherwise.

    The original course project named its objects by the clock, so they say nothing of the bot.
    """
    found = _NAMED_BY_CONTRACT.match(object_key.rpartition("/")[2])
    return int(found[1]) if found and int(found[1]) < 2**63 else default


def iter_days(first: date, last: date) -> Iterator[date]:
    """Give each day from `first` to `last`, both included."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _bytes(objects: pa.Table) -> int:
    size: int | None = pc.sum(objects["size"]).as_py()
    return size or 0


def _page(chunk: "Sequence[ObjectMeta]") -> pa.RecordBatch:
    objects = [meta for meta in chunk if not meta["path"].endswith("/") and _inside(meta["path"])]
    return pa.record_batch(
        [
            pa.array([meta["path"] for meta in objects], pa.string()),
            pa.array([_microseconds(meta["last_modified"]) for meta in objects], pa.int64()).cast(
                OBJECTS.field("received_at").type
            ),
            pa.array([meta["size"] for meta in objects], pa.int64()),
        ],
        schema=OBJECTS,
    )


def _inside(path: str) -> bool:
    """Tell an object in a day's folder from the marker that consoles make for the folder itself."""
    return not _DAY_FOLDER.search(path)


def _microseconds(instant: datetime) -> int:
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _day_of(folder: str) -> date | None:
    found = _DAY_FOLDER.search(folder)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


LEFT_AFTER: Final = timedelta(hours=1)
"""A door names a file as soon as it is written: what is older will not be named any more."""

_STAGED: Final = re.compile(r".+#\d+")
"""Such names stand in no listing, so nothing that landed has one. See `lambda_ingest/disk.py`."""


def _now() -> datetime:
    return datetime.now(UTC)


def remove_stale_temp_files(
    landing: ObjectStore, day: date, now: Callable[[], datetime] = _now
) -> None:
    """Remove the files of a day that were left without a name an hour before `now` (aware)."""
    if not isinstance(landing, LocalStore) or landing.prefix is None:
        return
    for path in Path(landing.prefix, day_prefix(day)).glob("*#*"):
        # Whoever may not remove it, or finds it gone, leaves it to others.
        with suppress(OSError):
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            if _STAGED.fullmatch(path.name) and now() - written > LEFT_AFTER:
                path.unlink()
