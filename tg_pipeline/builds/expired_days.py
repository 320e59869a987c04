"""Forgotten people in tables that are kept longer than what they are built from.

Retention may delete raw_updates and keep enriched_updates, or delete both and keep daily marts.
What is left can't be built again, so people are removed from it in place. Which tombstones were
applied to which tables of a day is an object of its own, as the rows of most days stay the same.
"""

from datetime import date
from typing import Final

import obstore

from lambda_ingest.privacy.suppression import Identity, Tombstones
from tg_pipeline.builds.mart_sources import buildable_days
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import has_raw
from tg_pipeline.lake.floors import Floors
from tg_pipeline.lake.footers import FooterSource
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched.pseudonyms import id_from_digest, username_from_digest
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.enriched.suppression import erase_people
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.object_store import retry

PREFIX: Final = "erasures"
"""The folder of the lake with an object a day: which tombstones were applied to which tables."""

ARROW_PREFIX: Final = "ARROW:"
"""Begins the names of a footer's metadata that Arrow writes itself."""


def erase_from_expired_day(lake: Lake, day: date, parameters: LayerParameters) -> None:
    """Remove forgotten people from what is kept of a day and can't be built; raises StoreError.

    A mart that can be built is not changed: it follows its enriched_updates.
    """
    if not is_erasure_due(lake, day, parameters):
        return
    tables = _unbuildable(lake, day, parameters.floors)
    for table in tables:
        _erase(lake, table, day, parameters)
    body = _record(tables, parameters).encode()
    lake.put(_key(day), body)


def is_erasure_due(
    lake: Lake, day: date, parameters: LayerParameters, footers: FooterSource | None = None
) -> bool:
    """Return whether forgotten people may be in what is kept of a day and can't be built.

    `footers` are those of the lake, as far as they were read before.
    """
    floors = parameters.floors
    if not parameters.tombstones or not (floors.raw or floors.enriched or floors.landing):
        return False
    tables = _unbuildable(footers or lake, day, floors)
    return bool(tables) and _read_record(lake, day) != _record(tables, parameters)


def _unbuildable(lake: FooterSource, day: date, floors: Floors) -> list[Table]:
    """Return the tables that have the day, but can't be built from what is kept."""
    layers: list[Table] = [] if has_raw(lake, day, floors) else [ENRICHED_UPDATES]
    marts = (mart for mart in DAILY_MARTS if not buildable_days(lake, mart, [day], floors))
    return [table for table in (*layers, *marts) if lake.footer(table.name, day)]


class _ForgottenByAnyName:
    """The forgotten people, under their own ids and usernames and under their pseudonyms."""

    def __init__(self, tombstones: Tombstones) -> None:
        self._tombstones = tombstones
        digests = [digest.split("-", 1) for digest in tombstones.digests]
        self._ids = {id_from_digest(d) for kind, d in digests if kind == Identity.USER.value}
        self._usernames = {
            username_from_digest(d) for kind, d in digests if kind == Identity.USERNAME.value
        }

    def forgets_user(self, user_id: int) -> bool:
        return user_id in self._ids or self._tombstones.forgets_user(user_id)

    def forgets_username(self, username: str) -> bool:
        return username in self._usernames or self._tombstones.forgets_username(username)

    def forgets_name(self, name: str) -> bool:
        return self._tombstones.forgets_name(name)

    def forgets_poll(self, poll_id: str) -> bool:
        return self._tombstones.forgets_poll(poll_id)


def _erase(lake: Lake, table: Table, day: date, parameters: LayerParameters) -> None:
    with lake.open(table.name, day) as old:
        is_changed, forgotten = False, _ForgottenByAnyName(parameters.tombstones)
        with lake.writer(table.name, day, old.schema) as new:
            for batch in old.batches():
                rows = erase_people(batch, table.columns, forgotten)
                is_changed = is_changed or rows is not batch
                new.write(rows)
            if is_changed:
                footer = old.metadata.items()
                new.commit(**{k: v for k, v in footer if not k.startswith(ARROW_PREFIX)})


def _record(tables: list[Table], parameters: LayerParameters) -> str:
    return " ".join([parameters.tombstones.fingerprint, *(table.name for table in tables)])


def _read_record(lake: Lake, day: date) -> str:
    """Return which tombstones were applied to which tables of a day; empty if none were."""
    try:
        with translate_errors(lake.store):
            return bytes(retry(lambda: obstore.get(lake.store, _key(day)).bytes())).decode()
    except FileNotFoundError:
        return ""


def _key(day: date) -> str:
    return f"{PREFIX}/context_date={day.isoformat()}.txt"
