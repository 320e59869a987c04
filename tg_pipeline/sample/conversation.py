"""Questions, and what becomes of them: answers, thanks, the same question again."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from tg_pipeline.sample.callbacks import offer_feedback
from tg_pipeline.sample.chats import Room
from tg_pipeline.sample.coding_intents import CODING
from tg_pipeline.sample.course_intents import COURSE
from tg_pipeline.sample.intents import Intent
from tg_pipeline.sample.people import CROWD, HELPERS, Payload, Person
from tg_pipeline.sample.phrases import AGAIN, CLOSERS, HELPFUL, OPENERS, SMALL_TALK, THANKS
from tg_pipeline.sample.remark import remark
from tg_pipeline.sample.scene import Happening, Scene

INTENTS: Final = COURSE + CODING

ANSWERED: Final = 0.7
ASKED_AGAIN: Final = 0.18
"""Shares of the questions that someone answers, and of those their asker repeats."""

BOT_ANSWERS: Final = 0.12
"""Share of the questions the bot answers too; its own messages are never delivered to it."""

BY_REPLY: Final = 0.75
THANKED: Final = 0.5
JOINED_IN: Final = 0.3
MOST_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks in a room, for the n-th time."""

    room: Room
    asker: Person
    intent: Intent
    tries: int = 1


def ask(scene: Scene, room: Room | None = None) -> Happening:
    """Ask something, in the support chat unless another room is named."""
    chance = scene.chance
    asker, intent = chance.pick(CROWD), chance.pick(INTENTS)
    asked = chance.pick(intent.phrasings(asker.language))
    if asker.language == "pt":
        asked = chance.pick(OPENERS) + asked + chance.pick(CLOSERS)
    return _pose(scene, Question(room or scene.support, asker, intent), asked)


def ask_in_topic(scene: Scene) -> Happening:
    """Ask something in a topic of the forum."""
    return ask(scene, scene.chance.pick(scene.topics))


def chat(scene: Scene) -> Happening:
    """Somebody says something small, and somebody may join in."""
    return _say_small(scene, scene.support, reply_to=None)


def _pose(scene: Scene, question: Question, asked: str) -> Happening:
    room, asker = question.room, question.asker.user
    message = scene.message(room, asker, {"text": asked})
    fate = scene.chance.fraction()
    if fate < ANSWERED:
        scene.later(20, 2400, partial(answer, question=question, message=message))
    elif fate < ANSWERED + ASKED_AGAIN and question.tries < MOST_TRIES:
        scene.later(1800, 6000, partial(ask_again, question=question))
    if scene.chance.happens(BOT_ANSWERS):
        offer_feedback(scene, room, asker)
    return remark(scene, room, message)


def answer(scene: Scene, question: Question, message: Payload) -> Happening:
    """Have a helper answer: mostly by a reply, else by just speaking next."""
    chance, room = scene.chance, question.room.current()
    helper = chance.pick(HELPERS)
    if helper is question.asker:
        helper = HELPERS[-1]
    text = chance.pick(HELPFUL) + chance.pick(question.intent.answers)
    replies = room is question.room and chance.happens(BY_REPLY)
    reply_to = message if replies else None
    answered = scene.message(room, helper.user, {"text": text}, reply_to)
    if chance.happens(THANKED):
        scene.later(10, 1200, partial(thank, question=question, answered=answered))
    return remark(scene, room, answered)


def thank(scene: Scene, question: Question, answered: Payload) -> Happening:
    """Have the asker say thanks, by a reply or not."""
    room = question.room.current()
    replies = answered["chat"] is room.chat and scene.chance.happens(BY_REPLY)
    content = {"text": scene.chance.pick(THANKS[question.asker.language])}
    reply_to = answered if replies else None
    return remark(scene, room, scene.message(room, question.asker.user, content, reply_to))


def ask_again(scene: Scene, question: Question) -> Happening:
    """Nobody answered, so the asker asks once more, in these or other words."""
    asker, intent = question.asker, question.intent
    asked = scene.chance.pick(intent.phrasings(asker.language))
    asked = scene.chance.pick(AGAIN) + asked if asker.language == "pt" else asked
    again = Question(question.room.current(), asker, intent, question.tries + 1)
    return _pose(scene, again, asked)


def _say_small(scene: Scene, room: Room, reply_to: Payload | None) -> Happening:
    chance, room = scene.chance, room.current()
    quoted = reply_to if reply_to and reply_to["chat"] is room.chat else None
    content = {"text": chance.pick(SMALL_TALK)}
    message = scene.message(room, chance.pick(CROWD).user, content, quoted)
    if chance.happens(JOINED_IN):
        heard = message if chance.happens(0.5) else None
        scene.later(8, 900, partial(_say_small, room=room, reply_to=heard))
    return remark(scene, room, message)
