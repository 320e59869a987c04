"""Which marts are due: not built yet, or built from what has changed since."""

from collections.abc import Iterable
from datetime import date

from tg_pipeline.builds.mart_source import Part, footer_of, mart_source, parts_read, says
from tg_pipeline.builds.source import SOURCE
from tg_pipeline.lake.lake import Lake
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.marts.catalog import DAILY_MARTS, WHOLE_MARTS
from tg_pipeline.marts.mart import Mart


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


def whole_marts_are_due(lake: Lake, timezone: str) -> bool:
    """Say whether a mart of all days is not made of its sources, by the clocks of `timezone`."""
    return any(_is_due(lake, mart, timezone) for mart in WHOLE_MARTS)


def _is_due(lake: Lake, mart: Mart, timezone: str) -> bool:
    expected = footer_of(mart, parts_read(lake, mart, None), timezone)
    return not says(lake.footer(mart.name, None), expected)
