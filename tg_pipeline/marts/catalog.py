"""All marts, each after its sources."""

from typing import Final

from tg_pipeline.marts.bot_daily import BLOCKS, BOT_CALLS, BUTTONS
from tg_pipeline.marts.cumulative import (
    ANSWERS,
    CONTAINMENT,
    DETECTED_QUESTIONS,
    FALLBACK_ANSWERS,
    FREQUENT_QUESTIONS,
    FREQUENT_TOPICS,
    MESSAGES,
    QUESTIONS,
    RESOLUTION,
    RESPONSE_TIMES,
    SMALL_TALK,
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
from tg_pipeline.marts.partials import (
    KNOWN_ACTIVE_DAYS,
    KNOWN_BOTS,
    KNOWN_CALL_DAYS,
    KNOWN_CHATS,
    KNOWN_COMMENT_THREADS,
    KNOWN_GROUPS,
    KNOWN_MOVES,
    KNOWN_STARTS,
    KNOWN_USERS,
)
from tg_pipeline.marts.people import ACTIVE_USERS, BOTS, CHATS, RETENTION, SOURCES, USERS

DAILY_MARTS: Final = (
    DAILY_ACTIVITY,
    HOURLY_ACTIVITY,
    USER_ACTIVITY,
    COMMANDS,
    CONTENT_MIX,
    REACTIONS,
    MEMBERS,
    BOT_CALLS,
    BLOCKS,
    BUTTONS,
)
"""One partition a day, built together with the layers of that day."""

MAX_LOOKBACK_DAYS: Final = max(mart.lookback_days for mart in DAILY_MARTS)
"""How many days after a day have marts that are also made from it."""

PARTIAL_MARTS: Final = (
    KNOWN_BOTS,
    KNOWN_USERS,
    KNOWN_CHATS,
    KNOWN_GROUPS,
    KNOWN_MOVES,
    KNOWN_COMMENT_THREADS,
    KNOWN_ACTIVE_DAYS,
    KNOWN_CALL_DAYS,
    KNOWN_STARTS,
)
"""Intermediate results, one partition a month; built with the marts that are made from them."""

CUMULATIVE_MARTS: Final = (
    BOTS,
    USERS,
    CHATS,
    ACTIVE_USERS,
    RETENTION,
    SOURCES,
    MESSAGES,
    DETECTED_QUESTIONS,
    SMALL_TALK,
    ANSWERS,
    QUESTIONS,
    FREQUENT_QUESTIONS,
    FREQUENT_TOPICS,
    FALLBACK_ANSWERS,
    THREADS,
    RESPONSE_TIMES,
    RESOLUTION,
    CONTAINMENT,
)
"""Made from all days: one partition a month of those that have changed, or one object for all."""

ALL_MARTS: Final = DAILY_MARTS + CUMULATIVE_MARTS

STORED_MARTS: Final = DAILY_MARTS + PARTIAL_MARTS + CUMULATIVE_MARTS
"""All marts in the lake, each after its sources."""
