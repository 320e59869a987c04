"""Update types and Bot API objects, as msgspec structs.

The structs of updates declare only the fields that the layers read, all optional: a field that
Telegram leaves out, or that has an unexpected type, is None (see `decoding`).
"""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from lambda_ingest.landing import MAX_SECOND
from lambda_ingest.update_fields import UPDATE_FIELDS

UPDATE_TYPES: Final = tuple(UPDATE_FIELDS)
"""All update types, in the order of https://core.telegram.org/bots/api#update (version 10.3)."""

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

UnixTime = Annotated[int, Meta(ge=0, le=MAX_SECOND)]
"""Seconds since 1970 in UTC, up to the latest date that all query engines support."""

SUPERGROUP_BASE: Final = -1_000_000_000_000
"""The Bot API's id of a supergroup or channel is this number minus its own; ids of groups are
between it and 0. https://core.telegram.org/api/bots/ids"""


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
    url: str | None = None
    user: User | None = None
    language: str | None = None
    custom_emoji_id: str | None = None


class Media(TelegramObject):
    """The fields that photo sizes, videos, documents, stickers and other files have in common."""

    file_unique_id: str | None = None
    file_size: Int64 | None = None
    mime_type: str | None = None
    duration: Int64 | None = None


class File(TelegramObject):
    """A file that only has to be told from another one."""

    file_unique_id: str | None = None


class PaidMedia(TelegramObject):
    """A photo or video that has to be paid for. https://core.telegram.org/bots/api#paidmedia."""

    photo: list[File] | None = None
    video: File | None = None
    live_photo: File | None = None


class PaidMediaInfo(TelegramObject):
    """The paid media of a message. https://core.telegram.org/bots/api#paidmediainfo."""

    paid_media: list[PaidMedia] | None = None


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
    question: str | None = None


class ChecklistTask(TelegramObject):
    """A task of a checklist, without whether it is done."""

    id: Int64 | None = None
    text: str | None = None


class Checklist(TelegramObject):
    """A checklist. https://core.telegram.org/bots/api#checklist."""

    title: str | None = None
    tasks: list[ChecklistTask] | None = None


class Location(TelegramObject):
    """A place, or the present place of a user who shares it for a while.

    https://core.telegram.org/bots/api#location
    """

    live_period: Int64 | None = None


class RichSpan(TelegramObject):
    """A part of a rich text, or the caption of a rich block: a text with a property.

    One struct for all types, which differ in the fields that they have, not in their meaning.
    https://core.telegram.org/bots/api#richtext
    """

    type: str | None = None
    text: "RichText | None" = None
    credit: "RichText | None" = None
    url: str | None = None
    user: User | None = None
    username: str | None = None
    custom_emoji_id: str | None = None
    alternative_text: str | None = None
    expression: str | None = None
    button: "Button | None" = None


RichText = str | RichSpan | list[str | RichSpan | list[str | RichSpan | list[str | RichSpan]]]
"""A text, a part with a property, or an array of both. Within arrays, the Bot API has arrays only
inside of parts; some levels of arrays in arrays are read all the same."""


class Link(TelegramObject):
    """The address that a button opens."""

    url: str | None = None


class CopiedText(TelegramObject):
    """The text that a button copies."""

    text: str | None = None


class Button(TelegramObject):
    """A button below a message, or in a rich message.

    https://core.telegram.org/bots/api#inlinekeyboardbutton
    """

    text: RichText | None = None
    url: str | None = None
    callback_data: str | None = None
    web_app: Link | None = None
    login_url: Link | None = None
    switch_inline_query: str | None = None
    switch_inline_query_current_chat: str | None = None
    copy_text: CopiedText | None = None
    pay: bool | None = None


class ReplyMarkup(TelegramObject):
    """The buttons below a message. https://core.telegram.org/bots/api#inlinekeyboardmarkup."""

    inline_keyboard: list[list[Button]] | None = None


class RichCell(TelegramObject):
    """A cell of a table. https://core.telegram.org/bots/api#richblocktablecell."""

    text: RichText | None = None


class RichItem(TelegramObject):
    """An item of a list. https://core.telegram.org/bots/api#richblocklistitem."""

    label: str | None = None
    is_checked: bool | None = None
    blocks: "list[RichBlock] | None" = None


class RichBlock(TelegramObject):
    """A block of a rich message: one struct for all types, known or not.

    https://core.telegram.org/bots/api#richblock
    """

    type: str | None = None
    summary: RichText | None = None
    text: RichText | None = None
    expression: str | None = None
    size: Int64 | None = None
    language: str | None = None
    cells: list[list[RichCell]] | None = None
    items: list[RichItem] | None = None
    blocks: "list[RichBlock] | None" = None
    caption: RichText | None = None
    credit: RichText | None = None
    buttons: list[Button] | None = None
    photo: list[File] | None = None
    animation: File | None = None
    audio: File | None = None
    document: File | None = None
    video: File | None = None
    voice_note: File | None = None


class RichMessage(TelegramObject):
    """A message of blocks; such a message has no `text`.

    https://core.telegram.org/bots/api#richmessage
    """

    blocks: list[RichBlock] | None = None


class RepliedMessage(TelegramObject):
    """The message that another one replies to."""

    message_id: Int64 | None = None
    from_user: User | None = None
    is_automatic_forward: bool | None = None


class ExternalReply(TelegramObject):
    """The message that another one replies to, in another chat or forum topic.

    https://core.telegram.org/bots/api#externalreplyinfo
    """

    chat: Chat | None = None
    message_id: Int64 | None = None


class DirectMessagesTopic(TelegramObject):
    """One conversation in a channel's direct messages.

    https://core.telegram.org/bots/api#directmessagestopic
    """

    topic_id: Int64 | None = None


class Message(TelegramObject):
    """A message of any kind.

    https://core.telegram.org/bots/api#message
    """

    message_id: Int64 | None = None
    from_user: User | None = None
    chat: Chat | None = None
    date: UnixTime | None = None
    message_thread_id: Int64 | None = None
    is_topic_message: bool | None = None
    direct_messages_topic: DirectMessagesTopic | None = None
    is_automatic_forward: bool | None = None
    is_from_offline: bool | None = None
    business_connection_id: str | None = None
    sender_business_bot: User | None = None
    reply_to_message: RepliedMessage | None = None
    external_reply: ExternalReply | None = None
    edit_date: UnixTime | None = None
    text: str | None = None
    entities: list[Entity] | None = None
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
    paid_media: PaidMediaInfo | None = None
    rich_message: RichMessage | None = None
    location: Location | None = None
    checklist: Checklist | None = None
    poll: Poll | None = None
    invoice: Payment | None = None
    successful_payment: Payment | None = None
    refunded_payment: Payment | None = None
    new_chat_members: list[User] | None = None
    left_chat_member: User | None = None
    migrate_to_chat_id: Int64 | None = None
    migrate_from_chat_id: Int64 | None = None
    reply_markup: ReplyMarkup | None = None


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
    is_member: bool | None = None


class InviteLink(TelegramObject):
    """The link through which a user joined. https://core.telegram.org/bots/api#chatinvitelink."""

    name: str | None = None


class OtherUpdate(TelegramObject):
    """The content of all update types but messages, callbacks and polls, including unknown types.

    The types differ in which of these fields they have, not in the meaning of a field.
    """

    from_user: User | None = None
    user: User | None = None
    chat: Chat | None = None
    user_chat_id: Int64 | None = None
    actor_chat: Chat | None = None
    voter_chat: Chat | None = None
    date: UnixTime | None = None
    edit_date: UnixTime | None = None
    message_id: Int64 | None = None
    message_thread_id: Int64 | None = None
    business_connection_id: str | None = None
    old_reaction: list[Reaction] | None = None
    new_reaction: list[Reaction] | None = None
    old_chat_member: Member | None = None
    new_chat_member: Member | None = None
    invite_link: InviteLink | None = None
    query: str | None = None
    poll_id: str | None = None
    currency: str | None = None
    total_amount: Int64 | None = None


class BusinessConnection(OtherUpdate):
    """A business account that was connected to the bot, or changed.

    https://core.telegram.org/bots/api#businessconnection
    """

    id: str | None = None


class BoostSource(TelegramObject):
    """Where a boost comes from. https://core.telegram.org/bots/api#chatboostsource."""

    user: User | None = None


class Boost(TelegramObject):
    """A boost of a chat. https://core.telegram.org/bots/api#chatboost."""

    add_date: UnixTime | None = None
    source: BoostSource | None = None


class BoostUpdate(OtherUpdate):
    """A boost that was added, changed or removed.

    https://core.telegram.org/bots/api#chatboostupdated and #chatboostremoved
    """

    boost: Boost | None = None
    remove_date: UnixTime | None = None
    source: BoostSource | None = None


CONTENT_STRUCTS: Final[Mapping[str, type[TelegramObject]]] = {
    **dict.fromkeys(MESSAGE_TYPES, Message),
    "callback_query": CallbackQuery,
    "poll": Poll,
    "business_connection": BusinessConnection,
    "chat_boost": BoostUpdate,
    "removed_chat_boost": BoostUpdate,
}
"""The structs of the types that are not read into OtherUpdate."""


def content_struct(update_type: str) -> type[TelegramObject]:
    """Return the struct that the content of an update of this type is decoded into."""
    return CONTENT_STRUCTS.get(update_type, OtherUpdate)


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
