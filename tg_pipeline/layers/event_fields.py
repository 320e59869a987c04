"""The time, the actor and the chat of a decoded update, by the table of `update_fields`."""

from dataclasses import astuple
from functools import lru_cache
from typing import Any, Final

from lambda_ingest.update_fields import Path, UpdateFields, fields_of
from tg_pipeline.telegram.decoding import MAX_CACHED_DECODERS
from tg_pipeline.telegram.models import Chat, TelegramObject, User

MICROSECONDS: Final = 1_000_000
"""Microseconds per second; the unit of the timestamp columns."""

_RENAMED: Final = {"from": "from_user"}
"""Field names that Python reserves."""


def event_time(content: TelegramObject, update_type: str) -> int | None:
    """Return when an update happened, in microseconds; Telegram uses 0 for "no time"."""
    for path in _attributes(update_type).time:
        second: int | None = _follow(content, path)
        if second:
            return second * MICROSECONDS
    return None


def actor(content: TelegramObject, update_type: str) -> User | None:
    """Return the user who caused an update."""
    user: User | None = _first(content, _attributes(update_type).actor)
    return user


def chat(content: TelegramObject, update_type: str) -> Chat | None:
    """Return the chat of an update; of a private chat, perhaps only its id."""
    paths = _attributes(update_type)
    found: Chat | None = _first(content, paths.chat)
    if found is not None or not paths.private_chat:
        return found
    chat_id: int | None = _first(content, paths.private_chat)
    return None if chat_id is None else Chat(id=chat_id, type="private")


def _first(content: TelegramObject, paths: tuple[Path, ...]) -> Any:
    for path in paths:
        value = _follow(content, path)
        if value is not None:
            return value
    return None


def _follow(content: TelegramObject, path: Path) -> Any:
    value: Any = content
    for name in path:
        value = getattr(value, name, None)
    return value


@lru_cache(maxsize=MAX_CACHED_DECODERS)
def _attributes(update_type: str) -> UpdateFields:
    """Return the paths of an update type as attributes of the structs."""
    fields = fields_of(update_type)
    return UpdateFields(*map(_renamed, astuple(fields)))


def _renamed(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(tuple(_RENAMED.get(name, name) for name in path) for path in paths)
