"""An update as a flat row, in dicts and plain Python: what a user would otherwise write.

Written independently of the product, so that each checks the other. A missing column is null.
"""

import re
from typing import Any, Final

Dict = dict[str, Any]

MESSAGES: Final = frozenset(
    """
    message edited_message channel_post edited_channel_post business_message
    edited_business_message guest_message
    """.split()
)
SURROGATE: Final = re.compile("[\ud800-\udfff]")

FILES: Final = "animation live_photo photo sticker voice video audio document video_note".split()
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
"""Fields of a message that are not its content."""


def flat_row(update: Dict) -> Dict:
    """Return the columns of an update."""
    kind = next((key for key in update if key != "update_id"), None)
    row = {"update_id": update["update_id"], "update_type": kind, "fields_nulled": 0}
    body = update[kind] if kind else {}
    if kind in MESSAGES:
        _fill_message(row, body)
    elif kind == "callback_query":
        _callback(row, body)
    elif kind == "poll":
        row["poll_id"] = body["id"]
    else:
        _event(row, body)
    times = body | body.get("boost", {})
    second = times.get("add_date") or times.get("remove_date") or times.get("date")
    if kind and second is not None:
        second = body.get("edit_date") if kind.startswith("edited_") else second
        row["event_at"] = second * 1_000_000 if second else None
    return row


def without_surrogates(value: Any) -> Any:
    """Return a value with U+FFFD in place of each surrogate in its texts."""
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: without_surrogates(part) for key, part in value.items()}
    return [without_surrogates(part) for part in value] if isinstance(value, list) else value


def _callback(row: Dict, callback: Dict) -> None:
    message = callback.get("message", {})
    _fill_user_and_chat(row, {"from": callback["from"], "chat": message.get("chat", {})})
    row["callback_data"] = callback.get("data")
    row["message_id"] = message.get("message_id")
    row["message_thread_id"] = message.get("message_thread_id")


def _event(row: Dict, event: Dict) -> None:
    source = event.get("boost", event).get("source", {})
    where = {}
    if "user_chat_id" in event:
        where = {"chat": {"id": event["user_chat_id"], "type": "private"}}
    _fill_user_and_chat(row, where | event | source)
    row["sender_chat_id"] = (event.get("actor_chat") or event.get("voter_chat", {})).get("id")
    for name in ("date", "edit_date", "message_id", "message_thread_id", "query", "poll_id"):
        row[name] = event.get(name)
    row["currency"], row["total_amount"] = event.get("currency"), event.get("total_amount")
    if "new_reaction" in event or "old_reaction" in event:
        old = [_reaction(each) for each in event.get("old_reaction", [])]
        new = [_reaction(each) for each in event.get("new_reaction", [])]
        row["reactions_added"] = [name for name in new if name not in old]
        row["reactions_removed"] = [name for name in old if name not in new]
    row["member_old_status"] = event.get("old_chat_member", {}).get("status")
    row["member_new_status"] = event.get("new_chat_member", {}).get("status")
    row["member_user_id"] = event.get("new_chat_member", {}).get("user", {}).get("id")


def _reaction(reaction: Dict) -> str:
    if reaction["type"] == "custom_emoji":
        return f"custom:{reaction['custom_emoji_id']}"
    return str(reaction.get("emoji", reaction["type"]))


def _fill_message(row: Dict, message: Dict) -> None:
    for name in ("message_id", "message_thread_id", "date", "edit_date"):
        row[name] = message.get(name)
    _fill_user_and_chat(row, message)
    row["sender_chat_id"] = message.get("sender_chat", {}).get("id")
    if "text" in message:
        row["text"], row["content_type"] = message["text"], "text"
        _fill_text(row, message["text"], message.get("entities", []))
    else:
        _fill_content(row, message)
    answered = message.get("reply_to_message", {})
    row["reply_to_message_id"] = answered.get("message_id")
    row["reply_to_user_id"] = answered.get("from", {}).get("id")
    row["reply_to_user_is_bot"] = answered.get("from", {}).get("is_bot")
    row["via_bot_id"] = message.get("via_bot", {}).get("id")
    row["forward_origin_type"] = _origin(message)


def _fill_content(row: Dict, message: Dict) -> None:
    if "caption" in message:
        row["caption"] = message["caption"]
        _fill_text(row, message["caption"], message.get("caption_entities", []))
    for name in ("media_group_id", "migrate_to_chat_id", "migrate_from_chat_id"):
        row[name] = message.get(name)
    row["poll_id"] = message.get("poll", {}).get("id")
    for name in ("invoice", "refunded_payment", "successful_payment"):
        if name in message:
            row["currency"] = message[name].get("currency")
            row["total_amount"] = message[name].get("total_amount")
    kind = row["content_type"] = _content_type(message)
    if kind in FILES:
        file = message[kind][-1] if kind == "photo" else message[kind]
        for name in ("file_unique_id", "file_size", "mime_type", "duration"):
            row[name] = file.get(name)


def _content_type(message: Dict) -> str | None:
    for name in (*FILES, "venue", "new_chat_members", "left_chat_member"):
        if name in message:
            return name
    return next((name for name in message if name not in NOT_CONTENT), None)


def _fill_text(row: Dict, text: str, entities: list[Dict]) -> None:
    row["text_length"] = len(text)
    if not entities:
        return
    kinds = row["entity_types"] = [entity["type"] for entity in entities]
    row["url_count"] = kinds.count("url") + kinds.count("text_link")
    row["mention_count"] = kinds.count("mention") + kinds.count("text_mention")
    if "hashtag" in kinds:
        row["hashtags"] = [
            _entity_text(text, each) for each in entities if each["type"] == "hashtag"
        ]
    if kinds[0] == "bot_command" and entities[0]["offset"] == 0:
        command = _entity_text(text, entities[0])
        row["command"] = command[1:].split("@")[0].lower()
        row["command_args"] = text[len(command) :].strip() or None


def _entity_text(text: str, entity: Dict) -> str:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def _origin(message: Dict) -> str | None:
    if "forward_origin" in message:
        kind: str = message["forward_origin"]["type"]
        return kind
    if "forward_from" in message:
        return "user"
    if "forward_from_chat" in message:
        return "channel" if message["forward_from_chat"]["type"] == "channel" else "chat"
    return "hidden_user" if "forward_sender_name" in message else None


def _fill_user_and_chat(row: Dict, part: Dict) -> None:
    user = part.get("from") or part.get("user", {})
    for name in ("id", "is_bot", "first_name", "username", "language_code", "is_premium"):
        row[f"user_{name}"] = user.get(name)
    for name in ("id", "type", "title", "username"):
        row[f"chat_{name}"] = part.get("chat", {}).get(name)
