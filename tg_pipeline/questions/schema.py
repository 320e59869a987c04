"""The columns of the result: one row per question."""

from typing import Final

import pyarrow as pa

_TIMESTAMP: Final = pa.timestamp("us", tz="UTC")


def _field(name: str, kind: pa.DataType, description: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable, {"description": description})


QUESTIONS_SCHEMA: Final = pa.schema(
    [
        _field("bot_id", pa.int64(), "The bot that got the message."),
        _field("kind", pa.string(), "`message`, `business_message` or `guest_message`."),
        _field("chat_id", pa.int64(), "Where it was asked.", nullable=True),
        _field(
            "message_id", pa.int64(), "The message, unique within its kind and chat.", nullable=True
        ),
        _field("user_id", pa.int64(), "Who asked; null where that is unknown.", nullable=True),
        _field("sent_at", _TIMESTAMP, "When it was asked, in UTC.", nullable=True),
        _field("text", pa.string(), "The message as it was written."),
        _field("language", pa.string(), "Its language, as far as its words tell: pt, en or es."),
        _field(
            "group_id",
            pa.int64(),
            "The questions that mean the same, numbered by how many they are: 0 is asked most; "
            "-1 is a question that has no company. Groups never span bots.",
        ),
        _field(
            "group_name",
            pa.string(),
            "The most typical question of the group, as somebody wrote it; null for one alone.",
            nullable=True,
        ),
    ],
    metadata={"description": "Questions, with the groups of those that mean the same."},
)
