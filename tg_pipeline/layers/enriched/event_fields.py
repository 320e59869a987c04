"""The time, the actor and the chat of a decoded update, by the table of `update_fields`."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, NamedTuple

from lambda_ingest.update_fields import Path, fields_of
from tg_pipeline.telegram.decoding import MAX_CACHED_DECODERS
from tg_pipeline.telegram.models import Chat, TelegramObject, User

MICROSECONDS: Final = 1_000_000
"""Microseconds per second; the unit of the timestamp columns."""

_RENAMED: Final = {"from": "from_user"}
"""Field names that Python reserves."""

_Getters = tuple[Callable[[TelegramObject], Any], ...]


class _Fields(NamedTuple):
    """What reads the paths of an update type; of several, the first that is present counts."""

    time: _Getters
    actor: _Getters
    chat: _Getters
    private_chat: _Getters


def event_time(content: TelegramObject, update_type: str) -> int | None:
    """Return when an update happened, in microseconds; Telegram uses 0 for "no time"."""
    second: int | None = _first(content, _fields(update_type).time)
    return second * MICROSECONDS if second else None


def actor(content: TelegramObject, update_type: str) -> User | None:
    """Return the user who caused an update."""
    user: User | None = _first(content, _fields(update_type).actor)
    return user


def chat(content: TelegramObject, update_type: str) -> Chat | None:
    """Return the chat of an update; of a private chat, perhaps only its id."""
    fields = _fields(update_type)
    found: Chat | None = _first(content, fields.chat)
    if (found is not None and found.id is not None) or not fields.private_chat:
        return found
    chat_id: int | None = _first(content, fields.private_chat)
    return found if chat_id is None else Chat(id=chat_id, type="private")


def _first(content: TelegramObject, getters: _Getters) -> Any:
    for get in getters:
        try:
            value = get(content)
        except AttributeError:  # an object on the path is missing
            continue
        if value:
            return value
    return None


@lru_cache(maxsize=MAX_CACHED_DECODERS)
def _fields(update_type: str) -> _Fields:
    fields = fields_of(update_type)
    return _Fields(*map(_getters, (fields.time, fields.actor, fields.chat, fields.private_chat)))


def _getters(paths: Iterable[Path]) -> _Getters:
    return tuple(attrgetter(".".join(_RENAMED.get(name, name) for name in path)) for path in paths)
