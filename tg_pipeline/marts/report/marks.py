"""What the charts are drawn of: one class a kind of mark."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimeBar:
    """A bar, or a part of one, at its place in time."""

    at: str
    count: int
    color: str
    order: int
    """Which part it is: 0 stands at the foot."""
    tip: str


@dataclass(frozen=True, slots=True)
class TimePoint:
    """A point of a line."""

    at: str
    count: float
    color: str
    tip: str


@dataclass(frozen=True, slots=True)
class Heat:
    """A field of a heat map."""

    column: str
    row: str
    opacity: float
    text: str
    text_color: str
    tip: str


@dataclass(frozen=True, slots=True)
class Range:
    """From a lower to an upper value, with a point on the lower, at a place in time."""

    at: str
    series: str
    low: float
    high: float
    color: str
    tip: str
