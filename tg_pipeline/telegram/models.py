"""Update types and Bot API objects, as msgspec structs.

The structs of updates declare only the fields that the layers read, all optional: a field that
Telegram leaves out, or that has an unexpected type, is None (see `decoding`).
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

UPDATE_TYPES: Final = (
    *("message", "edited_message", "channel_post", "edited_channel_post"),
    *("business_connection", "business_message", "edited_business_message"),
    *("deleted_business_messages", "guest_message"),
    *("message_reaction", "message_reaction_count"),
    *("inline_query", "chosen_inline_result", "callback_query"),
    *("shipping_query", "pre_checkout_query", "purchased_paid_media"),
    *("poll", "poll_answer"),
    *("my_chat_member", "chat_member", "chat_join_request", "chat_boost", "removed_chat_boost"),
    *("managed_bot", "subscription", "stopped_message_generation"),
)
"""All update types, in the order of https://core.telegram.org/bots/api#update (version 10.3).

Each version adds some; updates of types that are not listed here are processed all the same.
"""

OPT_IN_UPDATE_TYPES: Final = ("message_reaction", "message_reaction_count", "chat_member")
"""Sent only if `allowed_updates` names them, and only if the bot is an administrator.

Source: https://core.telegram.org/bots/api#setwebhook (allowed_updates)
"""

MESSAGE_TYPES: Final = frozenset(
    {
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_message",
        "edited_business_message",
        "guest_message",
    }
)
"""The update types whose content is a Message."""

Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""An id or a count, bounded to Arrow's int64, so that an absurd number can't fail a batch."""

MAX_UNIX_TIME: Final = 253_402_300_799
"""The last second of the year 9999, the latest date that all query engines support."""

UnixTime = Annotated[int, Meta(ge=0, le=MAX_UNIX_TIME)]
"""Seconds since 1970 in UTC."""


class TelegramObject(Struct, gc=False, kw_only=True, rename={"from_user": "from"}):
    """Base of all objects in updates: without cycles, so the garbage collector can skip them."""


class User(TelegramObject):
    """A person or a bot.

    https://core.telegram.org/bots/api#user
    """

    id: Int64 | None = None
    is_bot: bool | None = None
    first_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_premium: bool | None = None


class Chat(TelegramObject):
    """A private chat, group, supergroup or channel.

    https://core.telegram.org/bots/api#chat
    """

    id: Int64 | None = None
    type: str | None = None
    title: str | None = None
    username: str | None = None


class Entity(TelegramObject):
    """A formatted or special part of a text; offset and length are in UTF-16 code units.

    https://core.telegram.org/bots/api#messageentity
    """

    type: str | None = None
    offset: Int64 | None = None
    length: Int64 | None = None


class Media(TelegramObject):
    """The fields that photo sizes, videos, documents, stickers and other files have in common."""

    file_unique_id: str | None = None
    file_size: Int64 | None = None
    mime_type: str | None = None
    duration: Int64 | None = None


class Payment(TelegramObject):
    """An amount, in the smallest unit of its currency."""

    currency: str | None = None
    total_amount: Int64 | None = None


class ForwardOrigin(TelegramObject):
    """The origin of a forwarded message.

    https://core.telegram.org/bots/api#messageorigin
    """

    type: str | None = None


class Poll(TelegramObject):
    """A poll.

    https://core.telegram.org/bots/api#poll
    """

    id: str | None = None


class RepliedMessage(TelegramObject):
    """The message that another one replies to."""

    message_id: Int64 | None = None
    from_user: User | None = None


class Message(TelegramObject):
    """A message of any kind.

    https://core.telegram.org/bots/api#message
    """

    message_id: Int64 | None = None
    from_user: User | None = None
    chat: Chat | None = None
    date: UnixTime | None = None
    text: str | None = None
    entities: list[Entity] | None = None
    reply_to_message: RepliedMessage | None = None
    edit_date: UnixTime | None = None
    message_thread_id: Int64 | None = None
    photo: list[Media] | None = None
    caption: str | None = None
    caption_entities: list[Entity] | None = None
    media_group_id: str | None = None
    sender_chat: Chat | None = None
    via_bot: User | None = None
    forward_origin: ForwardOrigin | None = None
    forward_from: User | None = None
    forward_from_chat: Chat | None = None
    forward_sender_name: str | None = None
    animation: Media | None = None
    audio: Media | None = None
    document: Media | None = None
    live_photo: Media | None = None
    sticker: Media | None = None
    video: Media | None = None
    video_note: Media | None = None
    voice: Media | None = None
    poll: Poll | None = None
    invoice: Payment | None = None
    successful_payment: Payment | None = None
    refunded_payment: Payment | None = None
    migrate_to_chat_id: Int64 | None = None
    migrate_from_chat_id: Int64 | None = None


class CallbackQuery(TelegramObject):
    """A press of an inline button.

    https://core.telegram.org/bots/api#callbackquery
    """

    from_user: User | None = None
    message: Message | None = None
    data: str | None = None


class Reaction(TelegramObject):
    """One reaction.

    https://core.telegram.org/bots/api#reactiontype
    """

    type: str | None = None
    emoji: str | None = None
    custom_emoji_id: str | None = None


class Member(TelegramObject):
    """A user's membership status in a chat.

    https://core.telegram.org/bots/api#chatmember
    """

    user: User | None = None
    status: str | None = None


class OtherUpdate(TelegramObject):
    """The content of all update types but messages, callbacks and polls, including unknown types.

    The types differ in which of these fields they have, not in the meaning of a field.
    """

    from_user: User | None = None
    user: User | None = None
    chat: Chat | None = None
    actor_chat: Chat | None = None
    voter_chat: Chat | None = None
    date: UnixTime | None = None
    edit_date: UnixTime | None = None
    message_id: Int64 | None = None
    message_thread_id: Int64 | None = None
    old_reaction: list[Reaction] | None = None
    new_reaction: list[Reaction] | None = None
    old_chat_member: Member | None = None
    new_chat_member: Member | None = None
    query: str | None = None
    poll_id: str | None = None
    currency: str | None = None
    total_amount: Int64 | None = None


def content_struct(update_type: str) -> type[TelegramObject]:
    """Return the struct that the content of an update of this type is decoded into."""
    if update_type in MESSAGE_TYPES:
        return Message
    if update_type == "callback_query":
        return CallbackQuery
    return Poll if update_type == "poll" else OtherUpdate


class BotInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The bot, as getMe returns it. https://core.telegram.org/bots/api#getme."""

    id: int
    first_name: str
    username: str = ""
    can_join_groups: bool = False
    can_read_all_group_messages: bool = False
    can_connect_to_business: bool = False


class WebhookInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The webhook, and its last errors. https://core.telegram.org/bots/api#webhookinfo."""

    url: str = ""
    """Empty if no webhook is set."""

    has_custom_certificate: bool = False
    pending_update_count: int = 0
    ip_address: str | None = None
    last_error_date: int | None = None
    """Unix time, like all dates here."""

    last_error_message: str | None = None
    last_synchronization_error_date: int | None = None
    max_connections: int | None = None
    allowed_updates: list[str] | None = None
    """None means all types but OPT_IN_UPDATE_TYPES."""


class SentMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that the bot sent. https://core.telegram.org/bots/api#message."""

    message_id: int
