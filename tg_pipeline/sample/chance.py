"""Draws that come out the same on every Python."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A source of draws, fixed by its seed.

    Built on `random()` and `getrandbits()` alone: these two are promised not to change between
    Python versions, while `choice`, `shuffle` and `sample` are not.
    """

    __slots__ = ("bits", "fraction")

    def __init__(self, seed: str) -> None:
        """Start the draws of `seed`; a string seed is hashed by SHA-512, not by `hash()`."""
        source = Random(seed)
        self.fraction = source.random
        self.bits = source.getrandbits

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, each as likely as the next."""
        return options[int(self.fraction() * len(options))]

    def happens(self, probability: float) -> bool:
        """Whether something of that probability (0 to 1) happens this time."""
        return self.fraction() < probability

    def between(self, low: int, high: int) -> int:
        """Draw a whole number from low to high, both included."""
        return low + int(self.fraction() * (high - low + 1))

    def soon(self, least: float, most: float) -> float:
        """Seconds from least to most, mostly near the least, as people's reactions are."""
        # A product and not a logarithm: libm may round logarithms differently elsewhere.
        draw = self.fraction()
        return least + (most - least) * draw * draw * draw

    def query_id(self) -> str:
        """Draw an id such as queries, polls and albums have: an int64 in decimal."""
        return str(self.bits(62) | 1 << 61)

    def file_ids(self) -> tuple[str, str]:
        """Draw a `file_id` and a `file_unique_id`."""
        return f"AgACAgEAAxkB{self.bits(160):040x}", f"AQAD{self.bits(48):012x}"
