"""Which marts are due: not built yet, or built from what has changed since."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial

from tg_pipeline.builds.mart_source import Part, footer_of, mart_source, parts_read, says
from tg_pipeline.builds.source import SOURCE
from tg_pipeline.lake.lake import Lake, Written
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import DAILY_MARTS, WHOLE_MARTS
from tg_pipeline.marts.mart import Mart

Due = dict[date | None, dict[str, str]]
"""Days to make, each with what its footer will say of what it is made of."""

Kept = dict[date | None, Written]
"""Days that stand, each with what it holds."""


def days_without_marts(lake: Lake, days: Iterable[date]) -> list[date]:
    """Give those of the days that have enriched_updates, and a daily mart not made of it."""
    due, asked = set(), list(days)
    enriched = lake.footers(ENRICHED_UPDATES.name, asked)
    for mart in DAILY_MARTS:
        standing = lake.footers(mart.name, asked)
        for day, source, footer in zip(asked, enriched, standing, strict=True):
            expected = {SOURCE: mart_source(mart, [Part(ENRICHED_UPDATES, day, source)])}
            if source and not says(footer, expected):
                due.add(day)
    return sorted(due)


def due_and_kept(
    lake: Lake, mart: Mart, days: Sequence[date | None], timezone: str
) -> tuple[Due, Kept]:
    """Tell the days of a mart that are to be made from those that are made of their sources."""
    parts = lake.side_by_side(partial(parts_read, lake, mart), days)
    due, kept = {}, {}
    for day, read, footer in zip(days, parts, lake.footers(mart.name, days), strict=True):
        expected = footer_of(mart, read, timezone)
        if footer is not None and says(footer, expected):
            kept[day] = Written(footer.rows, footer.bytes)
        else:
            due[day] = expected
    return due, kept


def whole_marts_are_due(lake: Lake, timezone: str) -> bool:
    """Say whether a mart of all days is not made of its sources, by the clocks of `timezone`."""
    return any(due_and_kept(lake, mart, [None], timezone)[0] for mart in WHOLE_MARTS)
