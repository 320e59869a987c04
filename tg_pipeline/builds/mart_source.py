"""What a mart is built from: the tables themselves tell which marts are due."""

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from tg_pipeline.builds.source import SOURCE
from tg_pipeline.lake.footer import Footer
from tg_pipeline.lake.lake import Lake
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.mart import Mart, is_daily

TIMEZONE: Final = "timezone"
"""The footer's name for the zone that a mart's days and hours are counted in."""

SOURCE_CHARACTERS: Final = 32
"""Of a SHA-256 in hexadecimal: 128 bits tell any two apart."""


class Part(NamedTuple):
    """A table's day, or a table that has no days, as it stands; without a footer it is missing."""

    table: Table
    day: date | None
    footer: Footer | None


def days_read(lake: Lake, mart: Mart, day: date | None, table: Table) -> list[date | None]:
    """Give the partitions of a source that a mart, or a day of it, is made of."""
    if not is_daily(table):
        return [None]
    return [day] if mart.is_daily else list(lake.days(table.name))


def parts_read(lake: Lake, mart: Mart, day: date | None) -> list[Part]:
    """Give all that a mart, or a day of it, is made of."""
    parts = []
    for table in mart.sources:
        days = days_read(lake, mart, day, table)
        footers = lake.footers(table.name, days)
        parts += [Part(table, *each) for each in zip(days, footers, strict=True)]
    return parts


def mart_source(mart: Mart, parts: Iterable[Part]) -> str:
    """Give a short text that changes when a mart made of `parts` would be another."""
    lines = [mart.recipe]
    for table, day, footer in parts:
        lines.append(f"{table.name} {day} {footer.fingerprint if footer else 'missing'}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:SOURCE_CHARACTERS]


def footer_of(mart: Mart, parts: Iterable[Part], timezone: str) -> dict[str, str]:
    """Give what the footer of a mart says that is made of `parts`, by the clocks of `timezone`."""
    source = {SOURCE: mart_source(mart, parts)}
    return source | ({TIMEZONE: timezone} if mart.needs_timezone else {})


def says(footer: Footer | None, expected: dict[str, str]) -> bool:
    """Say whether a mart stands, and its footer says what is expected."""
    return footer is not None and expected.items() <= footer.metadata.items()
