"""How often each day that is due was asked for: a broken day is given up by itself, no other."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

import msgspec

ATTEMPTS: Final = 5
"""Runs asked for one and the same landing of a day: what fails five times needs a person."""


class DueDay(NamedTuple):
    """A day that a build would change."""

    day: date
    listing: str
    """The fingerprint of what has landed."""
    built: str | None
    """The listing that its tables were built from last; None where they are not of one piece."""


class Tried(msgspec.Struct, frozen=True, array_like=True):
    """How often a day that is still due was asked for."""

    listing: str
    runs: int
    """Asked for with this listing."""
    in_all: int
    """Asked for since the day is due, whatever landed meanwhile."""


@dataclass(frozen=True, slots=True)
class TriedDays:
    """The days that were asked for and not seen built since: what a sensor's cursor keeps."""

    days: dict[date, Tried] = field(default_factory=dict)

    @property
    def vain_runs(self) -> int:
        """Give how many runs failed of days that had failed before, as they are now."""
        return sum(max(tried.runs - 1, 0) for tried in self.days.values())

    def to_try_again(self) -> list[date]:
        """Give the days that are not given up, those asked for least first."""
        left = [day for day, tried in self.days.items() if tried.runs < ATTEMPTS]
        return sorted(left, key=lambda day: (self.days[day].in_all, day))

    def still_due(self, due: Iterable[DueDay]) -> "TriedDays":
        """Forget the days that were built; what landed since on any other has its own attempts."""
        known = [(each, self.days[each.day]) for each in due if each.day in self.days]
        return TriedDays(
            {each.day: _as_it_is(tried, each) for each, tried in known if not _worked(tried, each)}
        )

    def and_asked(self, asked: Iterable[DueDay]) -> "TriedDays":
        """Count one run more of each of the days."""
        return TriedDays(self.days | {each.day: self._once_more(each) for each in asked})

    def _once_more(self, each: DueDay) -> Tried:
        tried = self.days.get(each.day, Tried(each.listing, 0, 0))
        return Tried(each.listing, tried.runs + 1, tried.in_all + 1)

    def as_cursor(self) -> str:
        """Give it as text."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, text: str) -> "TriedDays":
        """Read a text; one that is empty, older than this form, or damaged knows of nothing."""
        try:
            return msgspec.json.decode(text or "{}", type=cls)
        except msgspec.MsgspecError:
            return cls()


def _worked(tried: Tried, now: DueDay) -> bool:
    """Say whether the run worked, and the day is due only since something landed after it."""
    return tried.listing != now.listing and tried.listing == now.built


def _as_it_is(tried: Tried, now: DueDay) -> Tried:
    return tried if tried.listing == now.listing else Tried(now.listing, 0, tried.in_all)
