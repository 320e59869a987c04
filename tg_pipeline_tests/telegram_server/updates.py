"""An update: what happened, its id, and its bytes, which are rendered once."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

UPDATE_ID = re.compile(rb'("update_id"\s*:\s*)-?\d+')


@dataclass(frozen=True, slots=True)
class Update:
    """An update on its way; the updates of one lane are delivered one after the other."""

    update_id: int
    lane: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """An update that has no id yet."""

    source: Mapping[str, Any] | bytes
    kind: str | None
    lane: str | None

    @classmethod
    def of(cls, source: Mapping[str, Any] | bytes, chat_id: int | None = None) -> Self:
        """Read which type of update it is, and in whose lane it waits."""
        contents = _contents(source)
        kind = next((key for key in contents if key != "update_id"), None)
        lane = f"chat {chat_id}" if chat_id is not None else _lane(contents.get(kind or ""))
        return cls(source, kind, lane)

    def numbered(self, update_id: int) -> Update:
        """Give it its id, written as Telegram does; bytes change in that number only."""
        return Update(update_id, self.lane or f"update {update_id}", self._body(update_id))

    def _body(self, update_id: int) -> bytes:
        if isinstance(self.source, bytes):
            return UPDATE_ID.sub(rb"\g<1>%d" % update_id, self.source, count=1)
        contents = {key: value for key, value in self.source.items() if key != "update_id"}
        rest = json.dumps(contents, separators=(",", ":")).encode()[1:]
        return b'{"update_id":%d,\n%b' % (update_id, rest) if contents else _empty(update_id)


def _empty(update_id: int) -> bytes:
    return b'{"update_id":%d}' % update_id


def _contents(source: Mapping[str, Any] | bytes) -> Mapping[str, Any]:
    if not isinstance(source, bytes):
        return source
    with suppress(ValueError, RecursionError):
        contents = json.loads(source)
        if isinstance(contents, dict):
            return contents
    return {}


def _lane(content: object) -> str | None:
    match content:
        case {"chat": {"id": chat_id}}:
            return f"chat {chat_id}"
        case {"from": {"id": user_id}} | {"user": {"id": user_id}}:
            return f"user {user_id}"
    return None
