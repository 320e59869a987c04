"""The digest's chart as a PNG: small, light, and legible on a phone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import vl_convert

from tg_pipeline.report.drawing.theme import ACCENT, INK, MUTED, PAPER, RULE, SOFT, chart_config
from tg_pipeline.report.drawing.vega import (
    Spec,
    at,
    band_scale,
    bare_axis,
    count_axis,
    count_scale,
    mark,
    rows_data,
    with_locale,
)
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import DigestKind, DigestPeriod, ReportData

HOURS: Final = 24
DAYS: Final = 7

WIDTH: Final = 400
HEIGHT: Final = 260
"""Points: about the size of a picture in a chat on a phone."""

SCALE: Final = 3
"""Pixels per point, as on phones: 1,200 by 780 pixels, which Telegram does not scale down."""

LIGHT: Final = {
    ACCENT: "#0b6e75",
    INK: "#1b2025",
    MUTED: "#56606b",
    PAPER: "#ffffff",
    RULE: "#dfe3e7",
    SOFT: "#c9d0d6",
}
"""The colours of the report's light mode (web/page.css), since a PNG has no CSS variables."""

PICTURE_FONT: Final = "Liberation Sans"
"""The font bundled with vl-convert, so that the chart is the same on a machine without fonts."""

MAX_PICTURE_LABELS: Final = 8
"""Labels below the bars: every third of 24 hours."""

NARROW: Final = 0.5
WIDE: Final = 0.86
"""The width of a bar, as a share of its place."""

GAP: Final = 0.1
"""The gap between places, as a share of a place."""

MIN_TOP: Final = 4
"""The minimum of the axis' upper end: a single message is not a bar of full height."""


@dataclass(frozen=True, slots=True)
class DigestBar:
    """Messages in an hour or on a day, with those of the previous period."""

    at: str
    """The label."""
    count: int
    before: int | None
    """None without a previous period."""


def digest_bars(
    data: ReportData, previous: ReportData | None, period: DigestPeriod, fmt: Formatter
) -> list[DigestBar]:
    """Return a bar for each hour of the day, or each day of the week, empty ones included."""
    is_day = period.kind is DigestKind.DAY
    labels = [str(hour) for hour in range(HOURS)] if is_day else _day_labels(period, fmt)
    count = _by_hour if is_day else _by_day
    current = count(data)
    before = count(previous) if previous else [None] * len(labels)
    return [DigestBar(*bar) for bar in zip(labels, current, before, strict=True)]


def render_png(rows: Sequence[DigestBar], title: str, legend: str, fmt: Formatter) -> bytes:
    """Render the bars, each in front of a wide one of the previous period, as a PNG."""
    vega = json.dumps(with_locale(_chart(rows, title, legend), fmt))
    for name, color in LIGHT.items():
        vega = vega.replace(name, color)
    return vl_convert.vega_to_png(json.loads(vega), scale=SCALE)


def _day_labels(period: DigestPeriod, fmt: Formatter) -> list[str]:
    days = [period.period.first + timedelta(days=number) for number in range(DAYS)]
    return [f"{fmt.weekday(day)} {day.day}" for day in days]


def _by_hour(data: ReportData) -> list[int]:
    counts = [0] * HOURS
    for row in data.hours:
        counts[row.hour] += row.messages
    return counts


def _by_day(data: ReportData) -> list[int]:
    counts = [0] * DAYS
    for row in data.activity:
        counts[(row.day - data.period.first).days] += row.messages
    return counts


def _chart(rows: Sequence[DigestBar], title: str, legend: str) -> Spec:
    labels = [row.at for row in rows]
    shown = labels[:: -(-len(labels) // MAX_PICTURE_LABELS)]
    top = max(MIN_TOP, *(max(row.count, row.before or 0) for row in rows))
    return {
        "title": _title(title, legend),
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 14,
        "width": WIDTH,
        "height": HEIGHT,
        "background": PAPER,
        "data": [rows_data(rows)],
        "scales": [
            band_scale(labels, GAP),
            count_scale("before", "count", domainMin=0, domainMax=top),
        ],
        "axes": [count_axis(), bare_axis("x", labelFlush=False, values=shown)],
        "marks": [_bars("before", SOFT, WIDE), _bars("count", ACCENT, NARROW)],
        "config": chart_config(PICTURE_FONT),
    }


def _bars(count: str, color: str, width: float) -> Spec:
    return mark(
        "rect",
        {
            "x": at("x", "at", band=(1 - width) / 2),
            "width": {"scale": "x", "band": width},
            "y": at("y", count),
            "y2": {"scale": "y", "value": 0},
            "fill": color,
        },
    )


def _title(title: str, legend: str) -> Spec:
    return {
        "text": title,
        **({"subtitle": legend} if legend else {}),
        "anchor": "start",
        "frame": "bounds",
        "color": INK,
        "subtitleColor": MUTED,
        "fontSize": 15,
        "subtitleFontSize": 12,
        "offset": 10,
    }
