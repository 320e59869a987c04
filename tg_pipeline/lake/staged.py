"""What a killed door leaves in a landing zone on a disk: a file that never got its name."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from obstore.store import LocalStore, ObjectStore

from lambda_ingest.landing import day_prefix

LEFT_AFTER: Final = timedelta(hours=1)
"""A door names a file as soon as it is written: what is older will not be named any more."""

_STAGED: Final = re.compile(r".+#\d+")
"""Such names stand in no listing, so nothing that landed has one. See `lambda_ingest/disk.py`."""


def _now() -> datetime:
    return datetime.now(UTC)


def sweep_staged(landing: ObjectStore, day: date, now: Callable[[], datetime] = _now) -> None:
    """Remove the files of a day that were left without a name an hour before `now` (aware)."""
    if not isinstance(landing, LocalStore) or landing.prefix is None:
        return
    for path in Path(landing.prefix, day_prefix(day)).glob("*#*"):
        # Whoever may not remove it, or finds it gone, leaves it to others.
        with suppress(OSError):
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            if _STAGED.fullmatch(path.name) and now() - written > LEFT_AFTER:
                path.unlink()
