"""deduped_updates → enriched_updates: each payload flattened into one typed row.

The columns are declared in `enriched_schema.py`.
"""

from typing import Final

import msgspec
import pyarrow as pa

from tg_pipeline.layers.batches import gc_paused
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES, EnrichedUpdate
from tg_pipeline.telegram.decoding import content_keys, read_content
from tg_pipeline.telegram.models import (
    CallbackQuery,
    Chat,
    Entity,
    Media,
    Member,
    Message,
    OtherUpdate,
    Poll,
    Reaction,
    User,
)

CARRIED: Final = frozenset({"bot_id", "update_id", "update_type", "received_at"})
"""Columns that deduped_updates has already, and that are passed through unchanged."""

MICROSECONDS: Final = 1_000_000
"""Microseconds per second; the unit of the timestamp columns."""

FILES: Final = (
    "animation",
    "live_photo",
    "photo",
    "sticker",
    "voice",
    "video",
    "audio",
    "document",
    "video_note",
)
"""Contents that are a file. An animation comes with a document, a live photo with a photo: the
more specific one is listed first."""

NOT_CONTENT: Final = frozenset(
    """
    message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count
    sender_business_bot sender_tag date guest_query_id business_connection_id chat forward_origin
    forward_from forward_from_chat forward_from_message_id forward_signature forward_sender_name
    forward_date is_topic_message is_automatic_forward reply_to_message external_reply quote
    reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot
    guest_bot_caller_user guest_bot_caller_chat edit_date has_protected_content is_from_offline
    is_paid_post media_group_id author_signature paid_star_count entities link_preview_options
    suggested_post_info effect_id caption caption_entities show_caption_above_media
    has_media_spoiler reply_markup receiver_user ephemeral_message_id new_chat_participant
    new_chat_member left_chat_participant
    """.split()
)
"""Fields of a message that are not its content. https://core.telegram.org/bots/api#message"""

PREFERRED_CONTENT: Final = ("venue", "new_chat_members", "left_chat_member")
"""Contents that come together with a less specific one, such as a venue with its location."""

LINKS: Final = frozenset({"url", "text_link"})
MENTIONS: Final = frozenset({"mention", "text_mention"})


def enrich(deduped: pa.RecordBatch) -> pa.RecordBatch:
    """Return one flat row per deduped row, in the same order. No payload raises an error."""
    schema = ENRICHED_UPDATES.schema
    with gc_paused():
        payloads = deduped["payload"].to_pylist()
        types = deduped["update_type"].to_pylist()
        rows = [
            msgspec.structs.astuple(enrich_update(payload, update_type))
            for payload, update_type in zip(payloads, types, strict=True)
        ]
        columns = zip(*rows, strict=True) if rows else iter([()] * len(schema))
        arrays = [
            deduped[field.name] if field.name in CARRIED else pa.array(values, field.type)
            for field, values in zip(schema, columns, strict=True)
        ]
    return pa.record_batch(arrays, schema=schema)


def enrich_update(payload: bytes, update_type: str | None) -> EnrichedUpdate:
    """Return one update as a flat row; the CARRIED columns keep their defaults."""
    content = read_content(payload, update_type)
    row = EnrichedUpdate(fields_nulled=content.nulled)
    is_edit = update_type is not None and update_type.startswith("edited_")
    match content.value:
        case Message() as message:
            _fill_message(row, message, is_edit=is_edit)
            if row.content_type is None and update_type is not None:
                row.content_type = _content_type(content_keys(payload, update_type))
        case CallbackQuery() as callback:
            _fill_callback(row, callback)
        case Poll() as poll:
            row.poll_id = poll.id
        case OtherUpdate() as update:
            _fill_other_update(row, update, is_edit=is_edit)
        case _:
            pass
    return row


# Messages


def _fill_message(row: EnrichedUpdate, message: Message, *, is_edit: bool) -> None:
    row.message_id = message.message_id
    row.message_thread_id = message.message_thread_id
    row.date = message.date
    row.edit_date = message.edit_date
    row.event_at = _timestamp(message.edit_date if is_edit else message.date)
    _fill_user(row, message.from_user)
    _fill_chat(row, message.chat)
    row.sender_chat_id = message.sender_chat.id if message.sender_chat else None
    if message.text is not None:
        row.text = message.text
        row.content_type = "text"
        _fill_text(row, message.text, message.entities)
    else:
        _fill_media(row, message)
        _fill_rare_contents(row, message)
    _fill_relations(row, message)


def _content_type(keys: list[str]) -> str | None:
    """Return the key of a message's content among the message's keys, whether known or not."""
    contents = [key for key in keys if key not in NOT_CONTENT]
    preferred = (key for key in PREFERRED_CONTENT if key in contents)
    return next(preferred, None) or next(iter(contents), None)


def _fill_text(row: EnrichedUpdate, text: str, entities: list[Entity] | None) -> None:
    """Fill the columns about a text or a caption, and its entities."""
    row.text_length = len(text)
    if not entities:
        return
    types = [entity.type for entity in entities if entity.type is not None]
    row.entity_types = types
    row.url_count = sum(kind in LINKS for kind in types)
    row.mention_count = sum(kind in MENTIONS for kind in types)
    if "hashtag" in types:
        row.hashtags = [_entity_text(text, each) for each in entities if each.type == "hashtag"]
    if types[:1] == ["bot_command"] and entities[0].offset == 0:
        command = _entity_text(text, entities[0])
        row.command = command.removeprefix("/").partition("@")[0].lower() or None
        row.command_args = text[len(command) :].strip() or None


def _entity_text(text: str, entity: Entity) -> str:
    """Return the part of a text that an entity marks; its offset and length are UTF-16 units.

    https://core.telegram.org/bots/api#messageentity
    """
    start, length = max(entity.offset or 0, 0), max(entity.length or 0, 0)
    if text.isascii():
        return text[start : start + length]
    units = text.encode("utf-16-le")
    return units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace")


def _fill_media(row: EnrichedUpdate, message: Message) -> None:
    if message.caption is not None:
        row.caption = message.caption
        _fill_text(row, message.caption, message.caption_entities)
    row.media_group_id = message.media_group_id
    for name in FILES:
        file: Media | list[Media] | None = getattr(message, name)
        if file:
            row.content_type = name
            # A photo is a list of sizes, the largest one last.
            _fill_file(row, file[-1] if isinstance(file, list) else file)
            return


def _fill_file(row: EnrichedUpdate, file: Media) -> None:
    row.file_unique_id = file.file_unique_id
    row.file_size = file.file_size
    row.mime_type = file.mime_type
    row.duration = file.duration


def _fill_rare_contents(row: EnrichedUpdate, message: Message) -> None:
    row.migrate_to_chat_id = message.migrate_to_chat_id
    row.migrate_from_chat_id = message.migrate_from_chat_id
    row.poll_id = message.poll.id if message.poll else None
    payment = message.successful_payment or message.refunded_payment or message.invoice
    if payment:
        row.currency = payment.currency
        row.total_amount = payment.total_amount


def _fill_relations(row: EnrichedUpdate, message: Message) -> None:
    replied = message.reply_to_message
    if replied:
        row.reply_to_message_id = replied.message_id
        row.reply_to_user_id = replied.from_user.id if replied.from_user else None
    row.via_bot_id = message.via_bot.id if message.via_bot else None
    row.forward_origin_type = _forward_origin_type(message)


def _forward_origin_type(message: Message) -> str | None:
    if message.forward_origin:
        return message.forward_origin.type
    if message.forward_from:
        return "user"
    if message.forward_from_chat:
        return "channel" if message.forward_from_chat.type == "channel" else "chat"
    return "hidden_user" if message.forward_sender_name else None


# Other updates


def _fill_callback(row: EnrichedUpdate, callback: CallbackQuery) -> None:
    """Fill the columns of a pressed button; the message is the one that the button belongs to."""
    _fill_user(row, callback.from_user)
    row.callback_data = callback.data
    if callback.message:
        row.message_id = callback.message.message_id
        row.message_thread_id = callback.message.message_thread_id
        _fill_chat(row, callback.message.chat)


def _fill_other_update(row: EnrichedUpdate, update: OtherUpdate, *, is_edit: bool) -> None:
    """Fill the columns of any other update, of a known type or an unknown one."""
    _fill_user(row, update.from_user or update.user)
    _fill_chat(row, update.chat)
    actor = update.actor_chat or update.voter_chat
    row.sender_chat_id = actor.id if actor else None
    row.date = update.date
    row.edit_date = update.edit_date
    row.event_at = _timestamp(update.edit_date if is_edit else update.date)
    row.message_id = update.message_id
    row.message_thread_id = update.message_thread_id
    row.query = update.query
    row.poll_id = update.poll_id
    row.currency = update.currency
    row.total_amount = update.total_amount
    _fill_reactions(row, update)
    _fill_member(row, update.old_chat_member, update.new_chat_member)


def _fill_reactions(row: EnrichedUpdate, update: OtherUpdate) -> None:
    if update.old_reaction is None and update.new_reaction is None:
        return
    old, new = _reaction_names(update.old_reaction), _reaction_names(update.new_reaction)
    row.reactions_added = [name for name in new if name not in old]
    row.reactions_removed = [name for name in old if name not in new]


def _reaction_names(reactions: list[Reaction] | None) -> list[str]:
    names = (_reaction_name(reaction) for reaction in reactions or [])
    return [name for name in names if name]


def _reaction_name(reaction: Reaction) -> str | None:
    """Return the emoji, `custom:<id>`, or the type of a reaction that has neither."""
    if reaction.type == "custom_emoji":
        return f"custom:{reaction.custom_emoji_id}"
    return reaction.emoji or reaction.type


def _fill_member(row: EnrichedUpdate, old: Member | None, new: Member | None) -> None:
    row.member_old_status = old.status if old else None
    if new:
        row.member_new_status = new.status
        row.member_user_id = new.user.id if new.user else None


# Parts of messages and of other updates


def _fill_user(row: EnrichedUpdate, user: User | None) -> None:
    """Fill the columns about the user who acted."""
    if user is None:
        return
    row.user_id = user.id
    row.user_is_bot = user.is_bot
    row.user_first_name = user.first_name
    row.user_username = user.username
    row.user_language_code = user.language_code
    row.user_is_premium = user.is_premium


def _fill_chat(row: EnrichedUpdate, chat: Chat | None) -> None:
    if chat is None:
        return
    row.chat_id = chat.id
    row.chat_type = chat.type
    row.chat_title = chat.title
    row.chat_username = chat.username


def _timestamp(second: int | None) -> int | None:
    """Return a Unix time in microseconds; Telegram uses 0 for "no time"."""
    return second * MICROSECONDS if second else None
