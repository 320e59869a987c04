"""A few names with a bar each, as a Markdown image small enough for Dagster to show in place."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import escape

from tg_pipeline.defs.pictures import COLOR, WIDTH

Named = tuple[str, int]
"""What somebody called it, and how many there are."""

SHOWN_CHARACTERS: Final = 1_000
"""Dagster's pages show Markdown that is shorter than this; of the rest they show a link."""

MOST_NAMES: Final = 6
NAME_CHARACTERS: Final = 22
"""What of a name stands beside its bar before it is cut."""

ROW, BAR, BASE, LONGEST = 11, 8, 126, 110
"""The plot's measures: a row's height, a bar's, where bars begin, and how long they get."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What counts count, and how long bars are."""

    unit: str = ""
    whole: int | None = None
    """The count of the longest bar that there can be; without one, of the longest there is."""


AS_THE_MOST: Final = Scale()
OF_A_HUNDRED: Final = Scale(" %", 100)
SECONDS: Final = Scale(" s")


def named_bars(title: str, counts: Sequence[Named], scale: Scale = AS_THE_MOST) -> str:
    """Give a bar for each count, in the order given, as far as there is room."""
    shown = list(counts[:MOST_NAMES])
    # Names in some scripts take four bytes a letter.
    while len(image := _image(title, shown, scale)) >= SHOWN_CHARACTERS:
        shown.pop()
    return image


def _image(title: str, counts: Sequence[Named], scale: Scale) -> str:
    whole = scale.whole or max((count for _, count in counts), default=0) or 1
    bars = "".join(
        f"M{BASE} {ROW * place + 5}h{round(LONGEST * count / whole)}"
        for place, (_, count) in enumerate(counts)
    )
    names = "".join(
        f'<text y="{ROW * place + 8}">{_label(name)} {count:,}{scale.unit}</text>'
        for place, (name, count) in enumerate(counts)
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'viewBox="0 0 240 {ROW * max(len(counts), 1)}" '
        f'font-family="sans-serif" font-size="8" fill="{COLOR}">'
        f'<path stroke="{COLOR}" stroke-width="{BAR}" d="{bars}"/>{names}</svg>'
    )
    image = base64.b64encode(svg.encode()).decode("ascii")
    return f"![{escape(title)}](data:image/svg+xml;base64,{image})"


def _label(name: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in name)
    short = plain if len(plain) <= NAME_CHARACTERS else f"{plain[: NAME_CHARACTERS - 1]}…"
    return str(escape(short))
