"""The marts with a partition a day, made from that day of enriched_updates."""

from typing import Final

from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import always, boolean, int64, string
from tg_pipeline.marts.mart import (
    BOT,
    CHAT,
    MESSAGES,
    USERS,
    WEEK,
    ConservationRule,
    Mart,
    count,
    each_day,
)

SENT_ROWS: Final = (
    "enriched_updates "
    "WHERE update_type IN ('message', 'channel_post', 'business_message', 'guest_message')"
)
"""The rows of sent messages; an edit is not a new message."""

DAILY_ACTIVITY: Final = Mart(
    name="daily_activity",
    description="How much is written in each chat, and by how many people.",
    limitations="What the bot itself wrote: Telegram does not deliver a bot's own messages to it.",
    columns={
        **BOT,
        **CHAT,
        "chat_type": string("private, group, supergroup or channel."),
        "chat_title": string("Its title; of several on one day the last in the alphabet."),
        **MESSAGES,
        "edits": count("Corrections of messages, of that day or of earlier ones."),
        **USERS,
    },
    sources=(ENRICHED_UPDATES,),
    is_daily=True,
    lookback_days=2,
    conservation_rule=ConservationRule(
        "daily_messages_are_conserved",
        "Messages in enriched_updates = the sum of messages.",
        input_rows=each_day("count(*)", SENT_ROWS),
        output_rows=each_day("sum(messages)", "daily_activity"),
    ),
)

USER_ACTIVITY: Final = Mart(
    name="user_activity",
    description="What each user did in each chat.",
    limitations="Who only reads; and who speaks for a chat, as channels and anonymous admins do.",
    columns={
        **BOT,
        **CHAT,
        "user_id": always(int64("Who acted.")),
        "user_first_name": string("`first_name`; of several on one day the last in the alphabet."),
        "is_bot": always(boolean("Whether it is a bot.")),
        **MESSAGES,
        "texts": count("Of these, with a text."),
        "mean_text_length": int64("Mean length of these in characters, rounded; null without one."),
        "commands": count("Of the messages, those that begin with a command."),
        "edits": count("Corrections of messages."),
        "reactions": count("Changes of reactions."),
        "presses": count("Presses on a button."),
        "actions": count("All of it, and queries, votes, joins, payments, …."),
    },
    sources=(ENRICHED_UPDATES,),
    is_daily=True,
    lookback_days=2,
    conservation_rule=ConservationRule(
        "user_actions_are_conserved",
        "Updates by users in enriched_updates = the sum of actions.",
        input_rows=each_day(
            "count(*)", "enriched_updates WHERE user_id IS NOT NULL AND sender_chat_id IS NULL"
        ),
        output_rows=each_day("sum(actions)", "user_activity"),
    ),
)

HOURLY_ACTIVITY: Final = Mart(
    name="hourly_activity",
    description="At which hours and on which weekdays people write.",
    limitations="The hour it was for the user: all hours are those of `TG_TIMEZONE`.",
    columns={
        **BOT,
        **CHAT,
        **WEEK,
        "iso_year": count("The year that the ISO week belongs to."),
        "iso_week": count("The number of the ISO week, 1 to 53."),
        "weekday": count("1 for Monday to 7 for Sunday."),
        "hour": count("0 to 23. Where clocks are set back, one hour holds two."),
        **MESSAGES,
        **USERS,
    },
    sources=(ENRICHED_UPDATES,),
    is_daily=True,
    conservation_rule=ConservationRule(
        "hourly_messages_are_conserved",
        "Messages in enriched_updates = the sum of messages.",
        input_rows=each_day("count(*)", SENT_ROWS),
        output_rows=each_day("sum(messages)", "hourly_activity"),
    ),
)


COMMANDS: Final = Mart(
    name="commands",
    description="Which commands the bot is given.",
    limitations="Commands to other bots of the chat look the same where they name no bot.",
    columns={
        **BOT,
        **CHAT,
        "command": always(string("In lower case, without / and without @botname.")),
        "uses": count("Messages that begin with it."),
        **USERS,
    },
    sources=(ENRICHED_UPDATES,),
    is_daily=True,
    conservation_rule=ConservationRule(
        "commands_are_conserved",
        "Messages in enriched_updates that begin with a command = the sum of uses.",
        input_rows=each_day("count(*)", f"{SENT_ROWS} AND command IS NOT NULL"),
        output_rows=each_day("sum(uses)", "commands"),
    ),
)

CONTENT_MIX: Final = Mart(
    name="content_mix",
    description="What messages hold: text, photo, voice, and what happens to the chat itself.",
    limitations="An album counts as many messages as it has pictures: that is how it arrives.",
    columns={
        **BOT,
        **CHAT,
        "content_type": always(string("The Bot API's own key; `unknown` where there is none.")),
        **MESSAGES,
        **USERS,
    },
    sources=(ENRICHED_UPDATES,),
    is_daily=True,
    conservation_rule=ConservationRule(
        "content_is_conserved",
        "Messages in enriched_updates = the sum of messages.",
        input_rows=each_day("count(*)", SENT_ROWS),
        output_rows=each_day("sum(messages)", "content_mix"),
    ),
)

REACTIONS: Final = Mart(
    name="reactions",
    description="Which reactions people give, and take back.",
    limitations="Anonymous reactions, of which Telegram gives totals only; and all of them in "
    "chats where the bot is no administrator.",
    columns={
        **BOT,
        **CHAT,
        "reaction": always(string("The emoji, `custom:<id>`, or `paid`.")),
        "added": count("How often it was given."),
        "removed": count("How often it was taken back."),
        "users": count("Distinct people who gave it."),
    },
    sources=(ENRICHED_UPDATES,),
    is_daily=True,
    conservation_rule=ConservationRule(
        "reactions_are_conserved",
        "Reactions in enriched_updates = the sum of added and removed.",
        input_rows=each_day(
            "sum(coalesce(len(reactions_added), 0) + coalesce(len(reactions_removed), 0))",
            "enriched_updates",
        ),
        output_rows=each_day("sum(added + removed)", "reactions"),
    ),
)

MEMBERS: Final = Mart(
    name="members",
    description="How many people join and leave each chat.",
    limitations="How many at once where the bot is no administrator: the announcement of several "
    "new members counts as one; and nobody where announcements are turned off.",
    columns={
        **BOT,
        **CHAT,
        "joins": count("People who came: by an update of their membership, or as announced."),
        "leaves": count("People who went, or were removed."),
        "net": count("Joins less leaves."),
    },
    sources=(ENRICHED_UPDATES,),
    is_daily=True,
    lookback_days=1,
)
