"""deduped_updates → enriched_updates: each payload flattened into one typed row.

The columns are declared in `enriched_schema.py`.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import pyarrow as pa

from lambda_ingest.synthetic.updates import BOT_CALL, EXPORTED_MESSAGE, is_synthetic
from lambda_ingest.update_fields import ValueKind
from tg_pipeline.layers.batches import gc_paused
from tg_pipeline.layers.definitions import (
    ACTIVITIES,
    SHARED_ACCOUNTS,
    TELEGRAM_ID,
    WRITE,
    WRITTEN_TYPES,
    is_in_chat,
)
from tg_pipeline.layers.drift import DriftCounter
from tg_pipeline.layers.enriched.bot_calls import read_bot_call
from tg_pipeline.layers.enriched.content_digest import content_digest
from tg_pipeline.layers.enriched.event_fields import MICROSECONDS, actor, chat, event_time
from tg_pipeline.layers.enriched.exported_messages import read_exported_message
from tg_pipeline.layers.enriched.rich_text import flatten
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES, EnrichedUpdate
from tg_pipeline.layers.enriched.synthetic_content import SyntheticContent
from tg_pipeline.telegram.decoding import content_fields, read_content
from tg_pipeline.telegram.fields import MESSAGE_ATTRIBUTES, SERVICE_MESSAGES
from tg_pipeline.telegram.models import (
    BusinessConnection,
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

PREFERRED_CONTENT: Final = (
    *("text", *FILES, "venue"),
    *("new_chat_members", "left_chat_member", "users_shared"),
    *("video_chat_scheduled", "video_chat_started", "video_chat_ended"),
    "video_chat_participants_invited",
)
"""Contents that come together with a less specific one or with an earlier name, such as a venue
with its location, or `users_shared` with `user_shared`."""

NO_FILE: Final = Media()
"""A file that is written out without any field."""

LINKS: Final = frozenset({"url", "text_link"})
MENTIONS: Final = frozenset({"mention", "text_mention"})


def enrich(
    deduped: pa.RecordBatch, drift: DriftCounter | None = None, is_copy: pa.Array | None = None
) -> pa.RecordBatch:
    """Return one flat row per deduped row, in the same order. No payload raises an error.

    `drift` counts what no column reads; `is_copy` is the column of that name, None if no row is a
    copy.
    """
    known = {name: deduped[name] for name in CARRIED}
    if is_copy is not None:
        known["is_copy"] = is_copy
    with gc_paused():
        # The rows are gone when this returns, before the collector runs again.
        return _flat(deduped, drift, known)


def _flat(
    deduped: pa.RecordBatch, drift: DriftCounter | None, known: Mapping[str, pa.Array]
) -> pa.RecordBatch:
    """Return the flat rows; columns that are `known` are taken over."""
    schema = ENRICHED_UPDATES.schema
    names = ("payload", "update_type", "bot_id", "update_id")
    values = zip(*(deduped[name].to_pylist() for name in names), strict=True)
    rows = [
        msgspec.structs.astuple(enrich_update(payload, update_type, drift, bot_id, update_id))
        for payload, update_type, bot_id, update_id in values
    ]
    columns = zip(*rows, strict=True) if rows else iter([()] * len(schema))
    arrays = [
        known[field.name] if field.name in known else pa.array(column, field.type)
        for field, column in zip(schema, columns, strict=True)
    ]
    return pa.record_batch(arrays, schema=schema)


def enrich_update(
    payload: bytes,
    update_type: str | None,
    drift: DriftCounter | None = None,
    bot_id: int = 0,
    update_id: int = 0,
) -> EnrichedUpdate:
    """Return one update as a flat row; the CARRIED columns keep their defaults."""
    if is_synthetic(update_id) and update_type == BOT_CALL:
        call = read_bot_call(payload, bot_id)
        return _enrich_synthetic(EnrichedUpdate(origin="call"), call, drift, bot_id)
    if is_synthetic(update_id) and update_type == EXPORTED_MESSAGE:
        exported = read_exported_message(payload, bot_id)
        return _enrich_synthetic(EnrichedUpdate(origin="export"), exported, drift, bot_id)
    content = read_content(payload, update_type)
    row = EnrichedUpdate(fields_nulled=content.nulled)
    if update_type is None:
        return row
    if content.is_unfamiliar and drift is not None:
        drift.count(payload, update_type)
    match content.value:
        case Message() as message:
            _fill_message(row, message, update_type)
            if row.content_type is None:
                row.content_type = _content_type(content_fields(payload, update_type))
            row.message_kind = update_type.removeprefix("edited_")
            row.is_edit = update_type not in WRITTEN_TYPES
            _fill_definitions_of_message(row, bot_id, is_service=False)
        case CallbackQuery() as callback:
            _fill_callback(row, callback)
        case Poll() as poll:
            row.poll_id = poll.id
        case OtherUpdate() as update:
            _fill_other_update(row, update, update_type)
        case _:
            pass
    _fill_person(row, update_type)
    return row


def _enrich_synthetic(
    row: EnrichedUpdate, content: SyntheticContent, drift: DriftCounter | None, bot_id: int
) -> EnrichedUpdate:
    """Fill the row of a call or an exported message, with the message as if it were an update."""
    if content.message is not None:
        read = read_content(content.message, "message")
        row.fields_nulled = read.nulled
        if read.is_unfamiliar and drift is not None and row.origin == "call":
            drift.count(content.message, "message")
        if isinstance(read.value, Message):
            row.message_kind = _kind_of(read.value)
            row.is_edit = content.is_edit
            _fill_message(row, read.value, "edited_message" if content.is_edit else "message")
            if row.content_type is None:
                found = _content_type(content_fields(content.message, "message"))
                row.content_type = content.content_type or found
    for name, value in content.columns.items():
        if value is not None:
            setattr(row, name, value)
    if row.message_kind is None:
        row.event_at = row.date * MICROSECONDS if row.date else None
        return row
    if row.origin == "call":
        row.is_own = True
    _fill_definitions_of_message(row, bot_id, is_service=content.is_service)
    _fill_person(row, row.message_kind)
    return row


def _kind_of(message: Message) -> str:
    """Return the type that an update about a new message would have."""
    if message.business_connection_id:
        return "business_message"
    is_channel = message.chat is not None and message.chat.type == "channel"
    return "channel_post" if is_channel else "message"


# Definitions


def _fill_definitions_of_message(row: EnrichedUpdate, bot_id: int, *, is_service: bool) -> None:
    row.is_service = is_service or row.content_type in SERVICE_MESSAGES
    if bot_id and row.user_id == bot_id and row.sender_business_bot_id is None:
        row.is_own = True
    is_new = not (row.is_edit or row.is_service or row.is_own)
    if is_new and not row.is_automatic_forward:
        row.is_written = True


def _fill_person(row: EnrichedUpdate, update_type: str) -> None:
    """Fill who acted in their own name, and what they did; see `definitions`.

    `update_type` is the kind of the message for what is no update.
    """
    user_id = row.user_id
    if (
        not user_id  # 0 stands for nobody: it is left of a forgotten person
        or row.user_is_bot
        or row.sender_chat_id is not None
        or row.sender_business_bot_id is not None
        or user_id in SHARED_ACCOUNTS
    ):
        return
    row.person_id = user_id
    activity = ACTIVITIES.get(update_type)
    if activity is not WRITE or (row.is_written and not row.is_from_offline):
        row.activity = activity


# Messages


def _fill_message(row: EnrichedUpdate, message: Message, update_type: str) -> None:
    row.message_id = message.message_id
    row.date = message.date
    row.edit_date = message.edit_date
    row.event_at = event_time(message, update_type)
    _fill_user(row, message.from_user)
    _fill_chat(row, message.chat)
    if message.sender_chat:
        row.sender_chat_id = message.sender_chat.id
    if message.text:
        row.text = message.text
        row.content_type = "text"
        _fill_text(row, message.text, message.entities)
    else:
        _fill_media(row, message)
        _fill_rare_contents(row, message)
    row.content_digest = content_digest(message, row.file_unique_id)
    _fill_relations(row, message)
    _fill_place(row, message)
    _fill_sending(row, message)


def _content_type(fields: dict[str, ValueKind]) -> str | None:
    """Return the key of a message's content among the message's keys, whether known or not.

    An empty object counts only if nothing else is there: some contents, such as
    `forum_topic_closed`, have no fields.
    """
    contents = {name: kind for name, kind in fields.items() if name not in MESSAGE_ATTRIBUTES}
    present = [name for name, kind in contents.items() if kind < ValueKind.EMPTY_OBJECT]
    candidates = present or [
        name for name, kind in contents.items() if kind is ValueKind.EMPTY_OBJECT
    ]
    preferred = (name for name in PREFERRED_CONTENT if name in candidates)
    return next(preferred, None) or next(iter(candidates), None)


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
    if row.mention_count:
        _fill_mentions(row, text, entities)
    if "bot_command" in types:
        _fill_command(row, text, entities)


def _fill_mentions(row: EnrichedUpdate, text: str, entities: list[Entity]) -> None:
    mentions = [_entity_text(text, each) for each in entities if each.type == "mention"]
    names = [mention.removeprefix("@").lower() for mention in mentions]
    users = [each.user for each in entities if each.type == "text_mention"]
    ids = [user.id for user in users if user and user.id is not None]
    row.mentioned_usernames = list(dict.fromkeys(names)) or None
    row.mentioned_user_ids = list(dict.fromkeys(ids)) or None


def _fill_command(row: EnrichedUpdate, text: str, entities: list[Entity]) -> None:
    """Fill the command that a text begins with; formatting may be listed before it."""
    first = next((e for e in entities if e.type == "bot_command" and e.offset == 0), None)
    if first is None:
        return
    command = _entity_text(text, first)
    name, _, bot = command.removeprefix("/").partition("@")
    row.command = name.lower() or None
    row.command_bot = bot.lower() or None
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
    if message.caption:
        row.caption = message.caption
        _fill_text(row, message.caption, message.caption_entities)
    row.media_group_id = message.media_group_id
    for name in FILES:
        file: Media | list[Media] | None = getattr(message, name)
        if file:
            # A photo is a list of sizes, the largest one last.
            largest = file[-1] if isinstance(file, list) else file
            if largest != NO_FILE:
                row.content_type = name
                _fill_file(row, largest)
                return


def _fill_file(row: EnrichedUpdate, file: Media) -> None:
    row.file_unique_id = file.file_unique_id
    row.file_size = file.file_size
    row.mime_type = file.mime_type
    row.duration = file.duration


def _fill_rare_contents(row: EnrichedUpdate, message: Message) -> None:
    row.migrate_to_chat_id = message.migrate_to_chat_id or None
    row.migrate_from_chat_id = message.migrate_from_chat_id or None
    row.poll_id = message.poll.id if message.poll else None
    if message.rich_message and message.rich_message.blocks:
        row.content_type = "rich_message"
        text, entities = flatten(message.rich_message)
        if text:
            row.text = text
            _fill_text(row, text, entities)
    if message.location:
        row.is_live_location = bool(message.location.live_period)
    if message.new_chat_members:
        members = [user for user in message.new_chat_members if user.id is not None]
        row.new_chat_member_ids = [user.id for user in members if user.id is not None]
        row.new_chat_bot_ids = [u.id for u in members if u.is_bot and u.id is not None]
    if message.left_chat_member:
        row.left_chat_member_id = message.left_chat_member.id
        row.left_chat_member_is_bot = message.left_chat_member.is_bot
    payment = message.successful_payment or message.refunded_payment or message.invoice
    if payment:
        row.currency = payment.currency
        row.total_amount = payment.total_amount


def _fill_relations(row: EnrichedUpdate, message: Message) -> None:
    replied = message.reply_to_message
    if replied:
        row.reply_to_message_id = replied.message_id
        row.reply_to_is_automatic_forward = replied.is_automatic_forward or None
        if replied.from_user:
            row.reply_to_user_id = replied.from_user.id
            row.reply_to_user_is_bot = replied.from_user.is_bot
            row.reply_to_username = replied.from_user.username
    external = message.external_reply
    if external:
        row.external_reply_chat_id = external.chat.id if external.chat else None
        row.external_reply_message_id = external.message_id
    if message.via_bot:
        row.via_bot_id = message.via_bot.id
    row.forward_origin_type = _forward_origin_type(message)


def _fill_place(row: EnrichedUpdate, message: Message) -> None:
    """Fill where in a chat a message belongs to; false is the same as absent."""
    row.message_thread_id = message.message_thread_id
    if message.is_topic_message:
        row.is_topic_message = True
    if message.business_connection_id:
        row.business_connection_id = message.business_connection_id
    if message.direct_messages_topic:
        row.direct_messages_topic_id = message.direct_messages_topic.topic_id


def _fill_sending(row: EnrichedUpdate, message: Message) -> None:
    """Fill how a message was sent, if not by its sender's hand."""
    if message.is_automatic_forward or _is_old_forward(row):
        row.is_automatic_forward = True
    if message.is_from_offline:
        row.is_from_offline = True
    if message.sender_business_bot:
        row.sender_business_bot_id = message.sender_business_bot.id


def _is_old_forward(row: EnrichedUpdate) -> bool:
    """Return whether it is an automatic forward from before Bot API 5.5 had a field for that."""
    return (
        row.user_id == TELEGRAM_ID
        and row.chat_type != "private"
        and row.forward_origin_type == "channel"
    )


def _forward_origin_type(message: Message) -> str | None:
    if message.forward_origin and message.forward_origin.type:
        return message.forward_origin.type
    if message.forward_from and message.forward_from.id is not None:
        return "user"
    if message.forward_from_chat and message.forward_from_chat.type:
        return "channel" if message.forward_from_chat.type == "channel" else "chat"
    return "hidden_user" if message.forward_sender_name else None


# Other updates


def _fill_callback(row: EnrichedUpdate, callback: CallbackQuery) -> None:
    """Fill the columns of a pressed button; the message is the one that the button belongs to."""
    _fill_user(row, callback.from_user)
    row.callback_data = callback.data
    if callback.message:
        row.message_id = callback.message.message_id
        _fill_place(row, callback.message)
        _fill_chat(row, callback.message.chat)


def _fill_other_update(row: EnrichedUpdate, update: OtherUpdate, update_type: str) -> None:
    """Fill the columns of any other update, of a known type or an unknown one."""
    _fill_user(row, actor(update, update_type))
    _fill_chat(row, chat(update, update_type))
    stand_in = update.actor_chat or update.voter_chat
    row.sender_chat_id = stand_in.id if stand_in else None
    row.date = update.date
    row.edit_date = update.edit_date
    row.event_at = event_time(update, update_type)
    row.message_id = update.message_id
    row.message_thread_id = update.message_thread_id
    row.business_connection_id = update.business_connection_id
    if isinstance(update, BusinessConnection):
        row.business_connection_id = update.id
    row.query = update.query
    row.poll_id = update.poll_id
    row.currency = update.currency
    row.total_amount = update.total_amount
    row.invite_link_name = update.invite_link.name if update.invite_link else None
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
    if old:
        row.member_old_status = old.status
        row.member_was_in = is_in_chat(old)
    if new:
        row.member_new_status = new.status
        row.member_is_in = is_in_chat(new)
        if new.user:
            row.member_user_id = new.user.id
            row.member_user_is_bot = new.user.is_bot
            row.member_username = new.user.username
            row.member_first_name = new.user.first_name


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
