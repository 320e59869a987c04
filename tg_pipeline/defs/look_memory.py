"""What the sensor that lists remembers from one look to the next: its cursor."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from tg_pipeline.defs.tried_days import TriedDays


@dataclass(frozen=True, slots=True)
class LookMemory:
    """What was asked for, and when there was nothing to ask for."""

    tried: TriedDays
    quiet_since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When the last look found nothing to ask for; None where it found something."""

    def is_rest(self, now: datetime, pause: timedelta) -> bool:
        """Say whether the last look found nothing, and was less than a pause ago."""
        return bool(self.quiet_since and timedelta() <= now - self.quiet_since < pause)

    def as_cursor(self) -> str:
        """Give it as Dagster keeps it."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, cursor: str | None) -> "LookMemory":
        """Read a cursor; one that is missing, older than this form, or damaged knows of nothing."""
        try:
            return msgspec.json.decode(cursor or "", type=cls)
        except msgspec.MsgspecError:
            return cls(TriedDays())
