"""A digest of what a message shows, to tell a change of its content from other edits.

Telegram also sends an edit for a first reaction, a link preview or the next position of a live
location, with the same content (https://github.com/tdlib/telegram-bot-api/issues/388).
"""

from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec import Struct

from tg_pipeline.telegram.models import Entity, Message, User

DIGEST_BYTES: Final = 8
"""Only the versions of one message are compared, so 64 bits are plenty."""

_EMPTY: Final = blake2b(digest_size=DIGEST_BYTES)
"""Copied for each digest, which takes two thirds of the time of a new one."""

_encode: Final = msgspec.json.Encoder().encode


def content_digest(message: Message, file_unique_id: str | None) -> str:
    """Return a digest of text or caption, entities, media, buttons, rich message, checklist, poll.

    `file_unique_id` is that of the message's file. Not part of it are coordinates, reactions, link
    previews, names of mentioned users, and who voted or completed a task. The order of JSON keys
    makes no difference, and neither do empty values.
    """
    if message.text and not message.entities and message.reply_markup is None:
        shown = message.text.encode()
    else:
        shown = _encode(_shown(message, file_unique_id))
    digest = _EMPTY.copy()
    digest.update(shown)
    return digest.hexdigest()


def _shown(message: Message, file_unique_id: str | None) -> list[Any]:
    entities = message.entities if message.text else message.caption_entities
    rare = (
        message.reply_markup,
        message.rich_message,
        message.checklist,
        message.poll.question if message.poll else None,
        message.paid_media,
    )
    return [
        message.text or message.caption or None,
        [_entity(each) for each in entities] if entities else None,
        file_unique_id,
        _canonical(rare) if any(rare) else None,
    ]


def _entity(entity: Entity) -> tuple[object, ...]:
    return (
        entity.type,
        entity.offset,
        entity.length,
        entity.url or None,
        entity.user.id if entity.user else None,
        entity.language or None,
        entity.custom_emoji_id or None,
    )


def _canonical(value: Any) -> Any:
    """Return a struct as an object of its fields that are not empty; a user as the id."""
    if isinstance(value, User):
        return value.id
    if isinstance(value, Struct):
        fields = {name: _canonical(getattr(value, name)) for name in value.__struct_fields__}
        return {name: field for name, field in fields.items() if field} or None
    if isinstance(value, list | tuple):
        return [_canonical(each) for each in value]
    return value
