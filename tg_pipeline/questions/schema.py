"""The columns of the result: one row per question."""

from typing import Final

import pyarrow as pa

_TIMESTAMP: Final = pa.timestamp("us", tz="UTC")


def described(
    name: str, kind: pa.DataType, description: str, *, nullable: bool = False
) -> pa.Field:
    """Declare a column, with its description."""
    return pa.field(name, kind, nullable, {"description": description})


QUESTIONS_SCHEMA: Final = pa.schema(
    [
        described("bot_id", pa.int64(), "The bot that got the message."),
        described(
            "is_copy",
            pa.bool_(),
            "Whether a bot with a lower id also received the message, in a supergroup or channel.",
        ),
        described("kind", pa.string(), "`message`, `business_message` or `guest_message`."),
        described(
            "business_connection_id",
            pa.string(),
            "The connection to the business account that it belongs to; null outside of these.",
            nullable=True,
        ),
        described(
            "chat_id", pa.int64(), "Where it was asked, by the chat's newest id.", nullable=True
        ),
        described(
            "chat_id_then",
            pa.int64(),
            "The chat, by the id it had when the message was sent.",
            nullable=True,
        ),
        described(
            "message_id",
            pa.int64(),
            "The message, unique within its bot, kind, business connection and `chat_id_then`.",
            nullable=True,
        ),
        described("user_id", pa.int64(), "Who asked; null where that is unknown.", nullable=True),
        described("sent_at", _TIMESTAMP, "When the message was sent, in UTC.", nullable=True),
        described(
            "asked_at",
            _TIMESTAMP,
            "When it became a question, in UTC: when it was sent or, if it was first sent as "
            "something else, when its present text was.",
            nullable=True,
        ),
        described(
            "text",
            pa.string(),
            "The message as it was written. A command in front is left out if what follows is a "
            "question without it, or if the command only says that something is asked: `/ask`.",
        ),
        described("language", pa.string(), "Its language, as far as its words tell: pt, en or es."),
        described(
            "group_id",
            pa.int64(),
            "The questions that mean the same, numbered by how many they are: 0 is asked most; "
            "-1 is a question that has no company. Groups never span bots.",
        ),
        described(
            "group_name",
            pa.string(),
            "How most of the group ask it, as somebody wrote it; null for one alone.",
            nullable=True,
        ),
        described(
            "topic_id",
            pa.int64(),
            "The questions about the same topic: whole groups, and single ones. Numbered by how "
            "many they are: 0 is asked most; -1 is none, or one that `TG_TOPICS` ignores. Each bot "
            "has its own number for a topic of `TG_TOPICS`, by the same name.",
        ),
        described(
            "topic_name",
            pa.string(),
            "The name of the topic: from `TG_TOPICS`, or of a group that is large and typical; "
            "null without one.",
            nullable=True,
        ),
    ],
    metadata={"description": "Questions, with the groups of those that mean the same."},
)
