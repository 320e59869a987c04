"""The marts with a partition a day, made from enriched_updates of that day or of a few days."""

from typing import Final

import pyarrow as pa

from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Column, Role, always, boolean, int64, string
from tg_pipeline.marts.mart import (
    BOT,
    CHAT,
    MESSAGES,
    WEEK,
    WRITERS,
    ConservationRule,
    Mart,
    TableGrain,
    count,
    each_day,
    kind,
)

WRITTEN_ROWS: Final = "enriched_updates WHERE is_written AND NOT is_copy"
"""The rows of written messages, each once."""

SENT_ROWS: Final = (
    "enriched_updates "
    "WHERE message_kind IS NOT NULL AND NOT is_edit AND (is_service OR NOT is_own) AND NOT is_copy"
)
"""The rows of all new messages, each once: also service messages and automatic forwards; of the bot
itself, only service messages."""

OWN_NAME_BOT: Final = (
    "user_is_bot AND is_written AND sender_chat_id IS NULL "
    "AND user_id NOT IN (1087968824, 136817688)"
)
"""The rows of messages that a bot wrote in its own name."""

COMMAND_ROWS: Final = (
    "enriched_updates WHERE is_written AND command IS NOT NULL "
    "AND (NOT is_copy OR command_bot IS NOT NULL) AND (command_bot IS NULL OR command_bot "
    "= json_extract_string($bot_usernames, '$.' || CAST(bot_id AS varchar)) "
    "OR (chat_type = 'private' AND message_kind = 'message'))"
)
"""The rows of commands given to the bot: with its name, or without a name and each once."""

EDIT_DAYS: Final = 2
"""Days before an edit on which its message may have been sent: it can be edited for 48 hours.

Source: https://core.telegram.org/bots/api#editmessagetext
"""

UNKNOWN_VERSION: Final = (
    "Whether the content really changed, if the version before is not among the updates of that "
    "day and the 2 days before it: such an edit counts. Edits in an imported history: it has the "
    "newest texts only."
)

HISTORY: Final = (
    "An imported history does not tell other bots from people, so they count as people there; and "
    "of what people did, it has only messages."
)

BASIC_GROUPS: Final = (
    "Which messages several bots in one basic group share: message ids differ there for each bot, "
    "so the group is counted once for each."
)

OTHER_BOTS: Final = (
    "Whether a command without a bot's name was meant for another bot of the chat: it counts. "
    "Outside of private chats, a command that names a bot counts only if it is this bot's name, "
    "and so never while the name is unknown: set `TELEGRAM_BOT_USERNAME`, or run `tg-pipeline bot` "
    "once."
)

DAILY_ACTIVITY: Final = Mart(
    name="daily_activity",
    description="How much is written in each chat, and by how many people.",
    limitations="What the bot itself wrote: Telegram does not deliver a bot's own messages to it, "
    "and where its calls are recorded, they are in `messages`, not here. "
    f"{UNKNOWN_VERSION} {BASIC_GROUPS}",
    columns={
        **BOT,
        **CHAT,
        "chat_type": kind("private, group, supergroup or channel."),
        "chat_title": string("Its title; of several on one day, the last in the alphabet."),
        **MESSAGES,
        "edits": count(
            "Changes of the content of messages, of that day or of earlier ones. A first reaction, "
            "a link preview and a move of a live location change nothing."
        ),
        **WRITERS,
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.DAY,
    shared_query="edits",
    lookback_days=EDIT_DAYS,
    conservation_rule=ConservationRule(
        "daily_messages_are_conserved",
        "Written messages in enriched_updates = the sum of messages.",
        input_rows=each_day("count(*)", WRITTEN_ROWS),
        output_rows=each_day("sum(messages)", "daily_activity"),
    ),
)

USER_ACTIVITY: Final = Mart(
    name="user_activity",
    description="What each person did in each chat, and each bot that writes in its own name.",
    limitations="Who only reads; and who acts for a chat, as channels and anonymous administrators "
    f"do. {HISTORY} {UNKNOWN_VERSION} {BASIC_GROUPS} {OTHER_BOTS}",
    columns={
        **BOT,
        **CHAT,
        "user_id": always(int64("The person, or the bot.")),
        "user_first_name": string(
            "`first_name`; of several on one day, the last in the alphabet. `users` has the newest."
        ),
        "is_bot": always(boolean("Whether it is a bot.")),
        "messages": count("Written messages; no service messages, no edits."),
        "texts": count("Of these, messages with a text."),
        "mean_text_length": int64("Mean length of the texts in characters, rounded; null if none."),
        "commands": count("Of the messages, commands given to the bot of the row."),
        "edits": count("Changes of the content of messages."),
        "reactions": count("Changes of reactions."),
        "presses": count("Presses of a button."),
        "actions": count(
            "What a person actively did: write, react, press, vote, query, pay; not joining, "
            "leaving, edits and away messages. For a bot, its messages."
        ),
        "is_history": always(
            boolean("Whether all of it is known from an imported history of the chat only.")
        ),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.DAY,
    shared_query="edits",
    lookback_days=EDIT_DAYS,
    conservation_rule=ConservationRule(
        "user_actions_are_conserved",
        "Activities of people and messages of bots in enriched_updates = the sum of actions.",
        input_rows=each_day(
            "count(*)",
            f"enriched_updates WHERE NOT is_copy AND (activity IS NOT NULL OR ({OWN_NAME_BOT}))",
        ),
        output_rows=each_day("sum(actions)", "user_activity"),
    ),
)

HOURLY_ACTIVITY: Final = Mart(
    name="hourly_activity",
    description="At which hours and on which weekdays people write.",
    limitations="The hour it was for the user: all hours are those of `TG_TIMEZONE`. "
    + BASIC_GROUPS,
    columns={
        **BOT,
        **CHAT,
        **WEEK,
        "iso_year": count("The year that the ISO week belongs to."),
        "iso_week": count("The number of the ISO week, 1 to 53."),
        "weekday": count("1 for Monday to 7 for Sunday."),
        "hour": count("0 to 23. Where clocks are set back, one hour contains two."),
        **MESSAGES,
        **WRITERS,
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.DAY,
    conservation_rule=ConservationRule(
        "hourly_messages_are_conserved",
        "Written messages in enriched_updates = the sum of messages.",
        input_rows=each_day("count(*)", WRITTEN_ROWS),
        output_rows=each_day("sum(messages)", "hourly_activity"),
    ),
)


COMMANDS: Final = Mart(
    name="commands",
    description="Which commands the bot is given.",
    limitations=OTHER_BOTS,
    columns={
        **BOT,
        **CHAT,
        "command": always(kind("In lower case, without / and without @botname.")),
        "uses": count(
            "Written messages that begin with it; in no figure twice if two bots saw it."
        ),
        "users": count("Distinct people who gave it."),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.DAY,
    conservation_rule=ConservationRule(
        "commands_are_conserved",
        "Written messages with a command for the bot in enriched_updates = the sum of uses.",
        input_rows=each_day("count(*)", COMMAND_ROWS),
        output_rows=each_day("sum(uses)", "commands"),
    ),
)

CONTENT_MIX: Final = Mart(
    name="content_mix",
    description="What messages contain: text, photo, voice, or an event of the chat itself.",
    limitations="How many albums there are: each of their pictures arrives as a message. What the "
    "bot itself sends, which is in `messages` if it is known.",
    columns={
        **BOT,
        **CHAT,
        "content_type": always(kind("The Bot API's own key; `unknown` if there is none.")),
        "messages": count(
            "New messages of every kind, service messages and automatic forwards included."
        ),
        "users": count("Distinct people who sent them, or caused the event."),
        "moved_chat_id": int64(
            "Of `migrate_to_chat_id`, the supergroup that the group became; of "
            "`migrate_from_chat_id`, the group that it was; null for all others."
        ),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.DAY,
    conservation_rule=ConservationRule(
        "content_is_conserved",
        "New messages in enriched_updates = the sum of messages.",
        input_rows=each_day("count(*)", SENT_ROWS),
        output_rows=each_day("sum(messages)", "content_mix"),
    ),
)

REACTIONS: Final = Mart(
    name="reactions",
    description="Which reactions are given and taken back.",
    limitations="Reactions in chats where the bot is not an administrator or does not request "
    "`message_reaction` updates, and in channels, of which Telegram sends totals only. An imported "
    "history has totals of each message, too, and not when they were given: these are in "
    "`messages`.",
    columns={
        **BOT,
        **CHAT,
        "reaction": always(kind("The emoji, `custom:<id>`, or `paid`.")),
        "added": count("How often it was given, by people and on behalf of chats."),
        "removed": count("How often it was taken back."),
        "users": count("Distinct people who gave it."),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.DAY,
    conservation_rule=ConservationRule(
        "reactions_are_conserved",
        "Reactions in enriched_updates = the sum of added and removed.",
        input_rows=each_day(
            "sum(coalesce(array_length(reactions_added), 0)"
            " + coalesce(array_length(reactions_removed), 0))",
            "enriched_updates WHERE NOT is_copy",
        ),
        output_rows=each_day("sum(added + removed)", "reactions"),
    ),
)

MEMBERS: Final = Mart(
    name="members",
    description="How many people join and leave each chat.",
    limitations="Changes that Telegram neither announces in the chat nor sends as an update: a "
    "bot that is not an administrator gets announcements only, and large groups have none. Two "
    "joins or leaves of one person within 5 minutes, one announced and one sent as an update, are "
    "taken for one event; if one of both arrives more than 7 days late, it counts again. Joins and "
    "leaves of an imported history are not counted: it names those "
    "who were added or removed, without telling which accounts they are. Invite links are known "
    "only of joins that are sent as an update, to administrators; and not if texts are not kept "
    "(`TG_DROP_TEXT`).",
    columns={
        **BOT,
        **CHAT,
        "invite_link_name": Column(
            pa.string(),
            "The name of the invite link that they joined through, as an administrator wrote it; "
            "null for links without a name, joins without a link, and leaves.",
            role=Role.WRITTEN,
        ),
        "joins": count("Times that a person became a member; bots are not counted."),
        "leaves": count("Times that a person left or was removed."),
        "net": count("joins - leaves."),
    },
    sources=(ENRICHED_UPDATES,),
    grain=TableGrain.DAY,
    # An announcement and the update of the same event may be on both sides of midnight.
    lookback_days=1,
)
