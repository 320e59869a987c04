"""The kinds of charts, each drawn from typed rows, with time axes grouped by day, week or month."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeAlias, TypeVar

import altair as alt

from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import Period, ReportData, bucket_end, bucket_of, grain_of
from tg_pipeline.report.theme import CHART_PIXELS, CONFIG, HEAT, PAPER

Spec: TypeAlias = dict[str, Any]
"""A chart in Vega-Lite."""

Row = TypeVar("Row")

ROWS: Final = alt.NamedData(name="rows")
"""The name of a chart's rows in its specification."""

TICKS: Final = 4

WHOLE_NUMBERS: Final = "datum.value % 1 ? '' : datum.label"
"""Hides fractions: for a single message Vega would label the axis in halves."""

MIN_GAP: Final = 0.25
"""The gap between bars, as a share of a bar's place."""

ONE_BAR: Final = 0.07
"""The share of the axis that one bar fills: a few bars would be blocks otherwise."""

MAX_LABELS: Final = 6
"""Labels that fit the axis of a chart on a phone."""

DAYS_WITHOUT_YEAR: Final = 330
"""Days in a period up to which its labels are unique without the year."""

HOURS_LABELLED: Final = 3
"""Every third hour has a label below the heat map."""

ROW_PIXELS: Final = 26
"""The height of a row of a heat map."""

PALE: Final = 0.3
"""The opacity within the outline of a mark whose days are not all in the period and over."""


@dataclass(frozen=True, slots=True)
class BarRow:
    """A bar, or a segment of a stacked bar."""

    at: str
    """The label of its place on the time axis."""
    count: int
    color: str
    order: int
    """The position in the stack, 0 at the bottom."""
    tip: str
    fill: float = 1
    """The opacity within its outline; PALE if it is incomplete."""


@dataclass(frozen=True, slots=True)
class PointRow:
    """A point of a line."""

    at: str
    count: float
    color: str
    tip: str
    fill: float = 1


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A cell of a heat map."""

    column: str
    row: str
    opacity: float
    text: str
    text_color: str
    tip: str


@dataclass(frozen=True, slots=True)
class RangeRow:
    """A range with a point at its lower end."""

    at: str
    series: str
    low: float
    high: float
    color: str
    tip: str
    fill: float = 1


@dataclass(frozen=True, slots=True)
class TimeBucket:
    """A place on the time axis: its first day, and its label."""

    first: date
    label: str
    is_complete: bool
    """Whether all its days are in the period and over."""

    @property
    def fill(self) -> float:
        """The opacity of its marks."""
        return fill_of(is_complete=self.is_complete)


def fill_of(*, is_complete: bool) -> float:
    """Return the opacity of marks that are complete or not."""
    return 1 if is_complete else PALE


def group_by_time(
    rows: Iterable[Row], day_of: Callable[[Row], date], data: ReportData, fmt: Formatter
) -> list[tuple[TimeBucket, list[Row]]]:
    """Return the rows of each bucket of the report's period, ascending, empty buckets included."""
    period, grain = data.period, grain_of(data.period)
    groups: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        groups[bucket_of(day_of(row), grain)].append(row)
    days = (period.first + timedelta(days=number) for number in range(period.days))
    firsts = dict.fromkeys(bucket_of(day, grain) for day in days)
    return [
        (
            TimeBucket(
                first,
                axis_label(first, period, fmt),
                data.is_complete(first, bucket_end(first, grain)),
            ),
            groups[first],
        )
        for first in firsts
    ]


def axis_label(day: date, period: Period, fmt: Formatter) -> str:
    """Return a label that is unique among the days of a period."""
    return fmt.axis_day(day) if period.days <= DAYS_WITHOUT_YEAR else fmt.axis_date(day)


def shown_labels(labels: Sequence[str]) -> Sequence[str]:
    """Return the labels that are written on the axis."""
    step = -(-len(labels) // MAX_LABELS) or 1
    return labels[::step]


def time_bars(rows: Sequence[BarRow]) -> Spec:
    """Build a bar chart over time; segments are stacked, negative ones downwards."""
    chart = (
        alt.Chart(ROWS)
        .mark_bar(strokeWidth=1)
        .encode(
            x=_time_axis([row.at for row in rows]),
            y=count_axis(),
            color=_row_color(),
            stroke=alt.Stroke("color:N", scale=None),
            # The outline of an empty bar would be a line.
            strokeOpacity=alt.condition("datum.count != 0", alt.value(1), alt.value(0)),
            fillOpacity=_fill(),
            order="order:Q",
            tooltip="tip:N",
        )
    )
    return _to_spec(chart, rows)


def time_lines(rows: Sequence[PointRow]) -> Spec:
    """Build a line chart over time, with one line per colour."""
    base = alt.Chart(ROWS).encode(
        x=_time_axis([row.at for row in rows]), y=count_axis(stack=False), color=_row_color()
    )
    lines = base.mark_line(strokeWidth=1.75)
    points = base.mark_circle(size=22, opacity=1, strokeWidth=1).encode(
        stroke=alt.Stroke("color:N", scale=None), fillOpacity=_fill(), tooltip="tip:N"
    )
    return _to_spec(alt.layer(lines, points), rows)


def heat_map(cells: Sequence[HeatCell], every: int = 1) -> Spec:
    """Build a heat map of one colour with varying opacity; every n-th column has a label."""
    columns, lines = _unique([c.column for c in cells]), _unique([c.row for c in cells])
    base = alt.Chart(ROWS).encode(
        x=alt.X(
            "column:N",
            sort=columns,
            title=None,
            axis=bare_axis(labelAngle=0, values=columns[::every]),
        ),
        y=alt.Y("row:N", sort=lines, title=None, axis=bare_axis()),
        tooltip="tip:N",
    )
    fields = base.mark_rect(color=HEAT, stroke=PAPER, strokeWidth=1).encode(
        opacity=alt.Opacity("opacity:Q", scale=None)
    )
    texts = base.mark_text(fontSize=11).encode(
        text="text:N", color=alt.Color("text_color:N", scale=None)
    )
    has_text = any(cell.text for cell in cells)
    chart = alt.layer(fields, texts) if has_text else fields
    return _to_spec(chart, cells, height=ROW_PIXELS * len(lines))


def time_ranges(rows: Sequence[RangeRow], marks: Sequence[tuple[float, str]]) -> Spec:
    """Build a chart of ranges on a logarithmic axis with `marks`: values and their labels."""
    base = alt.Chart(ROWS).encode(
        x=_time_axis([row.at for row in rows]),
        xOffset=alt.XOffset("series:N"),
        color=_row_color(),
        tooltip="tip:N",
    )
    scale = alt.Scale(type="log", domain=[marks[0][0], marks[-1][0]], nice=False, clamp=True)
    axis = alt.Axis(values=[value for value, _ in marks], labelExpr=_label_expression(marks))
    low = alt.Y("low:Q", title=None, scale=scale, axis=axis)
    lines = base.mark_rule(strokeWidth=3, opacity=0.45).encode(y=low, y2="high:Q")
    ends = base.mark_tick(thickness=3, size=9, orient="horizontal").encode(
        y=alt.Y("high:Q", title=None, scale=scale, axis=axis)
    )
    points = base.mark_circle(size=60, opacity=1, strokeWidth=1).encode(
        y=low, stroke=alt.Stroke("color:N", scale=None), fillOpacity=_fill()
    )
    return _to_spec(alt.layer(lines, ends, points), rows, height=CHART_PIXELS + 40)


def count_axis(*, stack: bool = True) -> alt.Y:
    """Build a vertical axis of whole numbers, stacked or not."""
    axis = alt.Axis(tickCount=TICKS, format=",d", labelExpr=WHOLE_NUMBERS)
    return alt.Y("count:Q", title=None, axis=axis, stack="zero" if stack else None)


def bare_axis(**options: Any) -> alt.Axis:
    """Build an axis of labels only."""
    return alt.Axis(domain=False, ticks=False, labelOverlap=True, **options)


def _time_axis(labels: Sequence[str]) -> alt.X:
    """Build a horizontal axis of the labels in their order, some of them written."""
    order = _unique(labels)
    axis = alt.Axis(labelAngle=0, values=shown_labels(order), labelOverlap=True, ticks=False)
    gap = max(MIN_GAP, 1 - ONE_BAR * len(order))
    scale = alt.Scale(domain=order, paddingInner=gap, paddingOuter=gap / 2)
    return alt.X("at:N", sort=order, title=None, axis=axis, scale=scale)


def _fill() -> alt.FillOpacity:
    return alt.FillOpacity("fill:Q", scale=None)


def _row_color() -> alt.Color:
    return alt.Color("color:N", scale=None)


def _label_expression(marks: Sequence[tuple[float, str]]) -> str:
    """Return a Vega expression that writes each value as its label."""
    names = "".join(f"datum.value == {value} ? '{name}' : " for value, name in marks)
    return f"{names}''"


def _unique(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _to_spec(chart: Any, rows: Sequence[Any], height: int = CHART_PIXELS) -> Spec:
    """Return a chart with its rows, as wide as its container."""
    spec = chart.properties(width="container", height=height).to_dict()
    # Altair would inspect each value of each row if it was given the rows; these have types.
    return {**spec, "datasets": {ROWS.name: [asdict(row) for row in rows]}, "config": CONFIG}
