"""Whether a digest would tell the truth yet: zeros of a day that was never built are none."""

from datetime import date

from tg_pipeline.builds.marts import cumulative_marts_are_stale, days_with_stale_marts
from tg_pipeline.builds.report_facts import Subject
from tg_pipeline.builds.staleness import day_states
from tg_pipeline.lake.landing_zone import iter_days
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.marts.digest.edition import Edition


class NotBuiltError(Exception):
    """What a digest is made of is not built; the message says what, and what to do."""


def why_not_ready(subject: Subject, edition: Edition) -> str | None:
    """Give why there can be no digest yet; None where there can.

    A day on which nothing landed need not be built, but for the last one: a lake that ends before
    it may be one that nobody builds any more.
    """
    days = list(iter_days(edition.period.first, edition.period.last))
    if not subject.lake.footer(ENRICHED_UPDATES.name, days[-1]):
        return _never_built(days[-1])
    states = day_states(subject.landing, subject.lake, days)
    missing = [state.day for state in states if state.has_something and not state.is_complete]
    if missing:
        return _never_built(missing[0])
    is_a_day_behind = bool(days_with_stale_marts(subject.lake, days, subject.zone))
    if is_a_day_behind or cumulative_marts_are_stale(subject.lake, subject.zone):
        return "The marts are older than the updates: tg-pipeline run brings them up to date."
    return None


def _never_built(day: date) -> str:
    return f"{day} is not built: tg-pipeline run --date {day} builds it."
