"""All marts, each behind what it is made of."""

from typing import Final

from tg_pipeline.marts.activity_marts import DAILY_ACTIVITY, HOURLY_ACTIVITY, USER_ACTIVITY
from tg_pipeline.marts.answer_marts import RESOLUTION, RESPONSE_TIMES, THREADS
from tg_pipeline.marts.content_marts import COMMANDS, CONTENT_MIX, MEMBERS, REACTIONS
from tg_pipeline.marts.message_marts import FREQUENT_QUESTIONS, MESSAGES, QUESTIONS
from tg_pipeline.marts.people_marts import ACTIVE_USERS, RETENTION

DAILY_MARTS: Final = (
    DAILY_ACTIVITY,
    HOURLY_ACTIVITY,
    USER_ACTIVITY,
    COMMANDS,
    CONTENT_MIX,
    REACTIONS,
    MEMBERS,
)
"""A partition a day."""

WHOLE_MARTS: Final = (
    ACTIVE_USERS,
    RETENTION,
    MESSAGES,
    QUESTIONS,
    FREQUENT_QUESTIONS,
    THREADS,
    RESPONSE_TIMES,
    RESOLUTION,
)
"""One object for all days, made anew from all of them."""

ALL_MARTS: Final = DAILY_MARTS + WHOLE_MARTS
