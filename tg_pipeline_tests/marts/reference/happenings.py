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


@dataclass(frozen=True)
class Happening:
    update_id: int
    kind: str
    content: dict[str, Any]
    at: datetime

    @property
    def chat(self) -> int:
        chat_id: int = self.content["chat"]["id"]
        return chat_id

    @property
    def is_bot(self) -> bool:
        sender = {} if "sender_chat" in self.content else self.content.get("from", {})
        return bool(sender.get("is_bot"))

    @property
    def is_command(self) -> bool:
        marks = self.content.get("entities", [])
        return any(mark["type"] == "bot_command" and mark["offset"] == 0 for mark in marks)

    @property
    def is_event(self) -> bool:
        return not EVENTS.isdisjoint(self.content)


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
