"""A message's columns: who wrote what where, what it holds, and what it answers."""

from typing import Final

from tg_pipeline.layers.enriched_columns import EnrichedUpdate
from tg_pipeline.layers.texts import fill_text
from tg_pipeline.telegram.anatomy import Chat, Media, Message, User

SECOND: Final = 1_000_000
"""Microseconds, the unit of the timestamp columns."""

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
one that says more stands first."""

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
"""Fields that surround a message's content. https://core.telegram.org/bots/api#message"""

CONTENT_ABOVE_OTHERS: Final = ("venue", "new_chat_members", "left_chat_member")
"""Contents that come with a second one that says less, such as a venue with its location."""


def fill_user(row: EnrichedUpdate, user: User | None) -> None:
    """Fill the columns about whoever acted."""
    if user is None:
        return
    row.user_id = user.id
    row.user_is_bot = user.is_bot
    row.user_first_name = user.first_name
    row.user_username = user.username
    row.user_language_code = user.language_code
    row.user_is_premium = user.is_premium


def fill_chat(row: EnrichedUpdate, chat: Chat | None) -> None:
    """Fill the columns about where it happened."""
    if chat is None:
        return
    row.chat_id = chat.id
    row.chat_type = chat.type
    row.chat_title = chat.title
    row.chat_username = chat.username


def fill_message(row: EnrichedUpdate, message: Message, *, edited: bool) -> None:
    """Fill a message's columns; `edited` says that its time is that of the edit."""
    row.message_id = message.message_id
    row.message_thread_id = message.message_thread_id
    row.date = message.date
    row.edit_date = message.edit_date
    row.event_at = microseconds(message.edit_date if edited else message.date)
    fill_user(row, message.from_user)
    fill_chat(row, message.chat)
    row.sender_chat_id = message.sender_chat.id if message.sender_chat else None
    if message.text is not None:
        row.text = message.text
        row.content_type = "text"
        fill_text(row, message.text, message.entities)
    else:
        _fill_media(row, message)
        _fill_rare(row, message)
    _fill_relations(row, message)


def content_among(keys: list[str]) -> str | None:
    """Give the field among a message's fields that is its content, known or not."""
    contents = [key for key in keys if key not in NOT_CONTENT]
    leading = (key for key in CONTENT_ABOVE_OTHERS if key in contents)
    return next(leading, None) or next(iter(contents), None)


def microseconds(second: int | None) -> int | None:
    """Give a Unix time as the timestamp columns hold it; 0 stands for no time at all."""
    return second * SECOND if second else None


def _fill_media(row: EnrichedUpdate, message: Message) -> None:
    if message.caption is not None:
        row.caption = message.caption
        fill_text(row, message.caption, message.caption_entities)
    row.media_group_id = message.media_group_id
    for name in FILES:
        file: Media | list[Media] | None = getattr(message, name)
        if file:
            row.content_type = name
            _fill_file(row, file[-1] if isinstance(file, list) else file)
            return


def _fill_file(row: EnrichedUpdate, file: Media) -> None:
    row.file_unique_id = file.file_unique_id
    row.file_size = file.file_size
    row.mime_type = file.mime_type
    row.duration = file.duration


def _fill_rare(row: EnrichedUpdate, message: Message) -> None:
    row.migrate_to_chat_id = message.migrate_to_chat_id
    row.migrate_from_chat_id = message.migrate_from_chat_id
    row.poll_id = message.poll.id if message.poll else None
    payment = message.successful_payment or message.refunded_payment or message.invoice
    if payment:
        row.currency = payment.currency
        row.total_amount = payment.total_amount


def _fill_relations(row: EnrichedUpdate, message: Message) -> None:
    answered = message.reply_to_message
    if answered:
        row.reply_to_message_id = answered.message_id
        row.reply_to_user_id = answered.from_user.id if answered.from_user else None
    row.via_bot_id = message.via_bot.id if message.via_bot else None
    row.forward_origin_type = _origin_type(message)


def _origin_type(message: Message) -> str | None:
    if message.forward_origin:
        return message.forward_origin.type
    if message.forward_from:
        return "user"
    if message.forward_from_chat:
        return "channel" if message.forward_from_chat.type == "channel" else "chat"
    return "hidden_user" if message.forward_sender_name else None
