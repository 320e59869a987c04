"""When a day is due."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DAILY_HOUR: Final = 3
"""The local hour of the nightly run: what Telegram retried after midnight is mostly there."""


def last_due_day(now: datetime, zone: ZoneInfo, grace: timedelta = timedelta()) -> date:
    """Give the newest day that the nightly run, `grace` ago or earlier, was to build.

    `now` must be aware.
    """
    local = (now - grace).astimezone(zone)
    due = local.date() if local.time() >= time(DAILY_HOUR) else local.date() - timedelta(days=1)
    return due - timedelta(days=1)
