"""The digest's chart as a picture: small, light, and legible on a phone."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import altair as alt
import vl_convert

from tg_pipeline.marts.digest.bars import DigestBar
from tg_pipeline.marts.report.channels import bare_axis, count_channel
from tg_pipeline.marts.report.language import Language
from tg_pipeline.marts.report.theme import ACCENT, CONFIG, INK, MUTED, PAPER, RULE, SOFT
from tg_pipeline.marts.report.vega import compiled

WIDTH: Final = 400
HEIGHT: Final = 260
"""Points: about what a phone shows of a picture in a chat."""

SCALE: Final = 3
"""Pixels a point, as phones have them: 1,200 by 780, which Telegram does not make smaller."""

LIGHT: Final = {
    ACCENT: "#0b6e75",
    INK: "#1b2025",
    MUTED: "#56606b",
    PAPER: "#ffffff",
    RULE: "#dfe3e7",
    SOFT: "#c9d0d6",
}
"""The report's colours by day (page.css): a picture has no page to ask."""

FONT: Final = "Liberation Sans"
"""The one that vl-convert brings along, so that a machine without fonts draws the same."""

MOST_LABELS: Final = 8
"""Below the bars; of 24 hours every third is written."""

NARROW: Final = {"band": 0.5}
WIDE: Final = {"band": 0.86}
"""Of a bar's place on the axis."""

LEAST_TOP: Final = 4
"""The axis goes at least so high: one message is no full bar."""


def picture(rows: Sequence[DigestBar], title: str, legend: str, language: Language) -> bytes:
    """Draw the bars, each before a wide one of the period before; give a PNG."""
    vega = json.dumps(compiled(_chart(rows, title, legend), language))
    for name, color in LIGHT.items():
        vega = vega.replace(name, color)
    return vl_convert.vega_to_png(json.loads(vega), scale=SCALE)


def _chart(rows: Sequence[DigestBar], title: str, legend: str) -> dict[str, Any]:
    labels = [row.at for row in rows]
    shown = labels[:: -(-len(labels) // MOST_LABELS)]
    axis = bare_axis(labelAngle=0, labelFlush=False, values=shown)
    top = max(LEAST_TOP, *(max(row.count, row.before or 0) for row in rows))
    height = count_channel().scale(domainMax=top, domainMin=0)
    base = alt.Chart(alt.NamedData(name="rows")).encode(
        x=alt.X("at:N", sort=labels, title=None, axis=axis)
    )
    before = base.mark_bar(color=SOFT, width=WIDE).encode(y="before:Q")
    now = base.mark_bar(color=ACCENT, width=NARROW).encode(y=height)
    drawn = alt.layer(before, now).properties(width=WIDTH, height=HEIGHT).to_dict()
    return {
        **drawn,
        "title": _title(title, legend),
        "autosize": {"type": "fit", "contains": "padding"},
        "datasets": {"rows": [asdict(row) for row in rows]},
        "config": {**CONFIG, "font": FONT, "background": PAPER, "padding": 14},
    }


def _title(title: str, legend: str) -> dict[str, Any]:
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
