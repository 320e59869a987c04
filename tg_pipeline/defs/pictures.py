"""A day at a glance: its first rows as a table, its hours as bars."""

import base64
from datetime import date
from typing import Final
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from tg_pipeline.lake.lake import Lake
from tg_pipeline.layers.activity import ACTIVITY_COLUMNS, HOURS, count_activity
from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Layer

PREVIEW_ROWS: Final = 5
CELL_CHARACTERS: Final = 60
"""What a cell of a preview holds before it is cut."""

BAR, GAP, HEIGHT, MARGIN = 16, 4, 96, 18
"""The plot's measures, in pixels."""

BAR_COLOR: Final = "#4F43DD"
INK: Final = "#6B6B70"
"""Legible on white and on black: the page may be either."""


def preview(lake: Lake, layer: Layer, day: date, columns: list[str]) -> str:
    """Give the first rows of a day as a Markdown table."""
    with lake.open(layer.name, day) as partition:
        first = next(partition.batches(columns, PREVIEW_ROWS), None)
    rows = first.to_pylist() if first is not None else []
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(_cell(row[name]) for name in columns) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def messages_per_hour(lake: Lake, day: date, zone: ZoneInfo) -> list[int]:
    """Give how many messages were sent in each of the 24 hours of the local day."""
    with lake.open(ENRICHED_UPDATES.name, day) as partition:
        return count_activity(partition.narrow(ACTIVITY_COLUMNS), zone).hours()


def hour_plot(counts: list[int]) -> str:
    """Give bars for the hours of a day as a Markdown image."""
    width = HOURS * (BAR + GAP)
    svg = ET.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        width=str(width),
        height=str(HEIGHT + 2 * MARGIN),
        attrib={"font-family": "sans-serif", "font-size": "11", "fill": INK},
    )
    tallest = max(counts, default=0)
    ET.SubElement(svg, "text", x="0", y="12").text = f"messages per hour, at most {tallest}"
    for hour, count in enumerate(counts):
        _draw_bar(svg, hour, round(HEIGHT * 0.9 * count / tallest) if tallest else 0)
    image = base64.b64encode(ET.tostring(svg)).decode("ascii")
    return f"![messages per hour](data:image/svg+xml;base64,{image})"


def _draw_bar(svg: ET.Element, hour: int, height: int) -> None:
    x, floor = hour * (BAR + GAP), HEIGHT + MARGIN
    place = {"x": str(x), "y": str(floor - height)}
    size = {"width": str(BAR), "height": str(max(height, 1))}
    ET.SubElement(svg, "rect", attrib={**place, **size, "fill": BAR_COLOR})
    if hour % 3 == 0:
        ET.SubElement(svg, "text", x=str(x), y=str(floor + 14)).text = f"{hour:02d}"


def _cell(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    short = text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"
    return (
        short.replace("|", "\\|").replace("\n", " ").replace("\x00", "␀")
        if value is not None
        else ""
    )
