"""The bot's buttons: messages that have some, presses of them, and what the bot does then."""

from collections.abc import Callable
from functools import partial
from typing import Final

from tg_pipeline.sample.calls import (
    AT_ONCE,
    SOON,
    Buttons,
    Outgoing,
    answer_query,
    edit_text,
    send,
    send_album,
    with_buttons,
)
from tg_pipeline.sample.content import CONTENT
from tg_pipeline.sample.media import photo_sizes
from tg_pipeline.sample.people import CROWD, ChatState, Payload
from tg_pipeline.sample.scene import GeneratedUpdate, Scene

PRESSED: Final = 0.6
"""Share of the bot's messages with buttons of which somebody presses one."""

FEEDBACK: Final[Buttons] = (("Resolveu", "resolvido:sim"), ("Ainda não", "resolvido:nao"))
GROUP_MENU: Final[Buttons] = (
    ("Aulas", "menu:aulas"),
    ("Certificado", "menu:certificado"),
    ("Equipe", "menu:equipe"),
)
PRIVATE_MENU: Final[Buttons] = (
    ("Preços", "menu:precos"),
    ("Horários", "menu:horario"),
    ("Fotos", "menu:fotos"),
    ("Agendar aula", "agendar:aula"),
)
SLOTS: Final[Buttons] = (
    ("Seg 20h", "agendar:seg-20h"),
    ("Qua 20h", "agendar:qua-20h"),
    ("Sáb 10h", "agendar:sab-10h"),
)


def let_press(person: Payload, chat_state: ChatState, buttons: Buttons) -> "Pressing":
    """Return what schedules that the person may press one of the buttons of a message."""

    def schedule(scene: Scene, message: Payload) -> None:
        if scene.rng.happens(PRESSED):
            data = scene.rng.pick(buttons)[1]
            pressed = partial(
                press, person=person, chat_state=chat_state, message=message, data=data
            )
            scene.later(3, 400, pressed)

    return schedule


Pressing = Callable[[Scene, Payload], None]


def press(
    scene: Scene, person: Payload, chat_state: ChatState, message: Payload, data: str
) -> GeneratedUpdate | None:
    """Press a button: a callback query, which has no time of its own. The bot responds."""
    if chat_state.is_blocked:
        return None
    query = _query(scene, person, message, data)
    scene.call_later(*AT_ONCE, partial(answer_query, query_id=query.body["id"]))
    _respond(scene, person, chat_state, message, data)
    return query


def _query(scene: Scene, person: Payload, message: Payload, data: str) -> GeneratedUpdate:
    query = {"id": scene.rng.query_id(), "from": person, "message": message}
    instance = str(7_700_000_000_000_000_000 + message["chat"]["id"])
    return GeneratedUpdate("callback_query", query | {"chat_instance": instance, "data": data})


def _respond(
    scene: Scene, person: Payload, chat_state: ChatState, message: Payload, data: str
) -> None:
    """Schedule what the bot does in a private chat; in a group the response is enough."""
    bot, rng = CONTENT.bot, scene.rng
    if data == "menu:fotos":
        scene.call_later(*SOON, partial(send_album, chat_state=chat_state))
    elif data == "agendar:aula":
        choices = with_buttons(bot.slots, SLOTS)
        then = let_press(person, chat_state, SLOTS)
        scene.call_later(*SOON, partial(send, sending=Outgoing(chat_state, choices, then=then)))
    elif data.startswith("agendar:"):
        booked = bot.booked + data.removeprefix("agendar:")
        scene.call_later(*SOON, partial(edit_text, message=message, text=booked))
    elif data in {"menu:precos", "menu:horario"}:
        photo = {"photo": photo_sizes(rng), "caption": bot.schedule}
        content = {"text": bot.prices} if data == "menu:precos" else photo
        scene.call_later(*SOON, partial(send, sending=Outgoing(chat_state, content)))


def press_old(scene: Scene) -> GeneratedUpdate:
    """Press a button of a message that the bot can no longer access: its date is 0."""
    chat_state = scene.topics[0]
    message = {"chat": chat_state.chat, "message_id": scene.rng.between(90, 900), "date": 0}
    query = _query(scene, scene.rng.pick(CROWD).user, message, GROUP_MENU[0][1])
    scene.call_later(*AT_ONCE, partial(answer_query, query_id=query.body["id"]))
    return query


def ask_for_feedback(scene: Scene) -> None:
    """Let the bot ask in a topic whether all is clear; a member presses a button."""
    chat_state, person = scene.rng.pick(scene.topics), scene.rng.pick(CROWD).user
    content = with_buttons("Ficou claro?", FEEDBACK)
    then = let_press(person, chat_state, FEEDBACK)
    scene.call_later(*SOON, partial(send, sending=Outgoing(chat_state, content, then=then)))
