"""`ForgottenPeople`: the tombstones that a process applies to the updates it stores."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore

from lambda_ingest.privacy.suppression import (
    FORGOTTEN_PREFIX,
    NO_TOMBSTONES,
    PrivacyKeyError,
    Tombstones,
    key_id,
    read_tombstones,
)
from lambda_ingest.settings import Secret
from lambda_ingest.store import first_line

LISTING_INTERVAL: Final = timedelta(minutes=1)
"""Between two listings of a bucket: at most this long after it, a forgotten person is left out."""


def list_forgotten_people(
    landing: ObjectStore, key: Secret | None, now: Callable[[], datetime]
) -> "ForgottenPeople":
    """Return the forgotten people, listed now, for a command that may fail.

    Raises PrivacyKeyError, and the store's errors.
    """
    return ForgottenPeople(landing, key, now, read_tombstones(landing, key), now())


@dataclass(slots=True)
class ForgottenPeople:
    """Lists the tombstones when they are first needed, and then once per interval.

    An update must not be lost because of them: if they can't be listed, the last known ones count;
    if they can't be used without another key, none do. The layers apply them in any case.
    """

    landing: ObjectStore
    key: Secret | None
    now: Callable[[], datetime]
    """Returns the current time, time zone aware."""

    tombstones: Tombstones = NO_TOMBSTONES
    """As they were listed last."""

    listed_at: datetime | None = None
    """When they were; None: not yet."""

    _names: frozenset[str] = frozenset()
    """The tombstones on a disk when they were listed: there, new ones count at once."""

    _warnings: list[str] = field(default_factory=list)
    _is_key_reported: bool = False
    _lock: Lock = field(default_factory=Lock)

    def current(self) -> Tombstones:
        """Return the tombstones; while a thread lists them, others get the last known ones."""
        if not self._is_due():
            return self.tombstones
        if self._lock.acquire(blocking=self.listed_at is None):
            try:
                if self._is_due():
                    self._list()
            finally:
                self._lock.release()
        return self.tombstones

    def take_warning(self) -> str:
        """Return why the tombstones are not applied as they should be, once; empty if they are."""
        return self._warnings.pop() if self._warnings else ""

    def _is_due(self) -> bool:
        if self.listed_at is None or self.now() - self.listed_at >= LISTING_INTERVAL:
            return True
        return self._names_on_disk() != self._names

    def _names_on_disk(self) -> frozenset[str]:
        """Return the names of the tombstones of our key, if the landing zone is a folder."""
        if self.key is None or not isinstance(self.landing, LocalStore):
            return frozenset()
        folder = Path(self.landing.prefix or "/") / FORGOTTEN_PREFIX / key_id(self.key)
        try:
            return frozenset(path.name for path in folder.iterdir())
        except OSError:
            return frozenset()

    def _list(self) -> None:
        # Read before the listing, so that one that is written meanwhile is noticed.
        self._names = self._names_on_disk()
        try:
            self.tombstones = read_tombstones(self.landing, self.key)
        except PrivacyKeyError as error:
            if not self._is_key_reported:
                self._is_key_reported = True
                self._warnings.append(f"{error} Until then, updates are stored as they arrive.")
        except (BaseError, OSError) as error:
            self._warnings.append(f"The forgotten people can't be listed: {first_line(error)}")
        self.listed_at = self.now()
