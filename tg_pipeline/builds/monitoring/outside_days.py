"""Landed days that have no partition: before TG_START_DATE, or in the future.

No run builds them. A clock that is wrong by more than a week puts updates there, and so does a
TG_START_DATE that is too late, so everything that finds days to build also names these.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from obstore.store import ObjectStore

from lambda_ingest.landing import MAX_LEAD, TELEGRAM_LAUNCH
from tg_pipeline.lake.floors import Floors
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.zone import list_days, list_objects
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.messages import DEFAULT_LANGUAGE


class OutsideReason(Enum):
    """Why a landed day has no partition."""

    BEFORE_TELEGRAM = "before_telegram"
    """No update is that old: a clock was wrong."""
    BEFORE_START = "before_start"
    """The day is before TG_START_DATE: that is too late, or a clock was wrong."""
    TOMORROW = "tomorrow"
    """A clock is a little fast, which ingestion allows: the day is built once it is over."""
    FUTURE = "future"
    """A clock was wrong, or the clock of this machine is."""


@dataclass(frozen=True, slots=True)
class PartitionRange:
    """The days that have a partition, and whose landed objects are kept."""

    start_date: date
    today: date
    floors: Floors

    def __contains__(self, day: date) -> bool:
        """Return whether a day has a partition."""
        return self.start_date <= day <= self.today

    def outside(self, days: Iterable[date]) -> list[date]:
        """Return the days without a partition, ascending; what retention deletes is left out."""
        return sorted(day for day in days if day not in self and self.floors.allow_build(day))

    def reason(self, day: date) -> OutsideReason:
        """Return why a day has no partition."""
        if day < self.start_date:
            is_real = day >= TELEGRAM_LAUNCH
            return OutsideReason.BEFORE_START if is_real else OutsideReason.BEFORE_TELEGRAM
        is_near = day <= self.today + MAX_LEAD
        return OutsideReason.TOMORROW if is_near else OutsideReason.FUTURE


@dataclass(frozen=True, slots=True)
class OutsideDays:
    """Landed days that have no partition for the same reason."""

    reason: OutsideReason
    first: date
    last: date
    days: int
    objects: int
    start_date: date
    today: date

    @property
    def is_failure(self) -> bool:
        """Whether nothing builds these days unless a person acts."""
        return self.reason is not OutsideReason.TOMORROW

    def describe(self, language: str = DEFAULT_LANGUAGE) -> str:
        """Return what landed where, and what to do, in two sentences."""
        fmt = Formatter(language)
        texts = fmt.messages.outside
        days = str(self.first)
        if self.days > 1:
            days = fmt.plural(self.days, texts.days, first=self.first, last=self.last)
        what, remedy = self._explanation(fmt)
        objects = fmt.plural(self.objects, texts.objects)
        return texts.landed.format(objects=objects, days=days, what=what, remedy=remedy)

    def _explanation(self, fmt: Formatter) -> tuple[str, str]:
        texts = fmt.messages.outside
        absent = fmt.plural(self.objects, texts.absent)
        before = texts.before_start.format(start=self.start_date, absent=absent)
        match self.reason:
            case OutsideReason.BEFORE_TELEGRAM:
                return before, texts.too_old.format(move=texts.move)
            case OutsideReason.BEFORE_START:
                return before, texts.too_early.format(first=self.first, move=texts.move)
            case OutsideReason.TOMORROW:
                return texts.tomorrow, texts.wait
            case OutsideReason.FUTURE:
                future = texts.future.format(today=self.today, absent=absent)
                return future, texts.clocks.format(move=texts.move)


def find_outside_days(
    landing: ObjectStore, lake: Lake, partitions: PartitionRange
) -> list[OutsideDays]:
    """Return the landed days that have no partition, in the order of time; raises StoreError.

    That is one listing, and one more for each such day.
    """
    return count_outside(landing, lake, partitions, list_days(landing))


def count_outside(
    landing: ObjectStore, lake: Lake, partitions: PartitionRange, landed: Iterable[date]
) -> list[OutsideDays]:
    """Return those of the `landed` days that have no partition, with their objects."""
    days = partitions.outside(landed)
    counts = lake.map_concurrent(lambda day: list_objects(landing, day).num_rows, days)
    found = {day: count for day, count in zip(days, counts, strict=True) if count}
    return list(_groups(partitions, found))


def _groups(partitions: PartitionRange, objects: dict[date, int]) -> Iterator[OutsideDays]:
    for reason in OutsideReason:
        days = [day for day in objects if partitions.reason(day) is reason]
        if days:
            yield OutsideDays(
                reason=reason,
                first=days[0],
                last=days[-1],
                days=len(days),
                objects=sum(objects[day] for day in days),
                start_date=partitions.start_date,
                today=partitions.today,
            )
