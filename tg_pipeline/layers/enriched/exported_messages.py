"""Exported messages in the form of the Bot API: `exported_message` → what enriched_updates has.

Telegram Desktop writes other names than the Bot API, names instead of ids in places, and no ids of
files. https://github.com/telegramdesktop/tdesktop/blob/dev/Telegram/SourceFiles/export/output/export_output_json.cpp
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from lambda_ingest.synthetic.updates import OLD_ID_BITS
from tg_pipeline.layers.enriched.synthetic_content import (
    SyntheticContent,
    decode_line,
    encode_message,
    text_or_none,
    whole_number,
)
from tg_pipeline.telegram.models import SUPERGROUP_BASE

MEDIA_TYPES: Final = {
    "sticker": "sticker",
    "video_message": "video_note",
    "voice_message": "voice",
    "animation": "animation",
    "video_file": "video",
    "audio_file": "audio",
}
"""`media_type` → the Bot API's name."""

CONTENTS: Final = (
    ("photo", "photo"),
    ("contact_information", "contact"),
    ("place_name", "venue"),
    ("live_location_period_seconds", "location"),
    ("location_information", "location"),
    ("poll", "poll"),
    ("game_title", "game"),
    ("invoice_information", "invoice"),
    ("giveaway_information", "giveaway"),
    ("giveaway_results", "giveaway_winners"),
    ("todo_list", "checklist"),
    ("story_id", "story"),
    ("file", "document"),
)
"""A field that tells what a message contains → the Bot API's name; the first that is there."""

ACTIONS: Final = {
    "create_group": "group_chat_created",
    "create_channel": "channel_chat_created",
    "edit_group_title": "new_chat_title",
    "edit_group_photo": "new_chat_photo",
    "delete_group_photo": "delete_chat_photo",
    "invite_members": "new_chat_members",
    "join_group_by_link": "new_chat_members",
    "join_group_by_request": "new_chat_members",
    "remove_members": "left_chat_member",
    "migrate_to_supergroup": "migrate_to_chat_id",
    "migrate_from_group": "migrate_from_chat_id",
    "pin_message": "pinned_message",
    "send_payment": "successful_payment",
    "refunded_payment": "refunded_payment",
    "group_call": "video_chat_started",
    "group_call_scheduled": "video_chat_scheduled",
    "invite_to_group_call": "video_chat_participants_invited",
    "set_messages_ttl": "message_auto_delete_timer_changed",
    "allow_sending_messages": "write_access_allowed",
    "attach_menu_bot_allowed": "write_access_allowed",
    "web_app_bot_allowed": "write_access_allowed",
    "send_passport_values": "passport_data",
    "bot_allowed": "connected_website",
    "edit_chat_theme": "chat_background_set",
    "set_chat_wallpaper": "chat_background_set",
    "topic_created": "forum_topic_created",
    "topic_edit": "forum_topic_edited",
    "boost_apply": "boost_added",
    "giveaway_launch": "giveaway_created",
    "giveaway_results": "giveaway_completed",
    "proximity_reached": "proximity_alert_triggered",
    "requested_peer": "users_shared",
    "send_star_gift": "gift",
}
"""`action` → the Bot API's name; any other action keeps its own."""

JOINS: Final = frozenset({"join_group_by_link", "join_group_by_request"})
"""Actions by which the actor joined; who was added by somebody is known by name only."""

ENTITY_TYPES: Final = {"link": "url", "mention_name": "text_mention", "phone": "phone_number"}
"""Names of parts of texts that the Bot API names otherwise."""

PLAIN: Final = "plain"
"""A part of a text that is no entity."""

ACTOR_IDS: Final = ("from_id", "actor_id")


class _Content(msgspec.Struct, gc=False):
    """The fields of a line, of any type."""

    date: Any = None
    chat: Any = None
    message: Any = None


class _ExportLine(msgspec.Struct, gc=False):
    exported_message: _Content


_DECODER: Final = msgspec.json.Decoder(_ExportLine)


def read_exported_message(payload: bytes, bot_id: int) -> SyntheticContent:
    """Return an exported message; never raises: what can't be read is left out.

    Who wrote it has an id and a displayed name, but the export does not tell bots from people:
    only the bot itself is known.
    """
    line = decode_line(payload, _DECODER)
    if line is None:
        return SyntheticContent()
    exported, chat = line.exported_message.message, line.exported_message.chat
    if not isinstance(exported, dict) or not isinstance(chat, dict):
        return SyntheticContent()
    is_service = exported.get("type") == "service"
    sender = _sender(exported, bot_id)
    sign = 1 if (whole_number(chat.get("id")) or 0) <= SUPERGROUP_BASE else -1
    message: dict[str, Any] = {
        "message_id": _times(sign, whole_number(exported.get("id"))),
        "date": line.exported_message.date,
        "chat": chat,
        **sender,
        **_relations(exported, sign, is_service=is_service),
        **_text(exported),
    }
    edited = whole_number(exported.get("edited_unixtime"))
    if edited:
        message["edit_date"] = edited
    if is_service:
        action = text_or_none(exported.get("action"))
        content_type = ACTIONS.get(action or "", action)
        if action in JOINS and "from" in sender:
            message["new_chat_members"] = [sender["from"]]
    else:
        content_type = _content_type(exported)
        if "text" in message and content_type is None:
            content_type = "text"
        elif "text" in message:
            message["caption"] = message.pop("text")
            message["caption_entities"] = message.pop("entities")
    names, counts = _reactions(exported.get("reactions"))
    return SyntheticContent(
        columns={"reaction_names": names, "reaction_counts": counts, **_file(exported)},
        message=encode_message(message),
        content_type=content_type,
        is_service=is_service,
    )


def account(value: object) -> tuple[str, int] | None:
    """Return the kind (user, chat or channel) and the id of an account; None if it is neither.

    Exports since 2021 write `user123`, earlier ones a number with the kind in its higher bits.
    """
    if isinstance(value, str):
        for kind in ("user", "channel", "chat"):
            digits = value.removeprefix(kind)
            if digits != value and (number := whole_number(digits)) is not None:
                return kind, number
        return None
    number = whole_number(value)
    if number is None or number <= 0:
        return None
    kind_number, identifier = divmod(number, 1 << OLD_ID_BITS)
    kinds = {0: "user", 1: "user", 2: "chat", 3: "channel"}
    return (kinds[kind_number], identifier) if kind_number in kinds else ("user", number)


def chat_id_of(kind: str, identifier: int) -> int:
    """Return the Bot API's id of an account. https://core.telegram.org/api/bots/ids."""
    if kind == "user":
        return identifier
    return -identifier if kind == "chat" else SUPERGROUP_BASE - identifier


def _sender(exported: dict[str, Any], bot_id: int) -> dict[str, Any]:
    """Return `from` or `sender_chat`: a channel, or a group in whose name somebody writes."""
    ids = (account(exported.get(name)) for name in ACTOR_IDS)
    found = next((each for each in ids if each), None)
    name = text_or_none(exported.get("from")) or text_or_none(exported.get("actor"))
    if found is None:
        return {}
    kind, identifier = found
    if kind != "user":
        return {"sender_chat": {"id": chat_id_of(kind, identifier), "title": name}}
    is_bot = {"is_bot": True} if identifier == bot_id else {}
    return {"from": {"id": identifier, "first_name": name, **is_bot}}


def _times(sign: int, message_id: int | None) -> int | None:
    """Return the id of a message, negative in private chats and basic groups.

    There, each account numbers messages in its own way: the id of an exported message is that of
    another one for the bot.
    """
    return None if message_id is None else sign * message_id


def _relations(exported: dict[str, Any], sign: int, *, is_service: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    replied = whole_number(exported.get("reply_to_message_id"))
    peer = account(exported.get("reply_to_peer_id"))
    if replied and peer:
        chat = {"id": chat_id_of(*peer)}
        found["external_reply"] = {"chat": chat, "message_id": replied}
    elif replied and not is_service:
        found["reply_to_message"] = {"message_id": _times(sign, replied)}
    if "forwarded_from" in exported:
        found["forward_origin"] = {"type": _origin_type(exported)}
    return found


def _origin_type(exported: dict[str, Any]) -> str:
    origin = account(exported.get("forwarded_from_id"))
    if origin is None:
        return "hidden_user"
    return origin[0]


def _text(exported: dict[str, Any]) -> dict[str, Any]:
    """Return the text and its entities, whose offsets are in UTF-16 units as in the Bot API."""
    parts = list(_parts(exported.get("text_entities") or exported.get("text")))
    text = "".join(part for part, _ in parts)
    if not text:
        return {}
    entities, offset = [], 0
    for part, entity in parts:
        length = len(part) if part.isascii() else len(part.encode("utf-16-le", "replace")) // 2
        if entity:
            entities.append({**entity, "offset": offset, "length": length})
        offset += length
    return {"text": text, "entities": entities}


def _parts(text: object) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield the parts of a text: a string, or a list of strings and of objects with a type."""
    for part in text if isinstance(text, list) else [text]:
        if isinstance(part, str):
            yield part, None
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            kind = str(part.get("type"))
            yield part["text"], None if kind == PLAIN else _entity(kind, part)


def _entity(kind: str, part: dict[str, Any]) -> dict[str, Any]:
    user_id = whole_number(part.get("user_id"))
    return {
        "type": ENTITY_TYPES.get(kind, kind),
        **({"url": part["href"]} if isinstance(part.get("href"), str) else {}),
        **({"user": {"id": user_id}} if user_id else {}),
    }


def _content_type(exported: dict[str, Any]) -> str | None:
    """Return what a message contains besides a text; None if nothing is known of that."""
    media = MEDIA_TYPES.get(str(exported.get("media_type")))
    if media:
        return media
    return next((name for field, name in CONTENTS if field in exported), None)


def _file(exported: dict[str, Any]) -> dict[str, Any]:
    """Return the columns about a file; the export has no id of it."""
    size = exported.get("file_size", exported.get("photo_file_size"))
    return {
        "file_size": whole_number(size),
        "mime_type": text_or_none(exported.get("mime_type")),
        "duration": whole_number(exported.get("duration_seconds")),
    }


def _reactions(reactions: object) -> tuple[list[str] | None, list[int] | None]:
    found = list(_counted(reactions)) if isinstance(reactions, list) else []
    return ([name for name, _ in found], [count for _, count in found]) if found else (None, None)


def _counted(reactions: Iterable[object]) -> Iterator[tuple[str, int]]:
    for each in reactions:
        if not isinstance(each, dict):
            continue
        name = text_or_none(each.get("emoji"))
        if each.get("type") == "custom_emoji":
            name = f"custom:{each.get('document_id')}"
        name, count = name or text_or_none(each.get("type")), whole_number(each.get("count"))
        if name and count:
            yield name, count
