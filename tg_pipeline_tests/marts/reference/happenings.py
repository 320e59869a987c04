"""The updates of the sample, read from their JSON with the standard library only.

The reference computes the expected rows of the marts in plain loops, without SQL, layers or Arrow.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tg_pipeline.sample import SampleDelivery

ZONE: Final = ZoneInfo("America/Sao_Paulo")
SENT: Final = {"message", "channel_post", "business_message", "guest_message"}
EDITED: Final = {"edited_message", "edited_channel_post", "edited_business_message"}
EVENTS: Final = {
    "new_chat_members",
    "left_chat_member",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "forum_topic_created",
    "successful_payment",
}
"""Contents of service messages in the sample."""

CONTENTS: Final = {
    *("text", "photo", "animation", "sticker", "voice", "video", "document", "contact", "dice"),
    *("location", "poll", "rich_message", *EVENTS),
}

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Happening:
    """An update: its local time, its type, and its content."""

    update_id: int
    kind: str
    content: dict[str, Any]
    at: datetime

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def chat(self) -> int | None:
        found = self.content.get("chat") or (self.content.get("message") or {}).get("chat") or {}
        chat_id: int | None = found.get("id")
        return chat_id

    @property
    def account(self) -> dict[str, Any]:
        """The user who acted, unless a chat did."""
        for name in ("sender_chat", "actor_chat", "voter_chat"):
            if name in self.content:
                return {}
        found: dict[str, Any] = self.content.get("from") or self.content.get("user") or {}
        return found

    @property
    def person(self) -> int | None:
        account = self.account
        return None if not account or account.get("is_bot") else int(account["id"])

    @property
    def command(self) -> str | None:
        text = self.content.get("text", "")
        for mark in self.content.get("entities", []):
            if mark["type"] == "bot_command" and mark["offset"] == 0:
                written: str = text[: mark["length"]]
                return written[1:].split("@", maxsplit=1)[0].lower()
        return None

    @property
    def content_type(self) -> str:
        # An animation comes with a document that says less.
        held = [name for name in self.content if name in CONTENTS]
        return "animation" if "animation" in held else held[0]


def happenings(month: Iterable[SampleDelivery]) -> list[Happening]:
    """Return each update once, as it first arrived."""
    seen: dict[int, Happening] = {}
    for delivery in month:
        for each in _happening(delivery):
            seen.setdefault(each.update_id, each)
    return list(seen.values())


def _happening(delivery: SampleDelivery) -> Iterator[Happening]:
    update = json.loads(delivery.body)
    update_id = update.pop("update_id")
    for kind, content in update.items():
        second = content.get("edit_date" if kind in EDITED else "date")
        at = datetime.fromtimestamp(second, UTC) if second else delivery.arrived_at
        yield Happening(update_id, kind, content, at.astimezone(ZONE))


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
