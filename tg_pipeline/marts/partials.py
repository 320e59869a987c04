"""Intermediate results by month, so that marts over all days need not read all days every night.

They are built with the marts that are made from them. What a month tells is read from its own days,
by `context_date`, and merged by the mart's query.
"""

from typing import Final

import pyarrow as pa

from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Column, always, boolean, int64, string, timestamp
from tg_pipeline.marts.daily import CONTENT_MIX, USER_ACTIVITY
from tg_pipeline.marts.mart import (
    BOT,
    ConservationRule,
    Mart,
    TableGrain,
    count,
    day,
    kind,
)

_NONE: Final = "Nothing: it is an intermediate result."


def _at(what: str) -> Column:
    return timestamp(f"When the {what} was sent, in UTC.")


KNOWN_BOTS: Final = Mart(
    name="known_bots",
    description="The bots that received updates in a month, with the newest names in it.",
    limitations=_NONE,
    columns={
        **BOT,
        "username": kind("The newest username of the month."),
        "username_at": _at("username"),
        "first_name": kind("The newest name of the month."),
        "first_name_at": _at("name"),
        "first_update_on": day("The day of the first update; null if there is none."),
        "last_update_on": day("The day of the last update."),
        "updates": count("Updates received, without the bot's calls and imported messages."),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.MONTH,
    is_partial=True,
    conservation_rule=ConservationRule(
        "known_bots_are_conserved",
        "Updates in enriched_updates = the sum of updates.",
        input_rows="SELECT count(*) FROM enriched_updates WHERE origin = 'update'",
        output_rows="SELECT sum(updates) FROM known_bots",
    ),
)

KNOWN_USERS: Final = Mart(
    name="known_users",
    description="The accounts that were seen in a month, with the newest names in it.",
    limitations=_NONE,
    columns={
        "user_id": always(int64("The user, a person or a bot.")),
        "first_name": string("The newest `first_name` of the month."),
        "first_name_at": _at("name"),
        "username": string("The newest `username` of the month."),
        "username_at": _at("username"),
        "language_code": kind("The newest `language_code` of the month."),
        "language_code_at": _at("language"),
        "is_premium": boolean("Whether the user had Telegram Premium at the last action."),
        "is_premium_at": _at("last action"),
        "is_bot": always(boolean("Whether it is a bot.")),
        "first_seen_on": always(day("The first day of the month on which they were seen.")),
        "last_seen_on": always(day("The last such day.")),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.MONTH,
    is_partial=True,
    conservation_rule=ConservationRule(
        "known_users_are_conserved",
        "Distinct accounts in enriched_updates = rows of known_users.",
        input_rows="SELECT count(DISTINCT account) FROM (SELECT user_id AS account "
        "FROM enriched_updates UNION ALL SELECT member_user_id FROM enriched_updates) "
        "WHERE account NOT IN (777000, 1087968824, 136817688)",
        output_rows="SELECT count(*) FROM known_users",
    ),
)

KNOWN_CHATS: Final = Mart(
    name="known_chats",
    description="The chats that were seen in a month, with the newest titles in it.",
    limitations=_NONE,
    columns={
        "chat_id": always(int64("The chat, by the id of its updates.")),
        "type": kind("private, group, supergroup or channel."),
        "type_at": _at("type"),
        "title": string("The newest title of the month."),
        "title_at": _at("title"),
        "username": string("The newest `username` of the month."),
        "username_at": _at("username"),
        "first_seen_on": always(day("The day of the first update.")),
        "last_seen_on": always(day("The day of the last update.")),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.MONTH,
    is_partial=True,
    conservation_rule=ConservationRule(
        "known_chats_are_conserved",
        "Distinct chats in enriched_updates, except for calls that sent nothing = rows of "
        "known_chats.",
        input_rows="SELECT count(DISTINCT chat_id) FROM enriched_updates "
        "WHERE origin <> 'call' OR message_kind IS NOT NULL",
        output_rows="SELECT count(*) FROM known_chats",
    ),
)

KNOWN_MOVES: Final = Mart(
    name="known_moves",
    description="Groups that became supergroups, as announced in a month.",
    limitations=_NONE,
    columns={
        "old_chat_id": always(int64("The group.")),
        "new_chat_id": always(int64("The supergroup.")),
        "moved_at": timestamp("When it was announced, in UTC."),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.MONTH,
    is_partial=True,
)

KNOWN_GROUPS: Final = Mart(
    name="known_groups",
    description="The groups and channels with a message in a month, and what they became. It is "
    "known for as long as daily marts are kept, also if updates are kept for a shorter time.",
    limitations=_NONE,
    columns={
        "chat_id": always(int64("The group or channel, by the id that it had then.")),
        "first_day": Column(pa.date32(), "The first day with a message of it.", required=True),
        "last_day": Column(pa.date32(), "The last such day.", required=True),
        "newer_chat_id": int64("The supergroup that it became, as announced in the month."),
    },
    sources=(CONTENT_MIX,),
    grain=TableGrain.MONTH,
    is_partial=True,
    conservation_rule=ConservationRule(
        "known_groups_are_conserved",
        "Distinct groups and channels in content_mix, and groups that became one = rows of "
        "known_groups.",
        input_rows="SELECT count(*) FROM (SELECT chat_id FROM content_mix WHERE chat_id < 0 UNION "
        "SELECT moved_chat_id FROM content_mix WHERE content_type = 'migrate_from_chat_id' "
        "AND moved_chat_id < 0)",
        output_rows="SELECT count(*) FROM known_groups",
    ),
)

KNOWN_COMMENT_THREADS: Final = Mart(
    name="known_comment_threads",
    description="The threads below a channel's posts that a month tells of.",
    limitations=_NONE,
    columns={
        **BOT,
        "chat_id": always(int64("The discussion group.")),
        "message_id": always(int64("The post, by the id of its automatic forward.")),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.MONTH,
    is_partial=True,
)

KNOWN_CALL_DAYS: Final = Mart(
    name="known_call_days",
    description="The days of a month on which calls of a bot were recorded with their results.",
    limitations=_NONE,
    columns={
        **BOT,
        "day": Column(pa.date32(), "The day.", required=True),
        "sent_at": always(_at("first message or call of the day")),
        "calls": count("Rows of calls."),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.MONTH,
    is_partial=True,
    conservation_rule=ConservationRule(
        "known_call_days_are_conserved",
        "Calls that the proxy recorded in enriched_updates = the sum of calls.",
        input_rows="SELECT count(*) FROM enriched_updates WHERE call_source = 'proxy'",
        output_rows="SELECT sum(calls) FROM known_call_days",
    ),
)

KNOWN_STARTS: Final = Mart(
    name="known_starts",
    description="The first /start of each person in a month, by bot.",
    limitations=_NONE,
    columns={
        **BOT,
        "user_id": always(int64("The person.")),
        "day": Column(pa.date32(), "The day.", required=True),
        "started_at": always(_at("command")),
        "source": always(string("What followed the command; empty if nothing.")),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.MONTH,
    is_partial=True,
    conservation_rule=ConservationRule(
        "known_starts_are_conserved",
        "Distinct people with a /start in enriched_updates, by bot = rows of known_starts.",
        input_rows="SELECT count(*) FROM (SELECT DISTINCT bot_id, person_id FROM enriched_updates "
        "WHERE is_written AND command = 'start' AND message_kind = 'message' "
        "AND chat_type = 'private' AND person_id IS NOT NULL)",
        output_rows="SELECT count(*) FROM known_starts",
    ),
)

KNOWN_ACTIVE_DAYS: Final = Mart(
    name="known_active_days",
    description="The days of a month on which people were active, and where.",
    limitations=_NONE,
    columns={
        "user_id": always(int64("The person.")),
        **BOT,
        "chat_id": int64("The chat, by the id that it had then."),
        "day": Column(pa.date32(), "The day.", required=True),
        "is_history": always(boolean("Whether that is known from an imported history only.")),
    },
    sources=(USER_ACTIVITY,),
    grain=TableGrain.MONTH,
    is_partial=True,
    conservation_rule=ConservationRule(
        "known_active_days_are_conserved",
        "Distinct people, chats and active days in user_activity = rows of known_active_days.",
        input_rows="SELECT count(*) FROM (SELECT DISTINCT user_id, bot_id, chat_id, context_date "
        "FROM user_activity WHERE actions > 0 AND NOT is_bot)",
        output_rows="SELECT count(*) FROM known_active_days",
    ),
)
