"""Which runs are asked for to build days that are due: together as long as none of them failed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from tg_pipeline.builds.staleness import ONE_DAY
from tg_pipeline.defs.partitions import runs_of
from tg_pipeline.defs.tried_days import DueDay, TriedDays

MOST_TRIED: Final = 366
"""Days that are asked for and not seen built, at a time: some 20 kB of a sensor's cursor."""

MOST_VAIN_RUNS: Final = 40
"""Runs of single days that may have failed: where one fault fails all days, it fails no more runs.
The eight days that are watched take 32 until each is given up."""

Span = tuple[date, date]
"""A first and a last day, both included."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask for."""

    due: frozenset[date]
    """The days that a build would change."""
    spans: list[Span]
    """The runs to ask for now, without those that would go side by side."""
    tried: TriedDays
    """The days asked for, now or before."""


def plan(due: Collection[DueDay], behind: Collection[DueDay], tried: TriedDays) -> Plan:
    """Give the runs for the days that are `due`, and for those `behind` that they decide about.

    A day that failed is asked for alone, so that it holds up no other. The day behind it is left
    as it is meanwhile: it becomes due by itself once the day before it is built.
    """
    tried = tried.still_due(due)
    together = _never_tried(due, behind, tried)
    again = tried.to_try_again()[: max(MOST_VAIN_RUNS - tried.vain_runs, 0)]
    room = max(MOST_TRIED - len(tried.days), 0)
    spans = apart([*runs_of(sorted(together)[:room]), *((day, day) for day in again)])
    asked = [each for each in (*due, *behind) if _is_in(each.day, spans)]
    every = frozenset(each.day for each in due) | together
    return Plan(every, spans, tried.and_asked(asked))


def _never_tried(
    due: Collection[DueDay], behind: Collection[DueDay], tried: TriedDays
) -> frozenset[date]:
    new = frozenset(each.day for each in due if each.day not in tried.days)
    return new | {each.day for each in behind if each.day - ONE_DAY in new}


def apart(spans: Collection[Span]) -> list[Span]:
    """Give the spans, ascending, without those beside one that comes before: they come next time.

    Runs of neighbouring days would not see each other's rows.
    """
    kept: list[Span] = []
    for first, last in spans:
        if all(first - end > ONE_DAY or begin - last > ONE_DAY for begin, end in kept):
            kept.append((first, last))
    return sorted(kept)


def _is_in(day: date, spans: Collection[Span]) -> bool:
    return any(first <= day <= last for first, last in spans)
