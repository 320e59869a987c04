"""The calls of the bot, as its own messages: `bot_call` lines → what enriched_updates has of them.

The lines are built by `lambda_ingest.synthetic.bot_calls`.
"""

import re
from typing import Any, Final

import msgspec

from tg_pipeline.layers.enriched.synthetic_content import (
    SyntheticContent,
    decode_line,
    encode_message,
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


class _Call(msgspec.Struct, gc=False):
    """The fields of a line, of any type; the result as it is written."""

    date: Any = None
    chat: Any = None
    method: Any = None
    params: Any = None
    source: Any = None
    ok: Any = None
    result: msgspec.Raw = msgspec.Raw()
    error_code: Any = None
    description: Any = None
    parameters: Any = None
    ms: Any = None
    answers_update_id: Any = None
    part: Any = None


class _CallLine(msgspec.Struct, gc=False):
    bot_call: _Call


_DECODER: Final = msgspec.json.Decoder(_CallLine)


def read_bot_call(payload: bytes, bot_id: int) -> SyntheticContent:
    """Return a call: its columns, and the message that it sent or changed, if any.

    Never raises: what can't be read is left out.
    """
    line = decode_line(payload, _DECODER)
    if line is None:
        return SyntheticContent()
    call = line.bot_call
    method, params = text_or_none(call.method) or "", _object(call.params)
    columns: dict[str, Any] = {
        "call_method": method or None,
        "call_ok": call.ok if isinstance(call.ok, bool) else None,
        "call_error_code": whole_number(call.error_code),
        "call_description": text_or_none(call.description),
        "call_retry_after": whole_number(_object(call.parameters).get("retry_after")),
        "call_ms": whole_number(call.ms),
        "call_source": text_or_none(call.source),
        "call_part": whole_number(call.part),
        "answers_update_id": whole_number(call.answers_update_id),
    }
    message = _message(call, method, params, bot_id)
    if message is None:
        columns |= {
            "user_id": bot_id or None,
            "user_is_bot": True,
            "date": whole_number(call.date),
            "chat_id": whole_number(_object(call.chat).get("id")),
            "message_id": whole_number(params.get("message_id")),
        }
        return SyntheticContent(columns=columns)
    return SyntheticContent(
        columns=columns,
        message=message,
        is_edit=EDITS.fullmatch(method) is not None,
        content_type=_content_type_of(method),
    )


def _message(call: _Call, method: str, params: dict[str, Any], bot_id: int) -> bytes | None:
    """Return `{"message": …}` with what a call sent or changed; None if there is no message."""
    result = bytes(call.result)
    if result[:1] == b"{" and b'"message_id"' in result:
        if b'"chat"' in result:
            return b'{"message":%b}' % result
        found = _object(msgspec.json.decode(result))
        if "message_id" in found:
            sent = _sent_by(call, params, bot_id)
            return encode_message({**sent, "message_id": found["message_id"]})
    is_reply = call.source == "webhook_reply" and call.ok is None
    is_sent = SENDS.fullmatch(method) and method.lower() not in NO_MESSAGES
    if is_reply and is_sent and isinstance(call.chat, dict):
        return encode_message(_sent_by(call, params, bot_id))
    return None


def _sent_by(call: _Call, params: dict[str, Any], bot_id: int) -> dict[str, Any]:
    """Return a message as far as the call tells of it: Telegram returned its id, or nothing."""
    copied = {name: params[name] for name in COPIED if isinstance(params.get(name), str | list)}
    replied = _object(params.get("reply_parameters")).get("message_id")
    reply_to = whole_number(replied if replied is not None else params.get("reply_to_message_id"))
    return {
        "date": call.date,
        "chat": call.chat,
        "from": {"id": bot_id, "is_bot": True},
        **({"reply_to_message": {"message_id": reply_to}} if reply_to else {}),
        **copied,
    }


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
