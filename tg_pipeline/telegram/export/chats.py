"""Which chats of an export are imported, and under which ids: pure decisions.

Telegram Desktop writes the export of a person, so ids are without the sign and the prefix of the
Bot API, and the chat with a bot has the id of the bot.
"""

from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from lambda_ingest.synthetic.updates import OLD_ID_BITS
from tg_pipeline.telegram.export.lines import sender_of
from tg_pipeline.telegram.export.reader import ExportedChat
from tg_pipeline.telegram.models import SUPERGROUP_BASE

PERSONAL: Final = "personal_chat"
BOT_CHAT: Final = "bot_chat"

TYPES: Final = {
    PERSONAL: "private",
    BOT_CHAT: "private",
    "private_group": "group",
    "private_supergroup": "supergroup",
    "public_supergroup": "supergroup",
    "private_channel": "channel",
    "public_channel": "channel",
}
"""The kinds of chats that can be imported, and what the Bot API calls them. Others, such as
`saved_messages`, `replies` and `verification_codes`, are never with a bot.

Source: https://github.com/telegramdesktop/tdesktop (export_output_json.cpp, writeDialogStart)
"""

OLD_USERS: Final = frozenset({1})
OLD_CHATS: Final = frozenset({2, 3})
"""These kinds: users, and groups and channels."""


class ChatLeftOut(Enum):
    """Why a chat is not imported; the value continues "not imported: "."""

    KIND = "no chat of this kind has a bot"
    PERSONAL = "a chat with a person; --chat {id} would import it"
    OTHER_BOT = "a chat with another bot; --chat {id} would import it"
    NOT_CHOSEN = "not named by --chat"
    NO_USER = "its user is not known, as it has no message of a person; --as-user would name them"
    NOT_KEPT = "not in TELEGRAM_CHAT_IDS; --chat {id} would import it"


class ChatRefusedError(ValueError):
    """The chat of an export can't be imported; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the operator chose."""

    bot_id: int
    """0: not known."""
    chats: frozenset[int] = frozenset()
    """Ids, as exported or as in the Bot API; empty: the default choice."""
    kept_chats: frozenset[int] = frozenset()
    """The chats that ingestion keeps; empty: all."""
    user_id: int | None = None
    """The person whose chat with the bot it is."""


@dataclass(frozen=True, slots=True)
class ChatTarget:
    """The chat that messages are imported into."""

    chat_id: int
    """As in the Bot API."""
    type: str
    title: str

    def as_object(self) -> dict[str, Any]:
        """Return it as a Chat of the Bot API; a private chat has no title."""
        titled = {"title": self.title} if self.title and self.type != "private" else {}
        return {"id": self.chat_id, "type": self.type, **titled}


def choose(
    chat: ExportedChat, owner: int | None, options: ImportOptions
) -> ChatTarget | ChatLeftOut:
    """Return what a chat is imported into, or why it is not.

    `owner` is the user who exported it, if known. Reads ahead in the chat where it has to. Raises
    ChatRefusedError.
    """
    if chat.kind not in TYPES:
        return ChatLeftOut.KIND
    number = _number(chat)
    target_id = _bot_api_id(chat.kind, number)
    is_named = not options.chats.isdisjoint(ids_of(chat))
    if options.chats and not is_named:
        return ChatLeftOut.NOT_CHOSEN
    if chat.is_single:
        if chat.kind == BOT_CHAT and options.bot_id not in {0, number}:
            raise ChatRefusedError(
                f"The export is of a chat with the bot {number}, but updates of the bot "
                f"{options.bot_id} are stored: name the bot with --bot-id, if it is another of "
                "yours."
            )
    elif not is_named and (reason := _reason_to_leave_out(chat.kind, number, target_id, options)):
        return reason
    if chat.kind == BOT_CHAT:
        user = options.user_id or owner or _first_user(chat, number)
        if user is None:
            return ChatLeftOut.NO_USER
        target_id = user
    return ChatTarget(target_id, TYPES[chat.kind], chat.name)


def ids_of(chat: ExportedChat) -> frozenset[int]:
    """Return the ids by which an operator may name a chat: as exported, and as in the Bot API."""
    if chat.kind not in TYPES:
        return frozenset({chat.number})
    number = _number(chat)
    return frozenset({chat.number, number, _bot_api_id(chat.kind, number)})


def _reason_to_leave_out(
    kind: str, number: int, target_id: int, options: ImportOptions
) -> ChatLeftOut | None:
    """Return why a chat of a full export is not imported unless it is named; None if it is.

    A person's chats are mostly not with the bot.
    """
    if kind == PERSONAL:
        return ChatLeftOut.PERSONAL
    if kind == BOT_CHAT:
        return ChatLeftOut.OTHER_BOT if number != options.bot_id else None
    is_kept = not options.kept_chats or target_id in options.kept_chats
    return None if is_kept else ChatLeftOut.NOT_KEPT


def _bot_api_id(kind: str, number: int) -> int:
    if number < 0:
        return number  # a program has converted it
    match TYPES[kind]:
        case "private":
            return number
        case "group":
            return -number
        case _:
            return SUPERGROUP_BASE - number


def _number(chat: ExportedChat) -> int:
    """Return the id of a chat without the shift of old versions.

    Theirs also wrote the senders as bare numbers, with the same shift.
    """
    kinds = OLD_USERS if TYPES[chat.kind] == "private" else OLD_CHATS
    if chat.number >> OLD_ID_BITS not in kinds:
        return chat.number
    with closing(chat.peek()) as parts:
        senders = (sender_of(part) for part in parts if part.is_readable)
        is_old = isinstance(next((each for each in senders if each is not None), None), int)
    return chat.number % (1 << OLD_ID_BITS) if is_old else chat.number


def _first_user(chat: ExportedChat, bot: int) -> int | None:
    """Return the first user who wrote in a chat with a bot."""
    with closing(chat.peek()) as parts:
        users = (user_id_of(sender_of(part)) for part in parts if part.is_readable)
        return next((each for each in users if each not in {None, bot}), None)


def user_id_of(sender: str | int | None) -> int | None:
    """Return the id of a user: `user5`, or a number of an old version; None for other senders."""
    if isinstance(sender, int):
        return sender % (1 << OLD_ID_BITS) if sender >> OLD_ID_BITS in OLD_USERS else None
    digits = sender.removeprefix("user") if sender else ""
    is_user = digits != sender and digits.isascii() and digits.isdecimal()
    return int(digits) if is_user else None
