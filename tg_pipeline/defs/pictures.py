"""A day at a glance: its first rows as a table, its hours as bars."""

import base64
from collections import Counter
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Table

HOURS: Final = 24

SENT_TYPES: Final = pa.array(["message", "channel_post", "business_message", "guest_message"])
"""Types of sent messages; an edit is not a new message."""

PREVIEW_ROWS: Final = 5
CELL_CHARACTERS: Final = 60
"""What a cell of a preview holds before it is cut."""

STEP, BAR, FLOOR, LABELS = 10, 8, 50, 60
"""The plot's measures: an hour's width, a bar's, where bars stand, where the hours are written."""

WIDTH: Final = 480
"""Pixels the plot is shown at."""

COLOR: Final = "#7B70F0"
"""Legible on white and on black: the page may be either."""


def preview(lake: Lake, table: Table, day: date | None, columns: list[str]) -> str:
    """Give the first rows of a day, or of a table that has no days, as a Markdown table.

    Cells are shown as code, so that what people write in a chat is no markup on the page.
    """
    with lake.open(table.name, day) as partition:
        first = next(partition.batches(columns, PREVIEW_ROWS), None)
    rows = first.to_pylist() if first is not None else []
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(_cell(row[name]) for name in columns) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def messages_per_hour(lake: Lake, day: date, zone: ZoneInfo) -> list[int]:
    """Return how many messages were sent in each of the 24 hours of the local day."""
    hours: Counter[int] = Counter()
    with lake.open(ENRICHED_UPDATES.name, day) as partition:
        for batch in partition.project(["update_type", "event_at"]):
            sent = batch.filter(pc.is_in(batch["update_type"], value_set=SENT_TYPES))
            local = sent["event_at"].drop_null().cast(pa.timestamp("us", tz=zone.key))
            hours.update(pc.hour(local).to_pylist())
    return [hours[hour] for hour in range(HOURS)]


def hour_plot(counts: list[int]) -> str:
    """Give bars for the hours of a day as a Markdown image.

    Dagster's pages show Markdown of less than 1,000 characters in place, and a link to the rest.
    """
    tallest = max(counts, default=0) or 1
    tops = (FLOOR - round((FLOOR - 2) * count / tallest) for count in counts)
    bars = "".join(f"M{STEP * hour + 5} {FLOOR}V{top}" for hour, top in enumerate(tops))
    hours = "".join(
        f'<text x="{STEP * hour}" y="{LABELS - 1}">{hour}h</text>' for hour in range(0, HOURS, 6)
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'viewBox="0 0 {STEP * HOURS} {LABELS}" '
        f'font-family="sans-serif" font-size="8" fill="{COLOR}">'
        f'<path stroke="{COLOR}" stroke-width="{BAR}" d="{bars}"/>{hours}</svg>'
    )
    image = base64.b64encode(svg.encode("ascii")).decode("ascii")
    return f"![messages per hour](data:image/svg+xml;base64,{image})"


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    short = text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"
    plain = "".join(letter if letter.isprintable() else " " for letter in short)
    return "`" + plain.replace("`", "'").replace("|", "\\|") + "`"
