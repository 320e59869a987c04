"""Buttons under the bot's messages, and who presses them."""

from functools import partial
from typing import Final

from tg_pipeline.sample.chats import Room
from tg_pipeline.sample.people import BOT, CROWD, Payload
from tg_pipeline.sample.scene import Happening, Scene

PRESSED: Final = 0.7
"""Share of the bot's offers that somebody takes up."""

FEEDBACK: Final = (("Resolveu", "resolvido:sim"), ("Ainda não", "resolvido:nao"))
MENU: Final = (
    ("Aulas", "menu:aulas"),
    ("Certificado", "menu:certificado"),
    ("Equipe", "menu:equipe"),
)

Buttons = tuple[tuple[str, str], ...]


def offer_feedback(scene: Scene, room: Room, person: Payload) -> None:
    """Have the bot answer the person and ask whether that helped."""
    _offer(scene, room, person, "Isso resolveu a sua dúvida?", FEEDBACK)


def offer_menu(scene: Scene, room: Room, person: Payload) -> None:
    """Have the bot show the person its menu."""
    _offer(scene, room, person, "Como posso ajudar?", MENU)


def _offer(scene: Scene, room: Room, person: Payload, text: str, buttons: Buttons) -> None:
    """Count the bot's message, which is never delivered to it, and note the press of a button."""
    keys = [{"text": label, "callback_data": data} for label, data in buttons]
    content = {"text": text, "reply_markup": {"inline_keyboard": [keys]}}
    shown = scene.message(room, BOT, content)
    if scene.chance.happens(PRESSED):
        data = scene.chance.pick(buttons)[1]
        scene.later(3, 400, partial(press, person=person, message=shown, data=data))


def press(scene: Scene, person: Payload, message: Payload, data: str) -> Happening:
    """Press a button: a callback query, which has no time of its own."""
    query = {"id": scene.chance.query_id(), "from": person, "message": message}
    instance = str(7_700_000_000_000_000_000 + message["chat"]["id"])
    return Happening("callback_query", query | {"chat_instance": instance, "data": data})


def press_old(scene: Scene) -> Happening:
    """Somebody presses a button of a message the bot can no longer see: its date is 0."""
    room = scene.topics[0]
    message = {"chat": room.chat, "message_id": scene.chance.between(90, 900), "date": 0}
    return press(scene, scene.chance.pick(CROWD).user, message, MENU[0][1])


def press_feedback(scene: Scene) -> Happening:
    """Somebody presses a button of a message the bot has just written in a topic."""
    room, person = scene.chance.pick(scene.topics), scene.chance.pick(CROWD).user
    keys = [{"text": label, "callback_data": data} for label, data in FEEDBACK]
    content = {"text": "Ficou claro?", "reply_markup": {"inline_keyboard": [keys]}}
    message = scene.message(room, BOT, content)
    return press(scene, person, message, scene.chance.pick(FEEDBACK)[1])
