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

_encode: Final = msgspec.json.Encoder().encode


def content_digest(message: Message, file_unique_id: str | None) -> str:
    """Return a digest of text or caption, entities, media, buttons, rich message, checklist, poll.

    `file_unique_id` is that of the message's file. Not part of it are coordinates, reactions, link
    previews, names of mentioned users, and who voted or completed a task. The order of JSON keys
    makes no difference, and neither do empty values.
    """
    text = message.text or message.caption
    entities = message.entities if message.text else message.caption_entities
    shown: list[Any] = [text, [_entity(each) for each in entities] if entities else 0]
    if file_unique_id is not None:
        shown.append(file_unique_id)
    rare = (
        message.reply_markup,
        message.rich_message,
        message.checklist,
        message.poll,
        message.paid_media,
    )
    if rare != _NOTHING:
        shown.append(_canonical(rare))
    return blake2b(_encode(shown), digest_size=DIGEST_BYTES).hexdigest()


_NOTHING: Final = (None, None, None, None, None)


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
        return {name: field for name, field in fields.items() if field}
    if isinstance(value, list | tuple):
        return [_canonical(each) for each in value]
    return value
