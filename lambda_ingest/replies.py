"""Replies: what a bot that updates are forwarded to answers in its webhook response.

Telegram executes a response that has a `method`, as if the bot had called it. It is the only place
where such an answer can be seen: Telegram sends bots no updates about their own messages.
https://core.telegram.org/bots/api#making-requests-when-getting-updates
"""

import json
from email.parser import BytesParser
from typing import Any, Final
from urllib.parse import parse_qsl

from lambda_ingest.http_events import HttpResponse
from lambda_ingest.landing import LandedUpdate

REPLIES_PREFIX: Final = "replies"
"""The folder of the landing zone that holds them."""

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
"""The encodings that Telegram accepts besides JSON; aiogram uses the latter."""


def reply_key(update: LandedUpdate, bot_id: int) -> str:
    """Return the key of the reply to an update, which is next to it in the order of days."""
    day = update.day.isoformat()
    return f"{REPLIES_PREFIX}/context_date={day}/{bot_id}-{update.update_id}.json"


def read_reply(response: HttpResponse) -> bytes | None:
    """Return the request in a bot's response as JSON, None if there is none.

    JSON is kept byte for byte. A form becomes an object of its texts; uploaded files are left out.
    """
    headers = {name.lower(): value for name, value in response.headers.items()}
    content_type = headers.get("content-type", "")
    encoding = content_type.partition(";")[0].strip().lower()
    if encoding == FORM:
        return _encode(dict(parse_qsl(response.body.decode("utf-8", "replace"))))
    if encoding == MULTIPART:
        return _encode(_read_multipart(content_type, response.body))
    return response.body if _has_method(_parse(response.body)) else None


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _has_method(request: object) -> bool:
    return isinstance(request, dict) and isinstance(request.get("method"), str)


def _encode(fields: dict[str, Any]) -> bytes | None:
    return (
        json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
        if _has_method(fields)
        else None
    )


def _read_multipart(content_type: str, body: bytes) -> dict[str, str]:
    """Return the text fields of a form (https://www.rfc-editor.org/rfc/rfc7578)."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "replace")
    form = BytesParser().parsebytes(head + body)
    fields = {}
    for part in form.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes) and part.get_filename() is None:
            fields[name] = content.decode("utf-8", "replace")
    return fields
