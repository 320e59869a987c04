"""`Reference`: what was sent and acknowledged, so what the tables must hold. No project code."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

MAX_AGE: Final = timedelta(days=7)
MAX_LEAD: Final = timedelta(days=1)
"""How far the event time of an update from the network may lie from its arrival."""

UpdateKey = tuple[int, int]
"""The id of a bot and of an update."""


@dataclass(eq=False)
class SentUpdate:
    """An update that was sent at least once."""

    key: UpdateKey
    body: bytes
    event_second: int | None
    is_message: bool
    is_acknowledged: bool = False
    arrivals: list[datetime] = field(default_factory=list)
    """When it may have arrived from the network, by the clock of its receiver."""
    queued: list[datetime] = field(default_factory=list)
    """When a queue received it, which counts as its arrival."""
    landings: list[datetime] = field(default_factory=list)
    """When an operator may have landed it."""
    copied_to: date | None = None
    """The day into whose folder an operator put it."""
    may_be_later: bool = False
    """Whether a call of it ended without an answer, so that it may have been stored later on."""


class Reference:
    """What was sent; several threads record it."""

    def __init__(self, zone: ZoneInfo, last: datetime) -> None:
        """Record what is sent until a time."""
        self._zone, self._last, self._lock = zone, last, Lock()
        self.updates: dict[UpdateKey, SentUpdate] = {}
        self.no_updates: dict[bytes, bool] = {}
        """Bodies that are no updates or have the id of another update, and whether each was
        acknowledged."""
        self.contested = set[UpdateKey]()
        """The updates whose ids others have, so that either may be in the tables."""
        self.bad_lines = Counter[date]()
        """Unreadable lines in files that an operator copied, by day."""
        self.wrong_by: set[float] = {0.0}
        """By how many seconds the clock of any ingestion process was wrong."""

    def add(self, update: SentUpdate) -> None:
        with self._lock:
            self.updates[update.key] = update

    def acknowledged(self) -> set[UpdateKey]:
        with self._lock:
            return {key for key, update in self.updates.items() if update.is_acknowledged}

    def days(self, update: SentUpdate) -> set[date]:
        """Return the days on which an update may be: several if it has no plausible time."""
        days = {update.copied_to} if update.copied_to else set[date]()
        days.update(self._arrival_day(update, moment) for moment in update.queued)
        for moment in update.arrivals:
            for seconds in self.wrong_by:
                days.add(self._arrival_day(update, moment + timedelta(seconds=seconds)))
        if update.landings and update.event_second is not None:
            days.add(self._event_day(update.event_second))
        elif update.landings:
            days.update(map(self.day_of, update.landings))
        return days

    def may_be_on(self, update: SentUpdate, day: date) -> bool:
        days = self.days(update)
        return day in days or (update.may_be_later and day > min(days))

    def certain_messages(self) -> dict[date, set[UpdateKey]]:
        """Return the messages whose day is certain, by day."""
        found: dict[date, set[UpdateKey]] = {}
        for key, update in self.updates.items():
            days = self.days(update)
            is_counted = update.is_message and update.is_acknowledged
            is_certain = len(days) == 1 and not self._may_be_too_late(update)
            if is_counted and is_certain and key not in self.contested:
                found.setdefault(min(days), set()).add(key)
        return found

    def _may_be_too_late(self, update: SentUpdate) -> bool:
        """Return whether it may have been stored when its time was not plausible any more."""
        second = update.event_second or 0
        return update.may_be_later and self._last.timestamp() - second > MAX_AGE.total_seconds()

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def _arrival_day(self, update: SentUpdate, arrival: datetime) -> date:
        if update.event_second is not None:
            event = datetime.fromtimestamp(update.event_second, UTC)
            if arrival - MAX_AGE <= event <= arrival + MAX_LEAD:
                return self._event_day(update.event_second)
        return self.day_of(arrival)

    def _event_day(self, second: int) -> date:
        return self.day_of(datetime.fromtimestamp(second, UTC))
