"""What stands in a cell of a table, or in a sentence, and writes itself as HTML."""

from dataclasses import dataclass
from typing import Final, Protocol

from markupsafe import Markup

BAR_UNITS: Final = 100
"""Bars are drawn on a grid of so many units, and stretched to their cell."""

SPARK_UNITS: Final = 16
"""The height of a spark, in pixels."""

SPARK_STEP: Final = 8
"""From a bar of a spark to the next, in pixels, where there is room."""

SPARK_WIDTH: Final = 64
"""Pixels that a spark takes at most: a year of weeks, on a phone."""

SPARK_FILLED: Final = 0.75
"""The part of a step that its bar takes."""


class HasHtml(Protocol):
    """Something that writes itself as HTML."""

    def __html__(self) -> str:
        """Give it as HTML."""


Cell = str | HasHtml


@dataclass(frozen=True, slots=True)
class Bar:
    """A share of the longest bar of its column, beside the number that it stands for."""

    share: float

    def __html__(self) -> Markup:
        """Draw it; the number is in a cell of its own."""
        width = max(0.5, round(BAR_UNITS * self.share, 1))
        return Markup(
            '<svg class="bar" viewBox="0 0 {} 10" preserveAspectRatio="none" aria-hidden="true">'
            '<rect width="{}" height="10"/></svg>'
        ).format(BAR_UNITS, width)


@dataclass(frozen=True, slots=True)
class Spark:
    """Counts week by week, as small bars, and as text for who can't see them."""

    counts: tuple[int, ...]
    most: int
    """What the tallest bar of all sparks of a column stands for."""
    label: str

    def __html__(self) -> Markup:
        """Draw it."""
        step = min(SPARK_STEP, SPARK_WIDTH / max(len(self.counts), 1))
        bar = Markup('<rect x="{:.4g}" y="{:g}" width="{:.4g}" height="{:g}"/>')
        bars = Markup().join(
            bar.format(step * place, SPARK_UNITS - top, SPARK_FILLED * step, top)
            for place, top in enumerate(map(self._height, self.counts))
        )
        return Markup(
            '<svg class="spark" viewBox="0 0 {0} {1}" width="{0}" height="{1}" aria-hidden="true">'
            '{2}</svg><span class="unseen">{3}</span>'
        ).format(round(step * len(self.counts)), SPARK_UNITS, bars, self.label)

    def _height(self, count: int) -> float:
        return round(SPARK_UNITS * count / (self.most or 1), 1)
