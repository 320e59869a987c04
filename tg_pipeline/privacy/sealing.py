"""Sealing days of a landing zone from which people may be forgotten at the same time."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from obstore.store import ObjectStore

from lambda_ingest.privacy.suppression import Tombstones, read_tombstones
from lambda_ingest.settings import Secret
from tg_pipeline.lake.floors import TableGroup, read_floors
from tg_pipeline.landing.sealed_objects import keys_of_sealed
from tg_pipeline.landing.sealing import SealResult, SealRules, seal_day
from tg_pipeline.landing.zone import list_days, list_stored
from tg_pipeline.privacy.landing import RewriteCounts, rewrite_sealed
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import retry


def days_before(landing: ObjectStore, today: date, age_days: int) -> list[date]:
    """Return the landed days that are more than so many days ago, and that retention keeps."""
    return [day for day in kept_days(landing) if today - day > timedelta(days=age_days)]


def kept_days(landing: ObjectStore) -> Iterator[date]:
    """Return the landed days that retention keeps, ascending; raises StoreError."""
    floors = read_floors(landing)
    return (day for day in list_days(landing) if floors.keeps(TableGroup.LANDING, day))


def seal_days(
    landing: ObjectStore, days: Iterable[date], rules: SealRules, privacy_key: Secret | None
) -> Iterator[SealResult]:
    """Seal days, without the people who are forgotten meanwhile, on whichever machine.

    An object may have been read before `forget` rewrote it, and be sealed afterwards. The
    tombstones, which `forget` writes first, are therefore read after each day. Raises StoreError,
    and, before anything is sealed, PrivacyKeyError.
    """
    _read_tombstones(landing, privacy_key)
    for day in days:
        result = seal_day(landing, day, rules)
        if result.objects:
            _forget(landing, day, _read_tombstones(landing, privacy_key))
        yield result


def _forget(landing: ObjectStore, day: date, tombstones: Tombstones) -> None:
    for key in keys_of_sealed(list_stored(landing, day)) if tombstones else ():
        rewrite_sealed(landing, key, tombstones, RewriteCounts())


def _read_tombstones(landing: ObjectStore, privacy_key: Secret | None) -> Tombstones:
    with translate_errors(landing):
        return retry(lambda: read_tombstones(landing, privacy_key))
