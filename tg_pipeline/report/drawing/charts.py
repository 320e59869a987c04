"""The kinds of charts, each drawn from typed rows, with time axes grouped by day, week or month."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

from tg_pipeline.report.drawing.theme import CHART_PIXELS, DESCENT_PIXELS, HEAT, PAPER, chart_config
from tg_pipeline.report.drawing.vega import (
    ROWS,
    TIP,
    Spec,
    at,
    band_scale,
    bare_axis,
    count_axis,
    count_scale,
    field,
    mark,
    rows_data,
    stacked,
    value_axis,
)
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import Period, ReportData, bar_grain, bucket_end, bucket_of

_Dated = TypeVar("_Dated")

CONTAINER_WIDTH: Final = "containerSize()[0]"
"""A Vega expression: the width of the element that a chart is drawn in."""

MIN_GAP: Final = 0.25
"""The gap between bars, as a share of a bar's place."""

ONE_BAR: Final = 0.07
"""The share of the axis that one bar fills: a few bars would be blocks otherwise."""

MAX_LABELS: Final = 6
"""Labels that fit the axis of a chart on a phone."""

DAYS_WITHOUT_YEAR: Final = 330
"""Days in a period up to which its labels are unique without the year."""

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
    """A place on the time axis: its label, and its name in a table."""

    label: str
    name: str
    """Its first day, with the weekday."""
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
    rows: Iterable[_Dated], day_of: Callable[[_Dated], date], data: ReportData, fmt: Formatter
) -> list[tuple[TimeBucket, list[_Dated]]]:
    """Return the rows of each bucket of the report's period, ascending, empty buckets included."""
    period, grain = data.period, bar_grain(data.period)
    groups: dict[date, list[_Dated]] = defaultdict(list)
    for row in rows:
        groups[bucket_of(day_of(row), grain)].append(row)
    days = (period.first + timedelta(days=number) for number in range(period.days))
    firsts = dict.fromkeys(bucket_of(day, grain) for day in days)
    return [
        (
            TimeBucket(
                axis_label(first, period, fmt),
                day_name(first, period, fmt),
                data.is_complete(first, bucket_end(first, grain)),
            ),
            groups[first],
        )
        for first in firsts
    ]


def axis_label(day: date, period: Period, fmt: Formatter) -> str:
    """Return a label that is unique among the days of a period."""
    return fmt.axis_day(day) if period.days <= DAYS_WITHOUT_YEAR else fmt.axis_date(day)


def day_name(day: date, period: Period, fmt: Formatter) -> str:
    """Return the name of a day, unique among the days of a period."""
    return fmt.day(day) if period.days <= DAYS_WITHOUT_YEAR else fmt.weekday_date(day)


def shown_labels(labels: Sequence[str]) -> Sequence[str]:
    """Return the labels that are written on the axis."""
    step = -(-len(labels) // MAX_LABELS) or 1
    return labels[::step]


def time_bars(rows: Sequence[BarRow]) -> Spec:
    """Build a bar chart over time; segments are stacked, negative ones downwards."""
    labels = _unique(row.at for row in rows)
    bars = mark(
        "rect",
        {
            "x": at("x", "at"),
            "width": {"scale": "x", "band": 1},
            "y": at("y", "count_end"),
            "y2": at("y", "count_start"),
            **_outlined(),
            # The outline of an empty bar would be a line.
            "strokeOpacity": [{"test": "datum.count != 0", "value": 1}, {"value": 0}],
        },
    )
    return _chart(
        rows_data(rows, stacked("count", "at", "order")),
        [_time_scale(labels), count_scale("count_start", "count_end")],
        [count_axis(), _time_axis(labels)],
        [bars],
    )


def time_lines(rows: Sequence[PointRow]) -> Spec:
    """Build a line chart over time, with one line per colour."""
    labels = _unique(row.at for row in rows)
    place = {"x": at("x", "at"), "y": at("y", "count")}
    line = mark("line", {**place, "stroke": field("color"), "strokeWidth": 1.75}, "line")
    facet = {"name": "line", "data": ROWS, "groupby": ["color"]}
    points = mark("symbol", {**place, "size": 22, **_outlined()})
    gap = _time_scale(labels)["paddingOuter"]
    return _chart(
        rows_data(rows),
        [
            {**band_scale(labels), "type": "point", "padding": 0.5, "paddingOuter": gap},
            count_scale("count"),
        ],
        [count_axis(), _time_axis(labels)],
        [{"type": "group", "from": {"facet": facet}, "marks": [line]}, points],
    )


def heat_map(cells: Sequence[HeatCell]) -> Spec:
    """Build a heat map of one colour with varying opacity, with a text in each cell."""
    columns, lines = _unique(cell.column for cell in cells), _unique(cell.row for cell in cells)
    places = mark(
        "rect",
        {
            "x": at("x", "column"),
            "width": {"scale": "x", "band": 1},
            "y": at("y", "row"),
            "height": {"scale": "y", "band": 1},
            "fill": HEAT,
            "stroke": PAPER,
            "strokeWidth": 1,
            "opacity": field("opacity"),
            "tooltip": TIP,
        },
    )
    texts = mark(
        "text",
        {
            "x": at("x", "column", band=0.5),
            "y": at("y", "row", band=0.5),
            "align": "center",
            "baseline": "middle",
            "fontSize": 11,
            "fill": field("text_color"),
            "text": field("text"),
            "tooltip": TIP,
        },
    )
    return _chart(
        rows_data(cells),
        [band_scale(columns), band_scale(lines, name="y")],
        [bare_axis("x"), bare_axis("y")],
        [places, texts],
        height=ROW_PIXELS * len(lines),
    )


def time_ranges(rows: Sequence[RangeRow], marks: Sequence[tuple[float, str]]) -> Spec:
    """Build a chart of ranges on a logarithmic axis with `marks`: values and their labels."""
    labels = _unique(row.at for row in rows)
    values = [value for value, _ in marks]
    series = {
        "name": "series",
        "type": "band",
        "domain": sorted({row.series for row in rows}),
        "range": [0, {"signal": "bandwidth('x')"}],
    }
    height = {"name": "y", "type": "log", "domain": [values[0], values[-1]], "range": "height"}
    x = at("x", "at", offset=at("series", "series", band=0.5))
    low, high = at("y", "low"), at("y", "high")
    tip, color = {"tooltip": TIP}, field("color")
    line = {"x": x, "y": low, "y2": high, "stroke": color, "strokeWidth": 3, "opacity": 0.45}
    end = {"xc": x, "width": 9, "yc": high, "height": 3, "fill": color, "opacity": 0.7}
    return _chart(
        rows_data(rows),
        [_time_scale(labels), {**height, "clamp": True}, series],
        [
            value_axis(_label_expression(marks), values=values, labelOverlap="greedy"),
            _time_axis(labels),
        ],
        [
            mark("rule", line | tip),
            mark("rect", end | tip),
            mark("symbol", {"x": x, "y": low, "size": 60, **_outlined()}),
        ],
        height=CHART_PIXELS + 40,
    )


def _time_scale(labels: Sequence[str]) -> Spec:
    return band_scale(labels, max(MIN_GAP, 1 - ONE_BAR * len(labels)))


def _time_axis(labels: Sequence[str]) -> Spec:
    """Build a horizontal axis of the labels in their order, some of them written."""
    return {**bare_axis("x", values=shown_labels(labels)), "domain": True}


def _outlined() -> Spec:
    """Build the channels of a mark in the colour of its row, pale within if it is incomplete."""
    color = field("color")
    outline = {"stroke": color, "strokeWidth": 1}
    return {"fill": color, "fillOpacity": field("fill"), **outline, "tooltip": TIP}


def _label_expression(marks: Sequence[tuple[float, str]]) -> str:
    """Return a Vega expression that writes each value as its label."""
    names = "".join(f"datum.value == {value} ? '{name}' : " for value, name in marks)
    return f"{names}''"


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _chart(
    data: Spec,
    scales: Sequence[Spec],
    axes: Sequence[Spec],
    marks: Sequence[Spec],
    height: int = CHART_PIXELS,
) -> Spec:
    """Build a chart that is as wide as its container."""
    events = {"events": "window:resize", "update": CONTAINER_WIDTH}
    return {
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"bottom": DESCENT_PIXELS},
        "height": height,
        "signals": [{"name": "width", "init": CONTAINER_WIDTH, "on": [events]}],
        "data": [data],
        "scales": scales,
        "axes": axes,
        "marks": marks,
        "config": chart_config(),
    }
