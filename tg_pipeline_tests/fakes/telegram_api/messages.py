"""The messages of a chat: those that users write, and those that the bot sends."""

import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tg_pipeline_tests.fakes.loopback import Changes
from tg_pipeline_tests.fakes.telegram_api.markdown import ReadText, read_markdown, units
from tg_pipeline_tests.fakes.telegram_api.protocol import (
    Answer,
    ApiError,
    Params,
    result,
    structure,
    upload,
)

How = Literal["call", "webhook reply"]

MAX_TEXT, MAX_CAPTION = 4096, 1024

DEFAULT_USER = 1001
"""The user who writes in a group if a test does not say who."""

FILE = {"file_id": "a-file", "file_unique_id": "a-unique-file", "file_size": 1}


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A text that a user writes in a chat."""

    chat_id: int
    message_id: int
    text: str
    user_id: int | None = None
    reply_to: int | None = None
    date: int = field(default_factory=lambda: int(time.time()))

    def update(self) -> dict[str, Any]:
        """Return the update that a bot receives."""
        message = self._message(self.message_id) | {"from": self._sender(), "text": self.text}
        if self.text.startswith("/"):
            length = len(self.text.split()[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        if self.reply_to is not None:
            message["reply_to_message"] = self._message(self.reply_to)
        return {"message": message}

    def _message(self, message_id: int) -> dict[str, Any]:
        return {"message_id": message_id, "date": self.date, "chat": chat(self.chat_id)}

    def _sender(self) -> dict[str, Any]:
        user_id = self.user_id or (self.chat_id if self.chat_id > 0 else DEFAULT_USER)
        return {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"}


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that the bot sent; the text of a photo or a document is its caption."""

    chat_id: int | str
    message_id: int
    read: ReadText
    reply_to: int | None
    how: How
    method: str
    file: bytes | None
    params: Params

    @property
    def text(self) -> str:
        """The text without markup."""
        return self.read.text


class Messages:
    """The messages of all chats, which are numbered per chat."""

    def __init__(self, bot: dict[str, Any], changes: Changes) -> None:
        self._bot, self._changes = bot, changes
        self._last_ids: Counter[str] = Counter()
        self.sent: list[SentMessage] = []

    def next_id(self, chat_id: int | str) -> int:
        """Return the id of a chat's next message, a user's or the bot's."""
        self._last_ids[str(chat_id)] += 1
        return self._last_ids[str(chat_id)]

    def send(self, method: str, params: Params, how: How) -> Answer:
        """Send a text (sendMessage) or a file with a caption (all other methods)."""
        kind = method.removeprefix("send").lower()
        chat_id, read = _chat_id(params), _read(kind, params)
        message = SentMessage(
            chat_id=chat_id,
            message_id=self.next_id(chat_id),
            read=read,
            reply_to=_reply_to(params),
            how=how,
            method=method,
            file=upload(params, kind),
            params=params,
        )
        self.sent.append(message)
        self._changes.announce()
        return result(self._shown(message) | _contents(kind, read))

    def _shown(self, message: SentMessage) -> dict[str, Any]:
        shown = {"message_id": message.message_id, "from": self._bot, "date": int(time.time())}
        return shown | {"chat": chat(message.chat_id)}


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


def _reply_to(params: Params) -> int | None:
    parameters = structure(params, "reply_parameters") or {}
    message_id = parameters.get("message_id", params.get("reply_to_message_id"))
    return int(message_id) if message_id else None


def _contents(kind: str, read: ReadText) -> dict[str, Any]:
    entities = [asdict(entity) for entity in read.entities]
    if kind == "message":
        return {"text": read.text} | ({"entities": entities} if entities else {})
    file = [FILE | {"width": 1, "height": 1}] if kind == "photo" else FILE
    caption = {"caption": read.text} if read.text else {}
    return {kind: file} | caption | ({"caption_entities": entities} if entities else {})
