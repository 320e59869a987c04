"""A person's data in the landing zone: their own updates, and what others' contain about them."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec
import pyarrow.compute as pc
from obstore.store import ObjectStore

from lambda_ingest.landing import LANDING_PREFIX
from lambda_ingest.privacy.exported_messages import exported_user
from lambda_ingest.privacy.suppression import Tombstones, suppress
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.zone import bot_id_of, list_days
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.privacy.landed_objects import lines_of
from tg_pipeline.privacy.landing import read_all
from tg_pipeline.privacy.people import SENDERS

AUTHORS: Final = ("from", "user", "sender_user", "author")
"""The fields of an object that hold who it is from."""


def export_landing(
    landing: ObjectStore, user_id: int, tombstones: Tombstones, bot_id: int
) -> Iterator[dict[str, Any]]:
    """Yield what the landing zone holds about a person; raises StoreError.

    `tombstones` are theirs, whether they are forgotten or not. `bot_id` is the bot of objects whose
    name has no bot.
    """
    for stored in read_all(landing, LANDING_PREFIX):
        day = PurePosixPath(stored.key).parent.name.removeprefix("context_date=")
        for line in lines_of(stored.key, stored.body):
            if found := _about(line, user_id, tombstones):
                yield {"day": day, "bot_id": bot_id_of(stored.key, bot_id), **found}


def export_lake(
    landing: ObjectStore, lake: Lake, user_id: int, tombstones: Tombstones
) -> Iterator[dict[str, Any]]:
    """Yield the same from raw_updates, for the days that the landing zone has no longer."""
    for day in sorted({*lake.days(RAW_UPDATES.name)} - {*list_days(landing)}):
        with lake.open(RAW_UPDATES.name, day) as partition:
            for batch in partition.batches(["bot_id", "payload"]):
                is_in = pc.match_substring(batch["payload"], str(user_id).encode())
                for row in batch.filter(is_in).to_pylist():
                    if found := _about(row["payload"], user_id, tombstones):
                        yield {"day": day.isoformat(), "bot_id": row["bot_id"], **found}


def _about(line: bytes, user_id: int, tombstones: Tombstones) -> dict[str, Any] | None:
    """Return an update that is the person's own; of others, only the parts about them."""
    result = suppress(line, tombstones)
    if result is line:
        return None
    try:
        update = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # it can't be read, so it may be anybody's
    if result is None:
        return {"own": True, "update": update}
    parts = dict(_parts(update, user_id, ""))
    return {"own": False, "update_id": update.get("update_id"), "parts": parts} if parts else None


def _parts(value: Any, user_id: int, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the path and the content of each part about a person: messages of theirs as a whole."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _parts(each, user_id, f"{path}[{number}]")
    if not isinstance(value, dict):
        return
    if user_id in (value.get("id"), value.get("user_id")) or _is_by(value, user_id):
        yield path, value
        return
    for name, each in value.items():
        yield from _parts(each, user_id, f"{path}.{name}" if path else name)


def _is_by(value: dict[str, Any], user_id: int) -> bool:
    if any(exported_user(value.get(name)) == user_id for name in SENDERS.values()):
        return True
    people = (value.get(name) for name in AUTHORS)
    return any(isinstance(who, dict) and who.get("id") == user_id for who in people)
