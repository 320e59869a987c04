"""What bots send, and what the Bot API gives back for it."""

import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tg_pipeline_tests.telegram_server.answers import Answer, ApiError, result
from tg_pipeline_tests.telegram_server.changes import Changes
from tg_pipeline_tests.telegram_server.markdown import ReadText, read_markdown, units
from tg_pipeline_tests.telegram_server.params import Params, structure, upload

How = Literal["call", "webhook reply"]

LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024

FILE = {"file_id": "a-file", "file_unique_id": "a-unique-file", "file_size": 1}


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message of the bot's; the text of a photo or a document is its caption."""

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
        """Give the text as it is read, without markup."""
        return self.read.text


class Messages:
    """The messages of all chats: each has a number of its own in its chat."""

    def __init__(self, bot: dict[str, Any], changes: Changes) -> None:
        self._bot, self._changes = bot, changes
        self._last_ids: Counter[str] = Counter()
        self.sent: list[SentMessage] = []

    def next_id(self, chat_id: int | str) -> int:
        """Give the number of a chat's next message, a user's or the bot's."""
        self._last_ids[str(chat_id)] += 1
        return self._last_ids[str(chat_id)]

    def send(self, method: str, params: Params, how: How) -> Answer:
        """Send what a method sends: sendMessage a text, all others a file with a caption."""
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
    """Describe a chat by its id: a user's is positive, a group's is not."""
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
    if kind != "message" and length > LONGEST_CAPTION:
        raise ApiError(400, "Bad Request: message caption is too long")
    if kind == "message" and not read.text.strip():
        raise ApiError(400, "Bad Request: message text is empty")
    if length > LONGEST_TEXT:
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
