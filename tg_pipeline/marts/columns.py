"""Columns that several marts have, and the types that no layer has."""

from typing import Final

import pyarrow as pa

from tg_pipeline.layers.schema import Column, always, int64, string


def day(description: str) -> Column:
    """Declare a column of days."""
    return Column(pa.date32(), description)


def number(description: str) -> Column:
    """Declare a column of numbers that need not be whole: shares, seconds."""
    return Column(pa.float64(), description)


def count(description: str) -> Column:
    """Declare a column of counts, never null."""
    return always(int64(description))


BOT: Final = {"bot_id": always(int64("The bot that got the updates."))}
CHAT: Final = {"chat_id": int64("The chat, by the id it had then; null where there is none.")}
LASTING_CHAT: Final = {
    "chat_id": int64("The chat, by its newest id: a group that became a supergroup has one.")
}
KIND: Final = {
    "kind": always(
        string(
            "`message`, `channel_post`, `business_message` or `guest_message`: message ids of "
            "business chats are others than those of the same chat with the bot."
        )
    )
}
TOPIC: Final = {"topic_id": int64("The topic of a forum; null outside of topics.")}
WEEK: Final = {"week": always(day("The Monday of the ISO week, in `TG_TIMEZONE`."))}
MESSAGES: Final = {"messages": count("Messages sent; an edit sends none.")}
USERS: Final = {"users": count("Distinct people who did so; bots and chats are none.")}
