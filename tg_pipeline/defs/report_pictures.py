"""The report's charts at a glance, as small as Dagster shows them in place."""

import base64
from collections.abc import Sequence
from typing import Final

from markupsafe import escape

from tg_pipeline.defs.pictures import COLOR, HOURS, WIDTH, hour_plot
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.time_axis import bucket_of, grain_of

UNITS: Final = 240
"""The width of a plot in its own units, whatever the number of its bars."""

FLOOR: Final = 50
"""Where bars stand; above it they have 48 units."""

MOST_BARS: Final = 40
"""Beyond that many the image would be longer than what Dagster shows in place."""


def pictures(facts: Facts) -> dict[str, str]:
    """Give messages by day and by hour, questions by week, and members by day, as Markdown."""
    hours = [sum(row.messages for row in facts.hours if row.hour == h) for h in range(HOURS)]
    return {
        "messages": bar_plot("messages over time", _over_time(facts)),
        "hours": hour_plot(hours),
        "questions": bar_plot("questions by week", [week.questions for week in facts.answers]),
        "new_members": bar_plot("new members", [day.joins for day in facts.members]),
    }


def bar_plot(title: str, counts: Sequence[int]) -> str:
    """Give bars for counts, the newest last, as a Markdown image."""
    shown = counts[-MOST_BARS:]
    step = UNITS / max(len(shown), 1)
    tallest = max(shown, default=0) or 1
    tops = (FLOOR - round((FLOOR - 2) * max(count, 0) / tallest) for count in shown)
    bars = "".join(f"M{step * (place + 0.5):.0f} {FLOOR}V{top}" for place, top in enumerate(tops))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" viewBox="0 0 {UNITS} {FLOOR}">'
        f'<path stroke="{COLOR}" stroke-width="{0.75 * step:.1f}" d="{bars}"/></svg>'
    )
    image = base64.b64encode(svg.encode("ascii")).decode("ascii")
    return f"![{escape(title)}](data:image/svg+xml;base64,{image})"


def _over_time(facts: Facts) -> list[int]:
    grain = grain_of(facts.period)
    counts: dict[object, int] = {}
    for day in facts.activity:
        bucket = bucket_of(day.day, grain)
        counts[bucket] = counts.get(bucket, 0) + day.messages
    return list(counts.values())
