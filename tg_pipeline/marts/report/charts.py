"""The charts, each of a small typed table: what is drawn, and the line that a pointer brings up."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final, TypeAlias

import altair as alt

from tg_pipeline.marts.report.channels import (
    bare_axis,
    count_channel,
    own_color,
    time_channel,
    unique,
    written_as,
)
from tg_pipeline.marts.report.marks import Heat, Range, TimeBar, TimePoint
from tg_pipeline.marts.report.theme import CHART_PIXELS, CONFIG, HEAT, PAPER

Spec: TypeAlias = dict[str, Any]
"""A chart in Vega-Lite."""

ROWS: Final = alt.NamedData(name="rows")
"""Where a chart finds its rows."""

HOURS_LABELLED: Final = 3
"""Every third hour is written below the heat map."""

ROW_PIXELS: Final = 26
"""The height of a row of a heat map."""


def time_bars(rows: Sequence[TimeBar]) -> Spec:
    """Draw bars over time; parts of the same bar stand on each other, negative ones hang."""
    chart = (
        alt.Chart(ROWS)
        .mark_bar()
        .encode(
            x=time_channel([row.at for row in rows]),
            y=count_channel(),
            color=own_color(),
            order="order:Q",
            tooltip="tip:N",
        )
    )
    return _finished(chart, rows)


def time_lines(rows: Sequence[TimePoint]) -> Spec:
    """Draw a line for each colour."""
    chart = (
        alt.Chart(ROWS)
        .mark_line(point={"filled": True, "size": 22, "opacity": 1}, strokeWidth=1.75)
        .encode(
            x=time_channel([row.at for row in rows]),
            y=count_channel(stack=False),
            color=own_color(),
            tooltip="tip:N",
        )
    )
    return _finished(chart, rows)


def heat_map(rows: Sequence[Heat], every: int = 1) -> Spec:
    """Draw fields of one colour, more or less of it; every so many columns has a label."""
    columns, lines = unique([r.column for r in rows]), unique([r.row for r in rows])
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
    has_text = any(row.text for row in rows)
    drawn = alt.layer(fields, texts) if has_text else fields
    return _finished(drawn, rows, height=ROW_PIXELS * len(lines))


def time_ranges(rows: Sequence[Range], marks: Sequence[tuple[float, str]]) -> Spec:
    """Draw ranges on a logarithmic axis that has `marks`: values, and how they are written."""
    base = alt.Chart(ROWS).encode(
        x=time_channel([row.at for row in rows]),
        xOffset=alt.XOffset("series:N"),
        color=own_color(),
        tooltip="tip:N",
    )
    scale = alt.Scale(type="log", domain=[marks[0][0], marks[-1][0]], nice=False, clamp=True)
    axis = alt.Axis(values=[value for value, _ in marks], labelExpr=written_as(marks))
    low = alt.Y("low:Q", title=None, scale=scale, axis=axis)
    lines = base.mark_rule(strokeWidth=3, opacity=0.45).encode(y=low, y2="high:Q")
    ends = base.mark_tick(thickness=3, size=9, orient="horizontal").encode(
        y=alt.Y("high:Q", title=None, scale=scale, axis=axis)
    )
    points = base.mark_circle(size=60, opacity=1).encode(y=low)
    return _finished(alt.layer(lines, ends, points), rows, height=CHART_PIXELS + 40)


def _finished(chart: Any, rows: Sequence[Any], height: int = CHART_PIXELS) -> Spec:
    """Give a chart with its rows, as wide as its place on the page."""
    drawn = chart.properties(width="container", height=height).to_dict()
    # Altair looks at each value of each row where the rows are given to it; ours have types.
    return {**drawn, "datasets": {ROWS.name: [asdict(row) for row in rows]}, "config": CONFIG}
