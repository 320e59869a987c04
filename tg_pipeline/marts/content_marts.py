"""What is sent: marts of a day, made of that day's enriched_updates alone."""

from typing import Final

from tg_pipeline.layers.enriched_columns import ENRICHED_UPDATES
from tg_pipeline.layers.schema import always, string
from tg_pipeline.marts.activity_marts import SENT_ROWS
from tg_pipeline.marts.columns import BOT, CHAT, MESSAGES, USERS, count
from tg_pipeline.marts.mart import Law, Mart, each_day

COMMANDS: Final = Mart(
    name="commands",
    answers="Which commands the bot is given.",
    cannot_know="Commands to other bots of the chat look the same where they name no bot.",
    columns={
        **BOT,
        **CHAT,
        "command": always(string("In lower case, without / and without @botname.")),
        "uses": count("Messages that begin with it."),
        **USERS,
    },
    sources=(ENRICHED_UPDATES,),
    is_daily=True,
    law=Law(
        "commands_are_conserved",
        "Messages in enriched_updates that begin with a command = the sum of uses.",
        entered=each_day("count(*)", f"{SENT_ROWS} AND command IS NOT NULL"),
        accounted=each_day("sum(uses)", "commands"),
    ),
)

CONTENT_MIX: Final = Mart(
    name="content_mix",
    answers="What messages hold: text, photo, voice, and what happens to the chat itself.",
    cannot_know="An album counts as many messages as it has pictures: that is how it arrives.",
    columns={
        **BOT,
        **CHAT,
        "content_type": always(string("The Bot API's own key; `unknown` where there is none.")),
        **MESSAGES,
        **USERS,
    },
    sources=(ENRICHED_UPDATES,),
    is_daily=True,
    law=Law(
        "content_is_conserved",
        "Messages in enriched_updates = the sum of messages.",
        entered=each_day("count(*)", SENT_ROWS),
        accounted=each_day("sum(messages)", "content_mix"),
    ),
)

REACTIONS: Final = Mart(
    name="reactions",
    answers="Which reactions people give, and take back.",
    cannot_know="Anonymous reactions, of which Telegram gives totals only; and all of them in "
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
    law=Law(
        "reactions_are_conserved",
        "Reactions in enriched_updates = the sum of added and removed.",
        entered=each_day(
            "sum(coalesce(len(reactions_added), 0) + coalesce(len(reactions_removed), 0))",
            "enriched_updates",
        ),
        accounted=each_day("sum(added + removed)", "reactions"),
    ),
)

MEMBERS: Final = Mart(
    name="members",
    answers="How many people join and leave each chat.",
    cannot_know="How many at once where the bot is no administrator: the announcement of several "
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
)
