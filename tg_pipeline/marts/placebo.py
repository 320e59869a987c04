"""Whether a share differs from that of a placebo by more than chance explains."""

from math import sqrt
from typing import Final

CRITICAL_Z: Final = 1.96
"""Standard errors that two equal shares differ by in one of twenty cases."""

MIN_EXPECTED: Final = 5
"""Cases of each outcome to be expected on either side; with fewer, the test is not valid."""


def is_distinguishable(
    answered: int, questions: int, placebo_answered: int, placebo_messages: int
) -> bool:
    """Return whether the answered share of questions differs from that of the placebo.

    A two-proportion z-test at 5 %; False if there are too few cases. `resolution.sql` has the same.
    """
    if not questions or not placebo_messages:
        return False
    share = (answered + placebo_answered) / (questions + placebo_messages)
    if min(questions, placebo_messages) * min(share, 1 - share) < MIN_EXPECTED:
        return False
    error = sqrt(share * (1 - share) * (1 / questions + 1 / placebo_messages))
    difference = answered / questions - placebo_answered / placebo_messages
    return abs(difference) >= CRITICAL_Z * error
