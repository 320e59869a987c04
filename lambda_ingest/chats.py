"""Which chat an update happened in, and how a chat comes by a new id. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

MAX_CHAT_ID: Final = 2**63 - 1
"""Ids are kept as signed 64-bit integers, everywhere downstream."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A group that became a supergroup, and has two ids since."""

    old: int
    new: int

    def told(self) -> str:
        """Say what it means for a filter, and what to do."""
        return f"Chat {self.old} became {self.new}, which is kept too. Add it to TELEGRAM_CHAT_IDS."


def chat_of(update: dict[str, Any]) -> int | None:
    """Give the id of the chat that an update happened in, None where it names none.

    A callback happened where its message stands; an inline query, a poll or a payment names no
    chat. Source: https://core.telegram.org/bots/api#update
    """
    for content in _contents(update):
        message = content.get("message")
        for place in (content, message if isinstance(message, dict) else {}):
            chat = place.get("chat")
            chat_id = chat.get("id") if isinstance(chat, dict) else None
            if _is_chat_id(chat_id):
                return chat_id
        private = content.get("user_chat_id")
        if _is_chat_id(private):
            return private
    return None


def migration_of(update: dict[str, Any]) -> Migration | None:
    """Give the change of id that a service message tells of, in the old chat or in the new one.

    Source: https://core.telegram.org/bots/api#message (migrate_to_chat_id, migrate_from_chat_id)
    """
    message = update.get("message")
    if not isinstance(message, dict):
        return None
    here, new, old = (
        chat_of(update),
        message.get("migrate_to_chat_id"),
        message.get("migrate_from_chat_id"),
    )
    if here is not None and _is_chat_id(new):
        return Migration(old=here, new=new)
    if here is not None and _is_chat_id(old):
        return Migration(old=old, new=here)
    return None


def _contents(update: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, content in update.items():
        if name != "update_id" and isinstance(content, dict):
            yield content


def _is_chat_id(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_CHAT_ID
