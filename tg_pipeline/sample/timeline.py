"""The number and times of updates over weeks, days and hours; a seeded random generator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate, pairwise
from random import Random
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")


class SeededRandom:
    """A random generator with the same results on every Python version.

    It uses only `random()` and `getrandbits()`, which Python guarantees not to change between
    versions; `choice`, `shuffle` and `sample` may.
    """

    __slots__ = ("bits", "fraction")

    def __init__(self, seed: str) -> None:
        """Seed the generator; a string is hashed by SHA-512, not by `hash()`."""
        source = Random(seed)
        self.fraction = source.random
        self.bits = source.getrandbits

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, all equally likely."""
        return options[int(self.fraction() * len(options))]

    def pick_common(self, options: Sequence[T]) -> T:
        """Return one of the options, the first ones more often: so that some are the most common.

        Of 40 options, the first is picked in 12 % of the cases, the tenth in 4 %, and the first ten
        in 60 %: in what people really write to bots, ten intents of 20 to 60 have 50 to 90 %.
        """
        return options[int(self.fraction() * self.fraction() * len(options))]

    def happens(self, probability: float) -> bool:
        """Return True with the probability (0 to 1)."""
        return self.fraction() < probability

    def between(self, low: int, high: int) -> int:
        """Return an integer from low to high, both included."""
        return low + int(self.fraction() * (high - low + 1))

    def soon(self, least: float, most: float) -> float:
        """Return seconds from least to most, mostly near the least, like human reactions."""
        # A product and not a logarithm: libm may round logarithms differently elsewhere.
        draw = self.fraction()
        return least + (most - least) * draw * draw * draw

    def query_id(self) -> str:
        """Return an id as queries, polls and albums have it: an int64 in decimal."""
        return str(self.bits(62) | 1 << 61)

    def file_ids(self) -> tuple[str, str]:
        """Return a `file_id` and a `file_unique_id`."""
        return f"AgACAgEAAxkB{self.bits(160):040x}", f"AQAD{self.bits(48):012x}"


WEEK: Final = (1.10, 1.12, 1.12, 1.08, 1.03, 0.80, 0.75)
"""Size of a day relative to the mean, Monday first; the mean of the seven is 1."""

LEVELLED_DAYS: Final = 14
"""A shorter sample is scaled so that it keeps its mean even if it begins on a Sunday. From two
weeks on the days are not scaled, so that a longer sample begins like a shorter one."""

DAILY_SWING: Final = 0.02
"""A day is larger or smaller than its weekday by up to this share."""

# Weights of the hours 0 to 23: quiet nights, a peak before lunch and a higher one after dinner.
NIGHT_AND_MORNING: Final = (14, 7, 4, 2, 2, 4, 12, 28, 48, 66, 80, 84)
AFTERNOON_AND_EVENING: Final = (60, 56, 62, 62, 58, 54, 62, 80, 94, 90, 62, 32)
CURVE: Final = NIGHT_AND_MORNING + AFTERNOON_AND_EVENING


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of a local day: begin and end in Unix seconds, and its number of updates."""

    begin: float
    end: float
    updates: int


def instant(day: date, hour: int, zone: ZoneInfo, minute: int = 0) -> float:
    """Return the Unix seconds of a local time; hour 24 is the midnight that ends the day."""
    day, hour = (day + timedelta(days=1), 0) if hour == len(CURVE) else (day, hour)
    return datetime.combine(day, time(hour, minute), zone).timestamp()


def day_sizes(
    start: date, days: int, per_day: int, rng: SeededRandom
) -> Iterator[tuple[date, int]]:
    """Yield each day with its number of updates: at least one, `per_day` on average."""
    calendar = [start + timedelta(days=index) for index in range(min(days, LEVELLED_DAYS))]
    level = len(calendar) / sum(WEEK[day.weekday()] for day in calendar)
    for index in range(days):
        day = start + timedelta(days=index)
        swing = 1 + DAILY_SWING * (2 * rng.fraction() - 1)
        expected = per_day * level * WEEK[day.weekday()] * swing
        yield day, max(1, int(expected + rng.fraction()))


def hours(day: date, updates: int, zone: ZoneInfo, rng: SeededRandom) -> Iterator[Hour]:
    """Yield the hours of a local day, with its updates distributed by CURVE.

    An hour skipped by the clocks gets none; a day skipped by the calendar has no hours.
    """
    spans = list(pairwise(_bounds(day, zone)))
    weights = [
        weight if end > begin else 0 for (begin, end), weight in zip(spans, CURVE, strict=True)
    ]
    shift, total, assigned = rng.fraction(), sum(weights), 0
    for (begin, end), so_far in zip(spans, accumulate(weights), strict=True):
        if end > begin:
            # The shift of the day keeps a lone update from falling on the same hour every day.
            due = updates if so_far == total else int(updates * so_far / total + shift)
            due = min(due, updates)
            yield Hour(begin, end, due - assigned)
            assigned = due


def _bounds(day: date, zone: ZoneInfo) -> list[float]:
    nominal = [instant(day, hour, zone) for hour in range(len(CURVE), -1, -1)]
    # A local time inside a gap of the clocks lies after the gap's end: it is brought back to it.
    return list(accumulate(nominal, min))[::-1]


def moments(hour: Hour, rng: SeededRandom) -> list[float]:
    """Return the times of an hour's updates, in Unix seconds, ascending."""
    span = hour.end - hour.begin
    return sorted(hour.begin + span * rng.fraction() for _ in range(hour.updates))
