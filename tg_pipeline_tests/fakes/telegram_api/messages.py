"""The messages of a chat: those that users write, and those that the bot sends."""

import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tg_pipeline_tests.fakes.loopback import Changes
from tg_pipeline_tests.fakes.telegram_api.markdown import ReadText, read_markdown, units
from tg_pipeline_tests.fakes.telegram_api.protocol import (
    Answer,
    ApiError,
    Params,
    result,
    upload,
)

How = Literal["call", "webhook reply"]

MAX_TEXT, MAX_CAPTION = 4096, 1024

DEFAULT_USER = 1001
"""The user who writes in a group if a test does not say who."""

FILE = {"file_id": "a-file", "file_unique_id": "a-unique-file", "file_size": 1}


@dataclass(frozen=True, slots=True)
class UserMessage:
    chat_id: int
    message_id: int
    text: str
    user_id: int | None = None

    def update(self) -> dict[str, Any]:
        user_id = self.user_id or (self.chat_id if self.chat_id > 0 else DEFAULT_USER)
        message: dict[str, Any] = {
            "message_id": self.message_id,
            "date": int(time.time()),
            "chat": chat(self.chat_id),
            "from": {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"},
            "text": self.text,
        }
        if self.text.startswith("/"):
            length = len(self.text.split()[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return {"message": message}


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the bot sent; the text of a photo is its caption."""

    chat_id: int | str
    message_id: int
    read: ReadText
    how: How
    method: str
    file: bytes | None
    params: Params

    @property
    def text(self) -> str:
        return self.read.text


class Messages:
    def __init__(self, bot: dict[str, Any], changes: Changes) -> None:
        self._bot, self._changes = bot, changes
        self._last_ids: Counter[str] = Counter()
        self.sent: list[SentMessage] = []

    def next_id(self, chat_id: int | str) -> int:
        self._last_ids[str(chat_id)] += 1
        return self._last_ids[str(chat_id)]

    def send(self, method: str, params: Params, how: How) -> Answer:
        kind = method.removeprefix("send").lower()
        chat_id, read = _chat_id(params), _read(kind, params)
        message = SentMessage(
            chat_id=chat_id,
            message_id=self.next_id(chat_id),
            read=read,
            how=how,
            method=method,
            file=upload(params, kind),
            params=params,
        )
        self.sent.append(message)
        self._changes.announce()
        return result(
            {
                "message_id": message.message_id,
                "from": self._bot,
                "date": int(time.time()),
                "chat": chat(chat_id),
            }
            | _contents(kind, read)
        )


def chat(chat_id: int | str) -> dict[str, Any]:
    """Return the chat with an id: positive for a private chat, negative for a group."""
    if isinstance(chat_id, str):
        return {
            "id": -1_000_000_000_001,
            "type": "channel",
            "title": chat_id,
            "username": chat_id[1:],
        }
    if chat_id > 0:
        return {"id": chat_id, "type": "private", "first_name": f"User {chat_id}"}
    return {"id": chat_id, "type": "supergroup", "title": f"Group {chat_id}"}


def _chat_id(params: Params) -> int | str:
    chat_id = str(params.get("chat_id", ""))
    if not chat_id:
        raise ApiError(400, "Bad Request: chat_id is empty")
    return int(chat_id) if chat_id.removeprefix("-").isdecimal() else chat_id


def _read(kind: str, params: Params) -> ReadText:
    source = str(params.get("text" if kind == "message" else "caption") or "")
    is_marked = str(params.get("parse_mode", "")).lower() == "markdownv2"
    read = read_markdown(source) if is_marked else ReadText(source)
    length = units(read.text)
    if kind != "message" and length > MAX_CAPTION:
        raise ApiError(400, "Bad Request: message caption is too long")
    if kind == "message" and not read.text.strip():
        raise ApiError(400, "Bad Request: message text is empty")
    if length > MAX_TEXT:
        raise ApiError(400, "Bad Request: message is too long")
    return read


def _contents(kind: str, read: ReadText) -> dict[str, Any]:
    entities = [asdict(entity) for entity in read.entities]
    if kind == "message":
        return {"text": read.text} | ({"entities": entities} if entities else {})
    return {
        "photo": [FILE | {"width": 1, "height": 1}],
        "caption": read.text,
        "caption_entities": entities,
    }
