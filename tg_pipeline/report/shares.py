"""Shares of counted cases, and whether two counts differ by more than chance."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

FEW_CASES: Final = 30
"""Below this number of cases, a share is shown with its counts: one case changes it by 3 points or
more."""

MIN_EXPECTED: Final = 5
"""Below this expected count, the normal approximation of a test is poor (Cochran's rule)."""

CHANCE: Final = 0.05
"""The probability up to which chance alone exceeds the limit of a test: |z| >= 1.96."""


@dataclass(frozen=True, slots=True)
class Share:
    """The cases that something applies to, among all cases."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share of one; None without cases."""
        return self.part / self.whole if self.whole else None

    @property
    def has_few_cases(self) -> bool:
        """Whether the counts are needed to judge the share."""
        return self.whole < FEW_CASES


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure of a rule, and the placebo: the same rule where it can't find anything real."""

    figure: Share
    placebo: Share

    @property
    def has_enough_cases(self) -> bool:
        """Whether there are enough cases for a test."""
        fewest = min(self.figure.whole, self.placebo.whole)
        return fewest > 0 and fewest * min(self._common, 1 - self._common) >= MIN_EXPECTED

    @property
    def is_distinct(self) -> bool:
        """Whether figure and placebo differ by more than chance (two-proportion z-test)."""
        if not self.has_enough_cases:
            return False
        wholes = self.figure.whole, self.placebo.whole
        error = sqrt(self._common * (1 - self._common) * sum(1 / whole for whole in wholes))
        return abs(self._difference) >= z_limit() * error

    @property
    def is_higher(self) -> bool:
        """Whether the figure exceeds the placebo by more than chance."""
        return self.is_distinct and self._difference > 0

    @property
    def _common(self) -> float:
        """The share of both together."""
        return (self.figure.part + self.placebo.part) / (self.figure.whole + self.placebo.whole)

    @property
    def _difference(self) -> float:
        return (self.figure.value or 0) - (self.placebo.value or 0)


def z_limit(tests: int = 1) -> float:
    """Return the standard errors that a difference must reach.

    With several tests, chance has as many opportunities, so each has a higher limit (Bonferroni).
    """
    return NormalDist().inv_cdf(1 - CHANCE / 2 / tests)


def is_rise(before: int, after: int, tests: int = 1) -> bool:
    """Check whether a count rose by more than chance: the difference of two Poisson counts."""
    return is_testable(before, after) and after - before >= z_limit(tests) * sqrt(before + after)


def is_testable(before: int, after: int) -> bool:
    """Check whether two counts are large enough for a test."""
    return before + after >= 2 * MIN_EXPECTED
