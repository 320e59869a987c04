"""Parts of Vega specifications, which are data: nothing is compiled, and no chart library imported.

https://vega.github.io/vega/docs/specification/
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, TypeAlias

from babel.numbers import get_decimal_symbol, get_group_symbol

from tg_pipeline.report.formatting import Formatter

Spec: TypeAlias = dict[str, Any]
"""A chart, or a part of one, in Vega."""

ROWS: Final = "rows"
"""The name of a chart's rows."""

TICKS: Final = 4

WHOLE_NUMBERS: Final = "datum.value % 1 ? '' : datum.label"
"""Hides fractions: for a single message Vega would label the axis in halves."""

TIP: Final = {"field": "tip"}


def rows_data(rows: Sequence[Any], *transforms: Spec) -> Spec:
    """Build a chart's data from dataclasses."""
    return {"name": ROWS, "values": [asdict(row) for row in rows], "transform": [*transforms]}


def stacked(field: str, by: str, order: str) -> Spec:
    """Build the transform that stacks a field as its `_start` and its `_end`."""
    ends = [f"{field}_start", f"{field}_end"]
    return {"type": "stack", "field": field, "groupby": [by], "sort": {"field": order}, "as": ends}


def mark(kind: str, channels: Spec, data: str = ROWS) -> Spec:
    """Build a mark of each row; numbers and texts among the channels are constants."""
    encoded = {
        name: value if isinstance(value, dict | list) else {"value": value}
        for name, value in channels.items()
    }
    return {"type": kind, "from": {"data": data}, "encode": {"update": encoded}}


def field(name: str) -> Spec:
    """Build a channel that is the value of a field."""
    return {"field": name}


def at(scale: str, name: str, **more: Any) -> Spec:
    """Build a channel that is the place of a field's value on a scale."""
    return {"scale": scale, "field": name, **more}


def band_scale(labels: Sequence[str], gap: float = 0, name: str = "x") -> Spec:
    """Build a scale with a place for each label, and `gap` of a place between two."""
    return {
        "name": name,
        "type": "band",
        "domain": list(labels),
        "range": "height" if name == "y" else "width",
        "paddingInner": gap,
        "paddingOuter": gap / 2,
    }


def count_scale(*fields: str, **more: Any) -> Spec:
    """Build a vertical scale from zero to the largest value of some fields."""
    domain = {"data": ROWS, "fields": list(fields)}
    ends = {"range": "height", "nice": True, "zero": True}
    return {"name": "y", "type": "linear", "domain": domain, **ends, **more}


def count_axis() -> Spec:
    """Build the vertical axis of whole numbers, with lines across the chart."""
    return value_axis(WHOLE_NUMBERS, tickCount=TICKS, format=",d")


def value_axis(label: str, **more: Any) -> Spec:
    """Build a vertical axis with lines across the chart; `label` is an expression."""
    labels = {"labels": {"update": {"text": {"signal": label}}}}
    return bare_axis("y", grid=True, encode=labels, **more)


def bare_axis(scale: str, **more: Any) -> Spec:
    """Build an axis of labels only."""
    orient = "left" if scale == "y" else "bottom"
    overlap = {"labelOverlap": True}
    return {"scale": scale, "orient": orient, "domain": False, "ticks": False, **overlap, **more}


def with_locale(spec: Mapping[str, Any], fmt: Formatter) -> Spec:
    """Return a chart whose numbers are written as in the language of a formatter."""
    number = {
        "decimal": get_decimal_symbol(fmt.locale),
        "thousands": get_group_symbol(fmt.locale),
        "grouping": [3],
        "currency": ["", ""],
    }
    return {**spec, "config": {**spec["config"], "locale": {"number": number}}}
