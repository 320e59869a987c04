"""Where each type of update has its time, its actor and its chat. Standard library only.

Ingestion reads them from parsed JSON, and the layers from typed objects: both by this table.
Source: https://core.telegram.org/bots/api#update (version 10.3)
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from operator import itemgetter
from typing import Any, Final

Path = tuple[str, ...]
"""The names of nested fields, from the outermost."""


@dataclass(frozen=True, slots=True)
class UpdateFields:
    """The paths, within the content of an update; of several, the first that is present counts."""

    time: tuple[Path, ...] = ()
    """Unix times. Callbacks, queries and polls have none: the `date` of a callback's message is
    the time of that message, not of the callback."""

    actor: tuple[Path, ...] = ()
    """The User objects of who caused the update."""

    chat: tuple[Path, ...] = ()
    """The Chat objects."""

    private_chat: tuple[Path, ...] = ()
    """The ids of the private chats of types, or updates, without a Chat object."""


class ValueKind(IntEnum):
    """What the value of a key of an update is, the most likely content first."""

    OBJECT = 0
    OTHER = 1
    EMPTY_OBJECT = 2
    """{}: an object whose fields are all absent, or what programs write for an absent one."""
    EMPTY = 3
    """null, false, 0, "" or []: what programs write for a field that is absent."""


_FROM: Final = (("from",),)
_USER: Final = (("user",),)
_CHAT: Final = (("chat",),)
_DATE: Final = (("date",),)
_PRIVATE_CHAT: Final = (("user_chat_id",),)

_SENT: Final = UpdateFields(_DATE, _FROM, _CHAT)
_EDITED: Final = UpdateFields((("edit_date",), ("date",)), _FROM, _CHAT)
"""An edited message keeps the `date` at which it was sent."""

UPDATE_FIELDS: Final[Mapping[str, UpdateFields]] = {
    "message": _SENT,
    "edited_message": _EDITED,
    "channel_post": _SENT,
    "edited_channel_post": _EDITED,
    "business_connection": UpdateFields(_DATE, _USER, private_chat=_PRIVATE_CHAT),
    "business_message": _SENT,
    "edited_business_message": _EDITED,
    "deleted_business_messages": UpdateFields(_DATE, (), _CHAT),
    "guest_message": _SENT,
    "message_reaction": UpdateFields(_DATE, _USER, _CHAT),
    "message_reaction_count": UpdateFields(_DATE, (), _CHAT),
    "inline_query": UpdateFields(actor=_FROM),
    "chosen_inline_result": UpdateFields(actor=_FROM),
    "callback_query": UpdateFields((), _FROM, (("message", "chat"),)),
    "shipping_query": UpdateFields(actor=_FROM),
    "pre_checkout_query": UpdateFields(actor=_FROM),
    "purchased_paid_media": UpdateFields(actor=_FROM),
    "poll": UpdateFields(),
    "poll_answer": UpdateFields(actor=_USER),
    "my_chat_member": UpdateFields(_DATE, _FROM, _CHAT),
    "chat_member": UpdateFields(_DATE, _FROM, _CHAT),
    "chat_join_request": UpdateFields(_DATE, _FROM, _CHAT, _PRIVATE_CHAT),
    "chat_boost": UpdateFields((("boost", "add_date"),), (("boost", "source", "user"),), _CHAT),
    "removed_chat_boost": UpdateFields((("remove_date",),), (("source", "user"),), _CHAT),
    "managed_bot": UpdateFields(actor=_USER),
    "subscription": UpdateFields(actor=_USER),
    "stopped_message_generation": UpdateFields(chat=_CHAT),
}
"""All update types, in the order of the Bot API. Each version adds some; updates of types that are
not listed here are processed all the same, by `fields_of`."""

OPT_IN_UPDATE_TYPES: Final = ("message_reaction", "message_reaction_count", "chat_member")
"""Sent only if `allowed_updates` names them, and only if the bot is an administrator.

Source: https://core.telegram.org/bots/api#setwebhook (allowed_updates)
"""

_ANY_ACTOR: Final = (("from",), ("user",))
_ANY_CHAT: Final = (("chat",), ("message", "chat"))
_UNKNOWN: Final = UpdateFields(_DATE, _ANY_ACTOR, _ANY_CHAT, _PRIVATE_CHAT)
_UNKNOWN_EDIT: Final = UpdateFields(_EDITED.time, _ANY_ACTOR, _ANY_CHAT, _PRIVATE_CHAT)


def fields_of(update_type: str) -> UpdateFields:
    """Return the paths of an update type; of an unknown type, the names that most types use."""
    unknown = _UNKNOWN_EDIT if update_type.startswith("edited_") else _UNKNOWN
    return UPDATE_FIELDS.get(update_type, unknown)


def values_at(content: Mapping[str, Any], paths: Iterable[Path]) -> Iterator[Any]:
    """Yield the values at those of the paths that exist in the parsed content of an update."""
    for path in paths:
        value: Any = content
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            yield value


def kind_of(value: object) -> ValueKind:
    """Return what a parsed value is."""
    if isinstance(value, dict):
        return ValueKind.OBJECT if value else ValueKind.EMPTY_OBJECT
    is_empty = not value and not isinstance(value, float)
    return ValueKind.EMPTY if is_empty else ValueKind.OTHER


def choose_type(names: Iterable[str], values: Iterable[ValueKind]) -> str | None:
    """Return the type of an update, from its keys besides `update_id` and their kinds.

    The Bot API promises at most one key. Libraries that write out what they have parsed add the
    other types with an empty value, so the type is the first with a content, an object if possible.
    """
    ranked = sorted(zip(values, names, strict=True), key=itemgetter(0))
    return ranked[0][1] if ranked else None
