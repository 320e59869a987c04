"""What really happened between people and the bot, for those who check figures about it.

The lines of the sample say the same, but a program must infer it from them.
"""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class ReplyKind(Enum):
    """How good the bot's reply is."""

    RIGHT = "right"
    WRONG = "wrong"
    """The answer to another question."""
    FALLBACK = "fallback"
    """The text that says that the bot did not understand."""


@dataclass(frozen=True, slots=True)
class Started:
    """A person sent `/start` in the private chat, after a link with this source if there is one."""

    user_id: int
    source: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A person asked the bot a question in the private chat.

    `repeats` is the message id of the question that the person asks again.
    """

    chat_id: int
    message_id: int
    repeats: int | None


@dataclass(frozen=True, slots=True)
class Thanked:
    """A person thanked the bot in the private chat, and asked nothing."""

    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Replied:
    """The bot replied to a question or a command: `reply_id` is its message."""

    chat_id: int
    message_id: int
    reply_id: int
    kind: ReplyKind


@dataclass(frozen=True, slots=True)
class Refused:
    """A call of the bot failed."""

    chat_id: int
    error_code: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """A person blocked the bot."""

    user_id: int


@dataclass(frozen=True, slots=True)
class Unblocked:
    """A person who had blocked the bot allows it to write again."""

    user_id: int


Fact: TypeAlias = Started | Asked | Thanked | Replied | Refused | Blocked | Unblocked
