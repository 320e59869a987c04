"""A chart of what was gained and lost over time: members, and people who can be reached."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tg_pipeline.report.drawing.charts import BarRow, TimeBucket, time_bars
from tg_pipeline.report.drawing.theme import ACCENT, SECOND
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.page import (
    LegendItem,
    PageChart,
    PageTable,
    TableColumn,
    bucket_name,
    pale_legend,
)

Change: TypeAlias = tuple[TimeBucket, int, int]
"""A bar's place, what is counted above the line, and what is counted below it."""


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """The words of a chart of changes."""

    label: str
    """The text alternative, with the period."""
    time: TableColumn
    above: str
    below: str
    net: str
    tip: Callable[[str, str, str], str]
    """Returns the tooltip of a bar: of the name of its bucket, and of both numbers."""


def changes_chart(
    name: str, words: ChangeWords, changes: Sequence[Change], fmt: Formatter
) -> PageChart:
    """Build the chart, and a folded table with its numbers; `name` begins the ids of both."""
    heads = (words.above, words.below, words.net)
    columns = [words.time, *(TableColumn(head, is_number=True) for head in heads)]
    rows = [
        [bucket_name(bucket, fmt), fmt.number(above), fmt.number(below), fmt.signed(above - below)]
        for bucket, above, below in changes
        if above or below
    ]
    numbers = PageTable(f"{name}-numbers", words.label, columns, rows, is_folded=True)
    bars = [bar for change in changes for bar in _bars(change, words, fmt)]
    legend = [
        LegendItem("accent", words.above),
        LegendItem("second", words.below),
        *pale_legend((bucket for bucket, *_ in changes), fmt),
    ]
    return PageChart(f"{name}-days", words.label, time_bars(bars), numbers, legend)


def _bars(change: Change, words: ChangeWords, fmt: Formatter) -> Iterator[BarRow]:
    bucket, above, below = change
    tip = words.tip(bucket_name(bucket, fmt), fmt.number(above), fmt.number(below))
    yield BarRow(bucket.label, above, ACCENT, 0, tip, bucket.fill)
    yield BarRow(bucket.label, -below, SECOND, 1, tip, bucket.fill)
