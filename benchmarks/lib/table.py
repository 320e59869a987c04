"""The table of all benchmarks: what we cost, what something else costs, and the ratio of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

Unit = Literal["µs", "ms", "s", "syncs"]

SCALES: Final[dict[Unit, float]] = {"µs": 1e6, "ms": 1e3, "s": 1, "syncs": 1}

MEGABYTE: Final = 1_000_000

HEADS: Final = ["", "CPU", "peak", "compared with", "CPU", "peak", "ratio: CPU", "peak"]

LEAST_MULTIPLE: Final = 0.75
"""Smaller ratios are fractions: 1/16."""

SMALL_FIGURE: Final = 10
"""Smaller figures have a decimal place, and those below 1 have two."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The CPU seconds of a unit of work, and the peak of resident memory in bytes."""

    cpu: float
    peak: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """The cost of some work, and of what it is compared with, if anything."""

    what: str
    unit: Unit
    ours: Cost
    compared_with: str = ""
    other: Cost | None = None
    ratio: float | None = None
    """The median of the rounds' ratios of CPU: ours divided by the other."""

    def cells(self) -> list[str]:
        """Return the figures in the order of HEADS."""
        ours, other = self.ours, self.other
        if other is None:
            return [self.what, self._cpu(ours), _peak(ours), *[""] * 5]
        peaks = _ratio(ours.peak / other.peak) if ours.peak and other.peak else ""
        return [
            *(self.what, self._cpu(ours), _peak(ours)),
            *(self.compared_with, self._cpu(other), _peak(other)),
            *(_ratio(self.ratio) if self.ratio else "", peaks),
        ]

    def _cpu(self, cost: Cost) -> str:
        value = cost.cpu * SCALES[self.unit]
        if self.unit == "syncs" or value >= SMALL_FIGURE:
            return f"{value:,.0f} {self.unit}"
        return f"{value:.{1 if value >= 1 else 2}f} {self.unit}"


def alone(what: str, unit: Unit, rounds: Sequence[Cost]) -> Row:
    """Return the row of some work that nothing is compared with."""
    return Row(what, unit, _median(rounds))


def paired(
    what: str, unit: Unit, rounds: Sequence[Cost], compared_with: str, others: Sequence[Cost]
) -> Row:
    """Return the row of some work that took turns with other work."""
    ratios = [one.cpu / other.cpu for one, other in zip(rounds, others, strict=True)]
    return Row(what, unit, _median(rounds), compared_with, _median(others), median(ratios))


def markdown(rows: Sequence[Row]) -> list[str]:
    """Return the lines of a Markdown table."""
    aligned = ["---:" if head in {"CPU", "peak", "ratio: CPU"} else "---" for head in HEADS]
    return [_line(cells) for cells in (HEADS, aligned, *(row.cells() for row in rows))]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def _median(rounds: Sequence[Cost]) -> Cost:
    peaks = [cost.peak for cost in rounds if cost.peak is not None]
    return Cost(median(cost.cpu for cost in rounds), round(median(peaks)) if peaks else None)


def _peak(cost: Cost) -> str:
    return f"{cost.peak / MEGABYTE:,.0f} MB" if cost.peak else ""


def _ratio(value: float) -> str:
    if value >= LEAST_MULTIPLE:
        return f"{value:.2f}"
    return f"1/{1 / value:.{0 if 1 / value >= SMALL_FIGURE else 1}f}"
