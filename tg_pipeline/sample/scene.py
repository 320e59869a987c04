"""The state of the story: where it plays, what time it is, what is still to happen."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Final, NamedTuple, TypeAlias

from tg_pipeline.sample.chance import Chance
from tg_pipeline.sample.chats import CHANNEL, FORUM, GROUP, Room, private_rooms, topic
from tg_pipeline.sample.people import Payload

TOPICS_AT_START: Final = 2
TOPIC_AGE: Final = 40 * 86_400
"""Seconds before the story in which the first topics were opened."""


class Happening(NamedTuple):
    """An update without its id: its type, and what stands under that key."""

    kind: str
    body: Payload


Act: TypeAlias = Callable[["Scene"], Happening | None]
"""Something that can happen in a scene; None where it no longer can."""


class Scene:
    """What the acts share and change.

    `now` is in Unix seconds. The agenda stays small: what a message leaves to be done is due
    within hours.
    """

    def __init__(self, chance: Chance, begin: float) -> None:
        """Set up the chats as they are at the begin of the story, in Unix seconds."""
        self.chance = chance
        self.now = begin
        self.support = Room(GROUP, count(18_204))
        self.forum = Room(FORUM, count(3_310))
        self.channel = Room(CHANNEL, count(412))
        self.private = private_rooms()
        opened_at = int(begin) - TOPIC_AGE
        self.topics = [topic(self.forum, number, opened_at) for number in range(TOPICS_AT_START)]
        self._agenda: list[tuple[float, int, Act]] = []
        self._noted = 0

    @property
    def second(self) -> int:
        """The time as Telegram writes it: whole Unix seconds."""
        return int(self.now)

    def note(self, due: float, act: Act) -> None:
        """Have the act happen at that time (Unix seconds), or at the first occasion after it."""
        self._noted += 1  # decides between two acts of one time, which can't be compared
        heappush(self._agenda, (due, self._noted, act))

    def later(self, least: float, most: float, act: Act) -> None:
        """Have the act happen between least and most seconds from now."""
        self.note(self.now + self.chance.soon(least, most), act)

    def due(self) -> Happening | None:
        """Let happen what is due by now and still can, the longest due first."""
        while self._agenda and self._agenda[0][0] <= self.now:
            if (happening := heappop(self._agenda)[2](self)) is not None:
                return happening
        return None

    def message(
        self, room: Room, sender: Payload | None, content: Payload, reply_to: Payload | None = None
    ) -> Payload:
        """Build a Message sent now. Without a sender it has no `from`."""
        message: Payload = {"message_id": next(room.ids)}
        if sender is not None:
            message["from"] = sender
        message |= {"chat": room.chat, "date": self.second}
        if room.root is not None:
            message |= {"message_thread_id": room.root["message_id"], "is_topic_message": True}
        # In a topic Telegram has every message reply to the one that opened the topic.
        answered = reply_to or room.root
        if answered is not None:
            message["reply_to_message"] = unnested(answered)
        message.update(content)
        return message


def unnested(message: Payload) -> Payload:
    """Drop the message it replies to: Telegram nests replies one deep."""
    if "reply_to_message" not in message:
        return message
    return {name: value for name, value in message.items() if name != "reply_to_message"}
