"""Private chats with the bot: links, questions, a second try, blocks, returns."""

from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Final

from tg_pipeline.sample.calls import (
    FALLBACK,
    PRIVATE_MENU,
    SOON,
    Outgoing,
    edit_text,
    let_press,
    send,
    with_buttons,
)
from tg_pipeline.sample.content import CONTENT, Intent
from tg_pipeline.sample.facts import Asked, Blocked, ReplyKind, Started, Thanked, Unblocked
from tg_pipeline.sample.people import (
    BOT,
    CONFIDANTS,
    ChatState,
    Payload,
    Person,
    customer,
    private_chat,
)
from tg_pipeline.sample.scene import GeneratedCall, GeneratedUpdate, Mark, Scene, write

HOUR: Final = 3600
DAY: Final = 24 * HOUR

MOST_CHATS: Final = 400
"""Private chats of the bot; once there are as many, those who are there start it again."""

SOURCES: Final = ("site",) * 8 + ("insta_bio",) * 6 + ("cartaz",) * 3 + (None,) * 3
"""Where the links to the bot are, each as often as people follow it; None: they searched for it."""

ASKS: Final = 0.7
RETURNS: Final = 0.35
REMINDED: Final = 0.25
BLOCKS: Final = 0.16
UNBLOCKS: Final = 0.4
STARTS_AGAIN: Final = 0.7
"""Shares of those who start the bot and then ask it, come back in the weeks after, are reminded by
it, block it; and of those who have blocked it and change their mind, and then start it again."""

UNKNOWN: Final = {True: 0.08, False: 0.45}
"""Share of the questions that the bot does not understand: about the course, and about coding."""

WRONG: Final = 0.1
SILENT: Final = 0.03
"""Shares of the other questions that it answers wrongly, and not at all."""

AGAIN: Final = {ReplyKind.RIGHT: 0.03, ReplyKind.WRONG: 0.55, ReplyKind.FALLBACK: 0.5, None: 0.7}
"""Share of the questions that people ask again, by what the bot replied."""

MOST_TRIES: Final = 3
STREAMED: Final = 0.12
THANKED: Final = 0.25
"""Shares of the right answers that the bot writes bit by bit, and that people thank for."""

COURSE: Final = 0.7
"""Share of the questions that are about the course."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question to the bot, asked for the n-th time; `former` is the message of the last time."""

    person: Person
    chat_state: ChatState
    intent: Intent
    is_known: bool
    tries: int = 1
    former: int | None = None


def start(scene: Scene) -> GeneratedUpdate | None:
    """Let a person start the bot for the first time, and schedule what comes of it."""
    rng, number = scene.rng, len(scene.private)
    if number >= MOST_CHATS:
        return _start(scene, *scene.private_chat(), rng.pick(SOURCES))
    person, chat_state = _open(scene)
    if rng.happens(REMINDED):
        scene.call_later(DAY, 3 * DAY, partial(remind, person=person, chat_state=chat_state))
    if rng.happens(RETURNS):
        back = partial(come_back, person=person, chat_state=chat_state)
        scene.later(DAY, 20 * DAY, back)
    if rng.happens(BLOCKS):
        scene.later(HOUR, 10 * DAY, partial(_block, person=person, chat_state=chat_state))
    return _start(scene, person, chat_state, rng.pick(SOURCES))


def _open(scene: Scene) -> tuple[Person, ChatState]:
    person = customer(len(scene.private) - len(CONFIDANTS))
    chat_state = ChatState(private_chat(person), count(1))
    scene.private.append((person, chat_state))
    return person, chat_state


def _start(
    scene: Scene, person: Person, chat_state: ChatState, source: str | None
) -> GeneratedUpdate | None:
    if chat_state.is_blocked:
        return None
    content = write(Mark("bot_command", "/start"), f" {source}" if source else "")
    message = scene.message(chat_state, person.user, content)
    first = message["message_id"] == 1
    text = CONTENT.bot.welcome if first else CONTENT.bot.welcome_back
    menu = with_buttons(text.format(name=person.user["first_name"]), PRIVATE_MENU)
    then = let_press(person.user, chat_state, PRIVATE_MENU)
    sending = Outgoing(chat_state, menu, answered=message, then=then)
    scene.call_later(*SOON, partial(send, sending=sending))
    if scene.rng.happens(ASKS):
        scene.later(20, HOUR, partial(ask, person=person, chat_state=chat_state))
    return GeneratedUpdate("message", message, (Started(person.user["id"], source),))


def come_back(scene: Scene, person: Person, chat_state: ChatState) -> GeneratedUpdate | None:
    """Let a person write again, often through another link."""
    if chat_state.is_blocked:
        return None
    if scene.rng.happens(0.5):
        return _start(scene, person, chat_state, scene.rng.pick(SOURCES))
    return ask(scene, person, chat_state)


def ask_bot(scene: Scene) -> GeneratedUpdate | None:
    """Let somebody who has started the bot ask it a question."""
    return ask(scene, *scene.private_chat())


def ask(scene: Scene, person: Person, chat_state: ChatState) -> GeneratedUpdate | None:
    """Ask the bot a question."""
    is_course = scene.rng.happens(COURSE)
    intent = scene.rng.pick_common(CONTENT.course if is_course else CONTENT.coding)
    is_known = not scene.rng.happens(UNKNOWN[is_course])
    return _ask(scene, Inquiry(person, chat_state, intent, is_known))


def _ask(scene: Scene, inquiry: Inquiry) -> GeneratedUpdate | None:
    rng, chat_state, person = scene.rng, inquiry.chat_state, inquiry.person
    if chat_state.is_blocked:
        return None
    asked = rng.pick(inquiry.intent.phrasings(person.language))
    if inquiry.former is not None and person.language == "pt":
        asked = rng.pick(CONTENT.bot.again) + asked
    message = scene.message(chat_state, person.user, {"text": asked})
    kind = _outcome(scene, inquiry)
    if kind is not None:
        scene.call_later(*SOON, partial(send, sending=_reply(scene, inquiry, message, kind)))
    number = message["message_id"]
    if inquiry.tries < MOST_TRIES and rng.happens(AGAIN[kind]):
        again = Inquiry(
            person, chat_state, inquiry.intent, inquiry.is_known, inquiry.tries + 1, number
        )
        scene.later(20, 900, partial(_ask, inquiry=again))
    elif kind is ReplyKind.RIGHT and rng.happens(THANKED):
        scene.later(10, 600, partial(thank, person=person, chat_state=chat_state))
    fact = Asked(chat_state.chat["id"], number, inquiry.former)
    return GeneratedUpdate("message", message, (fact,))


def _outcome(scene: Scene, inquiry: Inquiry) -> ReplyKind | None:
    outcome = scene.rng.fraction()
    if outcome < SILENT:
        return None
    if not inquiry.is_known:
        return ReplyKind.FALLBACK
    return ReplyKind.WRONG if outcome < SILENT + WRONG else ReplyKind.RIGHT


def _reply(scene: Scene, inquiry: Inquiry, message: Payload, kind: ReplyKind) -> Outgoing:
    rng, chat_state = scene.rng, inquiry.chat_state
    if kind is ReplyKind.FALLBACK:
        return Outgoing(chat_state, FALLBACK, message, kind)
    others = [each for each in CONTENT.course if each is not inquiry.intent]
    intent = inquiry.intent if kind is ReplyKind.RIGHT else rng.pick(others)
    text = rng.pick(intent.answers)
    if not rng.happens(STREAMED):
        return Outgoing(chat_state, {"text": text}, message, kind)
    then = partial(_stream, text=text)
    return Outgoing(chat_state, {"text": CONTENT.bot.streaming}, message, kind, then=then)


def _stream(scene: Scene, message: Payload, text: str) -> None:
    """Schedule edits that write the text bit by bit."""
    words = text.split()
    for seconds, end in enumerate((len(words) // 2, len(words)), start=1):
        so_far = " ".join(words[: end or 1])
        scene.call_later(seconds, seconds + 0.9, partial(edit_text, message=message, text=so_far))


def thank(scene: Scene, person: Person, chat_state: ChatState) -> GeneratedUpdate | None:
    """Thank the bot for an answer."""
    if chat_state.is_blocked:
        return None
    content = {"text": scene.rng.pick(CONTENT.thanks[person.language])}
    message = scene.message(chat_state, person.user, content)
    sending = Outgoing(chat_state, {"text": CONTENT.bot.you_are_welcome}, answered=message)
    scene.call_later(*SOON, partial(send, sending=sending))
    fact = Thanked(chat_state.chat["id"], message["message_id"])
    return GeneratedUpdate("message", message, (fact,))


def remind(scene: Scene, person: Person, chat_state: ChatState) -> GeneratedCall:
    """Let the bot write to a person without being asked; it learns here that it is blocked."""
    text = scene.rng.pick(CONTENT.bot.reminders).format(name=person.user["first_name"])
    return send(scene, Outgoing(chat_state, {"text": text}))


def block_bot(scene: Scene) -> GeneratedUpdate | None:
    """Let a person block the bot; one who started it before the sample if need be."""
    person, chat_state = scene.private_chat()
    if person in CONFIDANTS:
        person, chat_state = _open(scene)
    return _block(scene, person, chat_state)


def _block(scene: Scene, person: Person, chat_state: ChatState) -> GeneratedUpdate | None:
    if chat_state.is_blocked:
        return None
    chat_state.is_blocked = True
    scene.call_later(HOUR, 3 * DAY, partial(remind, person=person, chat_state=chat_state))
    if scene.rng.happens(UNBLOCKS):
        scene.later(DAY, 8 * DAY, partial(_unblock, person=person, chat_state=chat_state))
    return _change(scene, person, chat_state)


def _unblock(scene: Scene, person: Person, chat_state: ChatState) -> GeneratedUpdate:
    chat_state.is_blocked = False
    if scene.rng.happens(STARTS_AGAIN):
        scene.later(5, 120, partial(_start, person=person, chat_state=chat_state, source=None))
    return _change(scene, person, chat_state)


def _change(scene: Scene, person: Person, chat_state: ChatState) -> GeneratedUpdate:
    """Return what tells a bot that it was blocked or unblocked: its own membership changed."""
    states: tuple[Payload, Payload] = {"status": "member"}, {"status": "kicked", "until_date": 0}
    old, new = states if chat_state.is_blocked else states[::-1]
    changed: Payload = {"chat": chat_state.chat, "from": person.user, "date": scene.second}
    changed["old_chat_member"] = {"user": BOT} | old
    changed["new_chat_member"] = {"user": BOT} | new
    fact = Blocked if chat_state.is_blocked else Unblocked
    return GeneratedUpdate("my_chat_member", changed, (fact(person.user["id"]),))
