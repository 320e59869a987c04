"""All marts, each after its sources."""

from typing import Final

from tg_pipeline.marts.cumulative import (
    ANSWERS,
    FREQUENT_QUESTIONS,
    MESSAGES,
    QUESTIONS,
    RESOLUTION,
    RESPONSE_TIMES,
    THREADS,
)
from tg_pipeline.marts.daily import (
    COMMANDS,
    CONTENT_MIX,
    DAILY_ACTIVITY,
    HOURLY_ACTIVITY,
    MEMBERS,
    REACTIONS,
    USER_ACTIVITY,
)
from tg_pipeline.marts.people import ACTIVE_USERS, BOTS, CHATS, RETENTION, USERS

DAILY_MARTS: Final = (
    DAILY_ACTIVITY,
    HOURLY_ACTIVITY,
    USER_ACTIVITY,
    COMMANDS,
    CONTENT_MIX,
    REACTIONS,
    MEMBERS,
)
"""One partition a day, built together with the layers of that day."""

MAX_LOOKBACK_DAYS: Final = max(mart.lookback_days for mart in DAILY_MARTS)
"""How many days after a day have marts that are also made from it."""

CUMULATIVE_MARTS: Final = (
    BOTS,
    USERS,
    CHATS,
    ACTIVE_USERS,
    RETENTION,
    MESSAGES,
    QUESTIONS,
    FREQUENT_QUESTIONS,
    ANSWERS,
    THREADS,
    RESPONSE_TIMES,
    RESOLUTION,
)
"""One object for all days, rebuilt from all of them."""

ALL_MARTS: Final = DAILY_MARTS + CUMULATIVE_MARTS
