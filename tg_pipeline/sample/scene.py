"""Texts with their entities, measured as Telegram measures: in UTF-16 units."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Final, NamedTuple, TypeAlias

from tg_pipeline.sample.content import EDIT_TAILS
from tg_pipeline.sample.people import (
    CHANNEL,
    CROWD,
    FORUM,
    GROUP,
    Payload,
    Room,
    private_rooms,
    topic,
)
from tg_pipeline.sample.timeline import Chance

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


EDITED: Final = 0.035
REACTED: Final = 0.06
TAKEN_BACK: Final = 0.2
"""Shares of the messages that are corrected, of those reacted to, of the reactions removed."""

EMOJI: Final = ("👍", "👍", "❤", "🔥", "👏", "😁", "🤔", "🎉", "🙏")
CUSTOM_EMOJI: Final = ("5368324170671202286", "5377305978079288312")


def remark(scene: Scene, room: Room, message: Payload) -> Happening:
    """Deliver the message, and let it be edited or reacted to in the minutes after."""
    if scene.chance.happens(EDITED):
        scene.later(5, 240, partial(edit, room=room, message=message))
    if scene.chance.happens(REACTED):
        reactor = scene.chance.pick(CROWD).user
        scene.later(3, 1800, partial(react, room=room, message=message, reactor=reactor))
    return Happening("message", message)


def edit(scene: Scene, room: Room, message: Payload) -> Happening | None:
    """Correct a text by adding to its end, so that its entities stay where they are."""
    if room.successor or "text" not in message:
        return None
    edited = message | {"edit_date": scene.second}
    edited["text"] = message["text"] + scene.chance.pick(EDIT_TAILS)
    return Happening("edited_message", edited)


def react(scene: Scene, room: Room, message: Payload, reactor: Payload) -> Happening | None:
    """Someone reacts to the message, and now and then takes it back."""
    if room.successor:
        return None
    reaction: Payload = {"type": "emoji", "emoji": scene.chance.pick(EMOJI)}
    if reactor.get("is_premium") and scene.chance.happens(0.3):
        reaction = {"type": "custom_emoji", "custom_emoji_id": scene.chance.pick(CUSTOM_EMOJI)}
    target = {"chat": room.chat, "message_id": message["message_id"], "user": reactor}
    if scene.chance.happens(TAKEN_BACK):
        scene.later(4, 90, partial(take_back, room=room, target=target, reaction=reaction))
    change = {"date": scene.second, "old_reaction": [], "new_reaction": [reaction]}
    return Happening("message_reaction", target | change)


def take_back(scene: Scene, room: Room, target: Payload, reaction: Payload) -> Happening | None:
    """Remove the reaction."""
    if room.successor:
        return None
    change = {"date": scene.second, "old_reaction": [reaction], "new_reaction": []}
    return Happening("message_reaction", target | change)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text that Telegram recognises: kind is the type of its MessageEntity."""

    kind: str
    text: str


def units(text: str) -> int:
    """Length in UTF-16 units: two for a character beyond U+FFFF, such as most emoji."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def write(*pieces: str | Mark) -> Payload:
    """Give the `text` and `entities` of a message made of these pieces."""
    entities: list[Payload] = []
    written = ""
    for piece in pieces:
        if isinstance(piece, Mark):
            entity = {"offset": units(written), "length": units(piece.text), "type": piece.kind}
            entities.append(entity)
        written += piece.text if isinstance(piece, Mark) else piece
    return {"text": written, "entities": entities} if entities else {"text": written}


def caption(content: Payload) -> Payload:
    """Turn text and entities into those of a caption."""
    names = {"text": "caption", "entities": "caption_entities"}
    return {names[name]: value for name, value in content.items()}
