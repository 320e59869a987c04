"""The expected messages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from tg_pipeline_tests.marts.reference.happenings import EDITED, SENT, Happening


@dataclass
class Message:
    kind: str
    chat: int
    chat_then: int
    message_id: int
    sent_at: datetime
    edits: int
    last: Happening

    @property
    def place(self) -> tuple[str, int, int | None]:
        return self.kind, self.chat, self.topic

    @property
    def topic(self) -> int | None:
        """The topic: the sample has no other threads."""
        topic: int | None = self.last.content.get("message_thread_id")
        return topic

    @property
    def reply_to(self) -> int | None:
        answered = self.last.content.get("reply_to_message", {}).get("message_id")
        return None if answered == self.topic else answered

    @property
    def speaker(self) -> int | None:
        content = self.last.content
        found: int | None = (content.get("sender_chat") or content.get("from") or {}).get("id")
        return found

    @property
    def is_bot(self) -> bool:
        return self.last.is_bot

    @property
    def text(self) -> str | None:
        content = self.last.content
        if "rich_message" in content:
            return "\n".join(each["text"] for each in content["rich_message"]["blocks"])
        return content.get("text", content.get("caption"))

    @property
    def names(self) -> set[Any]:
        """The usernames and the ids of users that the text names."""
        marks = self.last.content.get("entities", [])
        encoded = (self.text or "").encode("utf-16-le", "surrogatepass")
        mentions = {
            encoded[2 * each["offset"] + 2 : 2 * (each["offset"] + each["length"])].decode(
                "utf-16-le"
            )
            for each in marks
            if each["type"] == "mention"
        }
        return {name.lower() for name in mentions} | {
            each["user"]["id"] for each in marks if each["type"] == "text_mention"
        }

    @property
    def is_event(self) -> bool:
        return self.last.is_event


def messages(month: Iterable[Happening]) -> list[Message]:
    written = [each for each in month if each.kind in SENT | EDITED]
    moves = {
        each.chat: each.content["migrate_to_chat_id"]
        for each in written
        if "migrate_to_chat_id" in each.content
    }
    found = []
    for (kind, chat, message_id), those in groupby(sorted(written, key=_identity), _identity):
        versions = sorted(those, key=_age)
        last, edits = versions[-1], sum(each.kind in EDITED for each in versions)
        sent_at = datetime.fromtimestamp(last.content["date"], UTC)
        lasting = moves.get(chat, chat)
        found.append(Message(kind, lasting, chat, message_id, sent_at, edits, last))
    return sorted(found, key=lambda each: (str(each.place), each.sent_at, each.message_id))


def _identity(each: Happening) -> tuple[str, int, int]:
    kind = each.kind.removeprefix("edited_")
    return kind, each.chat, each.content["message_id"]


def _age(each: Happening) -> tuple[int, int]:
    return each.content.get("edit_date", 0), each.update_id
