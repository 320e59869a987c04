"""The state of the simulation, and messages with their edits, reactions and entities."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Final, NamedTuple, TypeAlias

from lambda_ingest.synthetic.bot_calls import BotCall
from tg_pipeline.sample.content import CONTENT
from tg_pipeline.sample.facts import Fact
from tg_pipeline.sample.people import (
    CHANNEL,
    CROWD,
    FORUM,
    GROUP,
    ChatState,
    Payload,
    Person,
    private_chats,
    topic,
)
from tg_pipeline.sample.timeline import SeededRandom

TOPICS_AT_START: Final = 2
TOPIC_AGE: Final = 40 * 86_400
"""Age in seconds of the first topics when the sample begins."""


class GeneratedUpdate(NamedTuple):
    """An update without its id: its type and the object of that key."""

    kind: str
    body: Payload
    facts: tuple[Fact, ...] = ()


class GeneratedCall(NamedTuple):
    """A call of the bot, with its outcome."""

    call: BotCall
    facts: tuple[Fact, ...] = ()


Action: TypeAlias = Callable[["Scene"], GeneratedUpdate | None]
"""A function that generates an update; None if it is no longer possible."""

CallAction: TypeAlias = Callable[["Scene"], GeneratedCall]
"""A function that generates a call of the bot."""


class Scene:
    """The state that the actions share and change.

    `now` is in Unix seconds. The agenda stays small: the follow-ups of a message are due within
    hours, those of a newcomer are at most one a week, and those of a person who starts the bot are
    few. People act at the times that the simulation gives its updates; the bot calls in between.
    """

    def __init__(self, rng: SeededRandom, begin: float) -> None:
        """Set up the chats as they are at `begin`, in Unix seconds."""
        self.rng = rng
        self.now = begin
        self.support = ChatState(GROUP, count(18_204))
        self.forum = ChatState(FORUM, count(3_310))
        self.channel = ChatState(CHANNEL, count(412))
        self.private = private_chats()
        opened_at = int(begin) - TOPIC_AGE
        self.topics = [topic(self.forum, number, opened_at) for number in range(TOPICS_AT_START)]
        self._agenda: list[tuple[float, int, Action]] = []
        self._calls: list[tuple[float, int, CallAction]] = []
        self._scheduled = 0

    @property
    def second(self) -> int:
        """The time as Telegram writes it: whole Unix seconds."""
        return int(self.now)

    def schedule(self, due: float, action: Action) -> None:
        """Schedule an action for `due` (Unix seconds), or the first update after it."""
        self._scheduled += 1  # orders two actions of the same time, which can't be compared
        heappush(self._agenda, (due, self._scheduled, action))

    def later(self, least: float, most: float, action: Action) -> None:
        """Schedule an action for between `least` and `most` seconds from now."""
        self.schedule(self.now + self.rng.soon(least, most), action)

    def due(self) -> GeneratedUpdate | None:
        """Return the update of the longest due action that is still possible, if any."""
        while self._agenda and self._agenda[0][0] <= self.now:
            if (generated := heappop(self._agenda)[2](self)) is not None:
                return generated
        return None

    def call_later(self, least: float, most: float, action: CallAction) -> None:
        """Schedule a call of the bot for between `least` and `most` seconds from now."""
        self._scheduled += 1
        due = self.now + self.rng.soon(least, most)
        heappush(self._calls, (due, self._scheduled, action))

    def calls_until(self, end: float) -> Iterator[GeneratedCall]:
        """Yield the calls that are due before `end` (Unix seconds), each at its time."""
        while self._calls and self._calls[0][0] < end:
            due, _, action = heappop(self._calls)
            self.now = due
            yield action(self)

    def private_chat(self) -> tuple[Person, ChatState]:
        """Return a person, and the private chat in which the bot may write to that person."""
        chosen = self.rng.pick(self.private)
        return self.private[0] if chosen[1].is_blocked else chosen

    def message(
        self,
        chat_state: ChatState,
        sender: Payload | None,
        content: Payload,
        reply_to: Payload | None = None,
    ) -> Payload:
        """Build a Message sent now; without a sender it has no `from`."""
        message: Payload = {"message_id": next(chat_state.ids)}
        if sender is not None:
            message["from"] = sender
        message |= {"chat": chat_state.chat, "date": self.second}
        if chat_state.root is not None:
            message |= {
                "message_thread_id": chat_state.root["message_id"],
                "is_topic_message": True,
            }
        # In a topic Telegram has every message reply to the one that opened the topic.
        answered = reply_to or chat_state.root
        if answered is not None:
            message["reply_to_message"] = without_reply(answered)
        message.update(content)
        return message


def without_reply(message: Payload) -> Payload:
    """Return a message without the one it replies to: Telegram nests replies one level deep."""
    if "reply_to_message" not in message:
        return message
    return {name: value for name, value in message.items() if name != "reply_to_message"}


EDITED: Final = 0.035
REACTED: Final = 0.06
TAKEN_BACK: Final = 0.2
"""Shares of the messages that are edited or reacted to, and of the reactions removed."""

EMOJI: Final = ("👍", "👍", "❤", "🔥", "👏", "😁", "🤔", "🎉", "🙏")
CUSTOM_EMOJI: Final = ("5368324170671202286", "5377305978079288312")


def send_with_follow_ups(scene: Scene, chat_state: ChatState, message: Payload) -> GeneratedUpdate:
    """Send the message, and schedule edits and reactions in the minutes after it."""
    if scene.rng.happens(EDITED):
        scene.later(5, 240, partial(edit, chat_state=chat_state, message=message))
    if scene.rng.happens(REACTED):
        reactor = scene.rng.pick(CROWD).user
        scene.later(
            3, 1800, partial(react, chat_state=chat_state, message=message, reactor=reactor)
        )
    return GeneratedUpdate("message", message)


def edit(scene: Scene, chat_state: ChatState, message: Payload) -> GeneratedUpdate | None:
    """Correct a text by adding to its end, so that its entities stay where they are."""
    if chat_state.successor or "text" not in message:
        return None
    edited = message | {"edit_date": scene.second}
    edited["text"] = message["text"] + scene.rng.pick(CONTENT.edit_tails)
    return GeneratedUpdate("edited_message", edited)


def react(
    scene: Scene, chat_state: ChatState, message: Payload, reactor: Payload
) -> GeneratedUpdate | None:
    """React to the message, and sometimes remove the reaction later."""
    if chat_state.successor:
        return None
    reaction: Payload = {"type": "emoji", "emoji": scene.rng.pick(EMOJI)}
    if reactor.get("is_premium") and scene.rng.happens(0.3):
        reaction = {"type": "custom_emoji", "custom_emoji_id": scene.rng.pick(CUSTOM_EMOJI)}
    target = {"chat": chat_state.chat, "message_id": message["message_id"], "user": reactor}
    if scene.rng.happens(TAKEN_BACK):
        scene.later(
            4, 90, partial(take_back, chat_state=chat_state, target=target, reaction=reaction)
        )
    change = {"date": scene.second, "old_reaction": [], "new_reaction": [reaction]}
    return GeneratedUpdate("message_reaction", target | change)


def take_back(
    scene: Scene, chat_state: ChatState, target: Payload, reaction: Payload
) -> GeneratedUpdate | None:
    """Remove the reaction."""
    if chat_state.successor:
        return None
    change = {"date": scene.second, "old_reaction": [reaction], "new_reaction": []}
    return GeneratedUpdate("message_reaction", target | change)


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a text with an entity: `kind` is the type of the MessageEntity."""

    kind: str
    text: str


def units(text: str) -> int:
    """Return the length in UTF-16 units: two for a character beyond U+FFFF, such as most emoji."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def write(*pieces: str | Mark) -> Payload:
    """Return the `text` and `entities` of a message made of these pieces."""
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
