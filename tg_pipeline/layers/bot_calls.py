"""The calls of the bot, as its own messages: `bot_call` lines → what enriched_updates has of them.

The lines are built by `lambda_ingest.bot_calls`.
"""

import re
from typing import Any, Final

import msgspec

from tg_pipeline.layers.synthetic_content import (
    SyntheticContent,
    encode_message,
    parse_content,
    text_or_none,
    whole_number,
)

EDITS: Final = re.compile(r"edit.*|stopmessagelivelocation", re.IGNORECASE)
"""The methods whose result is a message that was sent earlier.
https://core.telegram.org/bots/api#updating-messages"""

SENDS: Final = re.compile(r"send(?P<content>.+)|copymessages?|forwardmessages?", re.IGNORECASE)
"""The methods that send a message."""

NO_MESSAGES: Final = frozenset(
    {"sendchataction", "sendmessagedraft", "sendchatjoinrequestwebapp", "sendgift"}
)
"""Methods of that form that send none. https://core.telegram.org/bots/api#available-methods"""

CONTENTS: Final = {
    "message": "text",
    "photo": "photo",
    "audio": "audio",
    "document": "document",
    "video": "video",
    "animation": "animation",
    "voice": "voice",
    "videonote": "video_note",
    "paidmedia": "paid_media",
    "location": "location",
    "venue": "venue",
    "contact": "contact",
    "poll": "poll",
    "checklist": "checklist",
    "dice": "dice",
    "sticker": "sticker",
    "invoice": "invoice",
    "game": "game",
}
"""The content type of what a method sends, by the rest of its name in lower case."""

COPIED: Final = (
    *("message_thread_id", "business_connection_id"),
    *("text", "entities", "caption", "caption_entities"),
)
"""Parameters that the message sent has under the same name."""

COLUMNS: Final = {
    "call_method": "method",
    "call_description": "description",
    "call_source": "source",
}
NUMBERS: Final = {
    "call_error_code": "error_code",
    "call_ms": "ms",
    "call_part": "part",
    "answers_update_id": "answers_update_id",
}
"""Columns, and the fields of the line that they are from."""


def read_bot_call(payload: bytes, update_type: str, bot_id: int) -> SyntheticContent:
    """Return a call: its columns, and the message that it sent or changed, if any.

    Never raises: what can't be read is left out.
    """
    call = parse_content(payload, update_type)
    method, params = text_or_none(call.get("method")) or "", _object(call.get("params"))
    error = _object(call.get("parameters"))
    columns: dict[str, Any] = {
        **{column: text_or_none(call.get(name)) for column, name in COLUMNS.items()},
        **{column: whole_number(call.get(name)) for column, name in NUMBERS.items()},
        "call_ok": call["ok"] if isinstance(call.get("ok"), bool) else None,
        "call_retry_after": whole_number(error.get("retry_after")),
    }
    message = _message(call, method, params, bot_id)
    if message is None:
        columns |= {
            "user_id": bot_id or None,
            "user_is_bot": True,
            "date": whole_number(call.get("date")),
            "chat_id": whole_number(_object(call.get("chat")).get("id")),
            "message_id": whole_number(params.get("message_id")),
        }
        return SyntheticContent(columns=columns)
    return SyntheticContent(
        columns=columns,
        message=encode_message(message),
        kind=_kind_of(message),
        is_edit=EDITS.fullmatch(method) is not None,
        content_type=_content_type_of(method),
    )


def _message(
    call: dict[str, Any], method: str, params: dict[str, Any], bot_id: int
) -> dict[str, Any] | None:
    """Return the message that a call sent or changed; None if there is none."""
    result = call.get("result")
    if isinstance(result, dict) and "message_id" in result:
        if isinstance(result.get("chat"), dict):
            return result
        return {**_sent_by(call, params, bot_id), "message_id": result["message_id"]}
    is_reply = call.get("source") == "webhook_reply" and call.get("ok") is None
    is_sent = SENDS.fullmatch(method) and method.lower() not in NO_MESSAGES
    if is_reply and is_sent and isinstance(call.get("chat"), dict):
        return _sent_by(call, params, bot_id)
    return None


def _sent_by(call: dict[str, Any], params: dict[str, Any], bot_id: int) -> dict[str, Any]:
    """Return a message as far as the call tells of it: Telegram returned its id, or nothing."""
    copied = {name: params[name] for name in COPIED if isinstance(params.get(name), str | list)}
    replied = _object(params.get("reply_parameters")).get("message_id")
    reply_to = whole_number(replied if replied is not None else params.get("reply_to_message_id"))
    return {
        "date": call.get("date"),
        "chat": call.get("chat"),
        "from": {"id": bot_id, "is_bot": True},
        **({"reply_to_message": {"message_id": reply_to}} if reply_to else {}),
        **copied,
    }


def _kind_of(message: dict[str, Any]) -> str:
    if message.get("business_connection_id"):
        return "business_message"
    return "channel_post" if _object(message.get("chat")).get("type") == "channel" else "message"


def _content_type_of(method: str) -> str | None:
    """Return the content type of what a method sends, if the message does not tell it."""
    match = SENDS.fullmatch(method)
    return CONTENTS.get((match["content"] or "").lower()) if match else None


def _object(value: object) -> dict[str, Any]:
    """Return an object, also one that the bot sent as JSON in a form; {} for anything else."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return {}
    return value if isinstance(value, dict) else {}
