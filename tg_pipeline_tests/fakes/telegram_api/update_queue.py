"""Updates: their ids and bytes, and the queue in which they are pending."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

from tg_pipeline_tests.fakes.loopback import Changes

UPDATE_ID = re.compile(rb'("update_id"\s*:\s*)-?\d+')


@dataclass(frozen=True, slots=True)
class Update:
    """A pending update; the updates of one lane are delivered one after the other."""

    update_id: int
    lane: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    source: Mapping[str, Any] | bytes
    kind: str | None
    lane: str | None

    @classmethod
    def of(cls, source: Mapping[str, Any] | bytes) -> Self:
        contents = _contents(source)
        kind = next((key for key in contents if key != "update_id"), None)
        return cls(source, kind, _lane(contents.get(kind or "")))

    def numbered(self, update_id: int) -> Update:
        """Return it with an id, written as Telegram does; in bytes, only that number changes."""
        return Update(update_id, self.lane or f"update {update_id}", self._body(update_id))

    def _body(self, update_id: int) -> bytes:
        if isinstance(self.source, bytes):
            return UPDATE_ID.sub(rb"\g<1>%d" % update_id, self.source, count=1)
        contents = {"update_id": update_id, **self.source}
        return json.dumps(contents, separators=(",", ":")).encode()


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


class UpdateQueue:
    def __init__(self, first_id: int, changes: Changes) -> None:
        self._next_id, self._changes = first_id, changes
        self._pending: dict[int, Update] = {}
        self.sent: dict[int, bytes] = {}

    @property
    def pending(self) -> list[int]:
        return list(self._pending)

    def __contains__(self, update: Update) -> bool:
        return update.update_id in self._pending

    def push(self, draft: Draft) -> Update:
        update = draft.numbered(self._next_id)
        self._next_id += 1
        self._pending[update.update_id] = update
        self.sent[update.update_id] = update.body
        return update

    def first(self, limit: int | None = None) -> list[Update]:
        return list(islice(self._pending.values(), limit))

    def confirm(self, offset: int) -> None:
        self._remove([update_id for update_id in self._pending if update_id < offset])

    def remove(self, update: Update) -> None:
        self._remove([update.update_id] if update in self else [])

    def clear(self) -> None:
        self._remove(self.pending)

    def _remove(self, update_ids: list[int]) -> None:
        for update_id in update_ids:
            del self._pending[update_id]
        self._changes.announce()
