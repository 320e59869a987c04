"""Unsealing: the objects of a sealed day are stored on their own again, byte for byte.

The sealed object is deleted last, after all objects were read back and compared. Until then, the
objects are listed as those in the sealed one, so that an interruption changes nothing.
"""

import os
from datetime import date
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore

from lambda_ingest.arrivals import append_to_journal
from lambda_ingest.local_disk import sync, write_and_name
from lambda_ingest.store import StoreError
from tg_pipeline.landing.arrivals import read_journals, with_arrivals
from tg_pipeline.landing.sealed_objects import (
    SealedObject,
    folder_of,
    from_microseconds,
    read_sealed,
)
from tg_pipeline.landing.sealing import (
    SealableDay,
    SealResult,
    SealRules,
    delete_copies,
    delete_objects,
    fetch_object,
    groups_of,
    look_at_day,
    map_concurrently,
)
from tg_pipeline.storage.errors import TransientStoreError, translate_errors
from tg_pipeline.storage.object_store import retry


def unseal_day(landing: ObjectStore, day: date, rules: SealRules) -> int:
    """Restore all objects of a day, and delete the sealed one; raises StoreError.

    The objects have their bytes, metadata and times of arrival; on a disk also their times of
    modification. In a bucket, the time of writing is that of the restoration. Return the number of
    objects.
    """
    found = look_at_day(landing, day)
    if not len(found.sealed):
        return 0
    if len(found.copies):
        _remove_copies(landing, found, rules)
        found = look_at_day(landing, day)
    listed = found.in_sealed
    _restore(landing, day, listed, rules)
    _prove_restored(landing, listed)
    delete_objects(landing, found.sealed["object_key"].to_pylist())
    return len(listed)


def _remove_copies(landing: ObjectStore, found: SealableDay, rules: SealRules) -> None:
    """Remove the objects whose keys are those of objects to restore; raises StoreError.

    An earlier call may have restored some, others may have landed since.
    """
    result = SealResult(date.min)
    delete_copies(landing, found, rules, result)
    if result.changed:
        raise StoreError(
            f"{result.changed[0]} differs from the object that would be restored: move it "
            "elsewhere first."
        )


def _restore(landing: ObjectStore, day: date, listed: pa.Table, rules: SealRules) -> None:
    folder = folder_of(landing)
    sealed = read_sealed(landing, listed)
    known = with_arrivals(listed.drop_columns(["sealed_in"]), read_journals(landing, day))

    def restore(pair: tuple[dict[str, Any], SealedObject]) -> None:
        row, each = pair
        try:
            if folder:
                is_known = row["received_at"] == from_microseconds(each.received_at)
                _restore_file(folder, each, is_journaled=is_known)
            else:
                _put(landing, each)
        except (AlreadyExistsError, FileExistsError):
            raise TransientStoreError(f"{each.key} landed meanwhile: try again.") from None

    for group in groups_of(known):
        map_concurrently(landing, restore, list(zip(group, sealed, strict=False)))
        rules.on_progress(len(group))
    if folder:
        for parent in {Path(key).parent for key in listed["object_key"].to_pylist()}:
            sync(folder / parent)


def _restore_file(folder: Path, sealed: SealedObject, *, is_journaled: bool) -> None:
    """Write a file, which must not exist, with its time of modification; its name is not synced."""

    def name(temporary: Path, path: Path) -> None:
        if not is_journaled:
            append_to_journal(folder, sealed.key, from_microseconds(sealed.received_at))
        os.link(temporary, path)

    modified_at = from_microseconds(sealed.last_modified)
    write_and_name(folder, sealed.key, sealed.content, modified_at, name)


def _put(landing: ObjectStore, sealed: SealedObject) -> None:
    with translate_errors(landing):
        retry(
            lambda: obstore.put(
                landing,
                sealed.key,
                sealed.content,
                mode="create",
                attributes=sealed.metadata(),
            )
        )


def _prove_restored(landing: ObjectStore, listed: pa.Table) -> None:
    """Raise StoreError unless every object is there again, with its bytes."""
    sealed = read_sealed(landing, listed)

    def is_restored(each: SealedObject) -> bool:
        stored = fetch_object(landing, each.key, each.size)
        return stored is not None and stored.body == each.content

    for group in groups_of(listed):
        pairs = [each for _, each in zip(group, sealed, strict=False)]
        if not all(map_concurrently(landing, is_restored, pairs)):
            raise TransientStoreError(
                "An object was changed while it was being restored: the sealed one was kept. Try "
                "again."
            )
