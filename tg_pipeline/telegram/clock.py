"""The clock of this machine, compared with the `Date` header of Telegram's responses.

An update belongs to the day on which it happened, as far as its date is plausible, or on which it
arrived. With a wrong clock, both are wrong.
https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""Beyond it, a clock is reported: one that is synchronized is off by less than a second."""

MAX_CLOCK_ERROR: Final = timedelta(hours=1)
"""Beyond it, nothing is stored. An update without a date of its own (a press of a button, a vote)
belongs to the day it arrives: with an hour, one of 24 would be counted on another day. It is also
the least that a clock in the wrong time zone is off."""


def clock_error(sent_at: datetime, answered: str | None, received_at: datetime) -> timedelta | None:
    """Return how far the clock is ahead of a server's (negative: behind); None if that is unknown.

    `sent_at` and `received_at` are the clock's (aware) when the request was sent and the response
    received; `answered` is the response's `Date`. It lies between them if the clock is right.
    """
    try:
        answered_at = parsedate_to_datetime(answered or "")
    except ValueError:
        return None
    if answered_at.tzinfo is None:
        answered_at = answered_at.replace(tzinfo=UTC)
    if answered_at < sent_at:
        return sent_at - answered_at
    return min(received_at - answered_at, timedelta(0))


def describe_clock(error: timedelta | None) -> str:
    """Return a sentence about a clock that is off; empty if it is not, or if that is unknown."""
    if error is None or abs(error) <= CLOCK_TOLERANCE:
        return ""
    direction = "ahead of" if error > timedelta(0) else "behind"
    return f"This machine's clock is {_in_words(abs(error))} {direction} Telegram's: set it right."


def _in_words(span: timedelta) -> str:
    for seconds, unit in ((86_400, "days"), (3_600, "hours")):
        if span.total_seconds() >= 2 * seconds:
            return f"{span.total_seconds() / seconds:,.0f} {unit}"
    return f"{span.total_seconds() / 60:,.0f} minutes"
