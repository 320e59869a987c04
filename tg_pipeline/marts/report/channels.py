"""What charts have in common: how time, counts and colours are put on paper."""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from tg_pipeline.marts.report.time_axis import labelled

TICKS: Final = 4

WHOLE_ONLY: Final = "datum.value % 1 ? '' : datum.label"
"""Half a message is no label: of one message Vega would make an axis in halves."""

LEAST_ROOM: Final = 0.25
"""Between bars, as a share of their place."""

FILLED_BY_ONE: Final = 0.07
"""What one bar fills of the axis: four of them would else be blocks."""


def time_channel(labels: Sequence[str]) -> alt.X:
    """Put days or weeks side by side in the order they come, with labels for some of them."""
    order = unique(labels)
    axis = alt.Axis(labelAngle=0, values=labelled(order), labelOverlap=True, ticks=False)
    room = max(LEAST_ROOM, 1 - FILLED_BY_ONE * len(order))
    scale = alt.Scale(domain=order, paddingInner=room, paddingOuter=room / 2)
    return alt.X("at:N", sort=order, title=None, axis=axis, scale=scale)


def count_channel(*, stack: bool = True) -> alt.Y:
    """Put whole numbers on the upright axis, one upon the other or each by itself."""
    axis = alt.Axis(tickCount=TICKS, format=",d", labelExpr=WHOLE_ONLY)
    return alt.Y("count:Q", title=None, axis=axis, stack="zero" if stack else None)


def own_color() -> alt.Color:
    """Give each mark the colour that its row names."""
    return alt.Color("color:N", scale=None)


def bare_axis(**options: Any) -> alt.Axis:
    """Give an axis of labels only."""
    return alt.Axis(domain=False, ticks=False, labelOverlap=True, **options)


def written_as(marks: Sequence[tuple[float, str]]) -> str:
    """Give an expression of Vega that writes each value by its name."""
    names = "".join(f"datum.value == {value} ? '{name}' : " for value, name in marks)
    return f"{names}''"


def unique(values: Sequence[str]) -> list[str]:
    """Give the values without repeats, in the order they come."""
    return list(dict.fromkeys(values))
