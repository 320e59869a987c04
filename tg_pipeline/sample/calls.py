"""The bot's calls, as a proxy sees them, with their results; and presses of the bot's buttons."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from lambda_ingest.synthetic.bot_calls import BotCall, CallSource
from tg_pipeline.sample.content import CONTENT
from tg_pipeline.sample.facts import Fact, Refused, Replied, ReplyKind
from tg_pipeline.sample.media import photo_sizes
from tg_pipeline.sample.people import BOT, CROWD, ChatState, Payload
from tg_pipeline.sample.scene import GeneratedCall, GeneratedUpdate, Mark, Scene, write

SOON: Final = (1.0, 4.0)
"""Seconds from an update to the bot's reply: least and most."""

AT_ONCE: Final = (0.2, 0.9)
"""Seconds from the press of a button to the response to it: least and most."""

WAIT: Final = (35, 260)
"""Milliseconds that Telegram takes for a call: least and most."""

FLOODED: Final = 0.006
"""Share of the messages that Telegram refuses at first, since the bot sends too many."""

RETRY_AFTER: Final = (3, 25)
"""Seconds that Telegram then asks the bot to wait: least and most."""

UNCHANGED: Final = 0.05
"""Share of the edits that fail because the bot changes nothing."""

BLOCKED_ERROR: Final[Payload] = {
    "error_code": 403,
    "description": "Forbidden: bot was blocked by the user",
}
UNCHANGED_ERROR: Final[Payload] = {
    "error_code": 400,
    "description": "Bad Request: message is not modified: specified new message content and reply "
    "markup are exactly the same as a current content and reply markup of the message",
}

FALLBACK: Final = write(CONTENT.bot.fallback, Mark("bot_command", "/ajuda"))

Buttons = tuple[tuple[str, str], ...]
"""Labels and callback data."""

Pressing = Callable[[Scene, Payload], None]
"""Schedules the press of a button of a message."""

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


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that the bot is about to send.

    `answered` is the message that it replies to, in the way that `kind` says. `quotes`: it is a
    reply in the sense of Telegram too. `then` is called with the message once it is sent.
    """

    chat_state: ChatState
    content: Payload
    answered: Payload | None = None
    kind: ReplyKind = ReplyKind.RIGHT
    quotes: bool = False
    then: Callable[[Scene, Payload], None] | None = None
    is_retried: bool = False


def with_buttons(text: str, buttons: Buttons) -> Payload:
    """Return the content of a message with a row of buttons."""
    keys = [{"text": label, "callback_data": data} for label, data in buttons]
    return {"text": text, "reply_markup": {"inline_keyboard": [keys]}}


def send(scene: Scene, sending: Outgoing) -> GeneratedCall:
    """Send a text or a photo; it fails if the person has blocked the bot, or by chance once."""
    chat_state = sending.chat_state.current()
    method = "sendPhoto" if "photo" in sending.content else "sendMessage"
    is_same = chat_state is sending.chat_state
    quoted = sending.answered if sending.quotes and is_same else None
    params = _target(chat_state) | _sent(sending.content)
    if quoted is not None:
        params["reply_parameters"] = {"message_id": quoted["message_id"]}
    if chat_state.is_blocked:
        return _failed(scene, method, params, BLOCKED_ERROR)
    if not sending.is_retried and scene.rng.happens(FLOODED):
        seconds = scene.rng.between(*RETRY_AFTER)
        scene.call_later(seconds, seconds + 2, partial(send, sending=replace_retried(sending)))
        return _failed(scene, method, params, _flood_error(seconds))
    message = scene.message(chat_state, BOT, sending.content, quoted)
    if sending.then is not None:
        sending.then(scene, message)
    facts: tuple[Fact, ...] = ()
    if sending.answered is not None:
        place = sending.answered["chat"]["id"], sending.answered["message_id"]
        facts = (Replied(*place, message["message_id"], sending.kind),)
    return _succeeded(scene, method, params, message, facts)


def replace_retried(sending: Outgoing) -> Outgoing:
    """Return the message as it is sent again."""
    return replace(sending, is_retried=True)


def send_album(scene: Scene, chat_state: ChatState) -> GeneratedCall:
    """Send an album of two or three photos; the first has a caption."""
    photos = [photo_sizes(scene.rng) for _ in range(scene.rng.between(2, 3))]
    media = [{"type": "photo", "media": sizes[-1]["file_id"]} for sizes in photos]
    media[0]["caption"] = CONTENT.bot.album
    params = _target(chat_state) | {"media": media}
    if chat_state.is_blocked:
        return _failed(scene, "sendMediaGroup", params, BLOCKED_ERROR)
    group = {"media_group_id": scene.rng.query_id()}
    contents = [group | {"photo": sizes} for sizes in photos]
    contents[0]["caption"] = CONTENT.bot.album
    messages = [scene.message(chat_state, BOT, content) for content in contents]
    return _succeeded(scene, "sendMediaGroup", params, messages)


def edit_text(scene: Scene, message: Payload, text: str) -> GeneratedCall:
    """Replace the text of a message of the bot, and remove its buttons."""
    chat = {"chat_id": message["chat"]["id"]}
    params = chat | {"message_id": message["message_id"], "text": text}
    if scene.rng.happens(UNCHANGED):
        return _failed(scene, "editMessageText", params, UNCHANGED_ERROR)
    kept = {name: value for name, value in message.items() if name != "reply_markup"}
    edited = kept | {"edit_date": scene.second, "text": text}
    return _succeeded(scene, "editMessageText", params, edited)


def answer_query(scene: Scene, query_id: str) -> GeneratedCall:
    """Respond to the press of a button, so that Telegram stops showing a progress bar."""
    return _succeeded(scene, "answerCallbackQuery", {"callback_query_id": query_id}, result=True)


def _target(chat_state: ChatState) -> Payload:
    topic = chat_state.root
    thread = {"message_thread_id": topic["message_id"]} if topic else {}
    return {"chat_id": chat_state.chat["id"]} | thread


def _sent(content: Payload) -> Payload:
    """Return the parameters of a content: Telegram finds the entities and the sizes itself."""
    params = {name: value for name, value in content.items() if name != "entities"}
    if "photo" in content:
        params["photo"] = content["photo"][-1]["file_id"]
    return params


def _flood_error(seconds: int) -> Payload:
    return {
        "error_code": 429,
        "description": f"Too Many Requests: retry after {seconds}",
        "parameters": {"retry_after": seconds},
    }


def _succeeded(
    scene: Scene, method: str, params: Payload, result: Any, facts: tuple[Fact, ...] = ()
) -> GeneratedCall:
    return GeneratedCall(replace(_call(scene, method, params), ok=True, result=result), facts)


def _failed(scene: Scene, method: str, params: Payload, error: Payload) -> GeneratedCall:
    call = replace(_call(scene, method, params), ok=False, error=error)
    return GeneratedCall(call, (Refused(params["chat_id"], error["error_code"]),))


def _call(scene: Scene, method: str, params: Payload) -> BotCall:
    took = scene.rng.between(*WAIT)
    return BotCall(
        method=method,
        params=params,
        source=CallSource.PROXY,
        called_at=datetime.fromtimestamp(scene.now - took / 1000, UTC),
        identity=scene.rng.query_id().encode(),
        milliseconds=took,
    )


def let_press(person: Payload, chat_state: ChatState, buttons: Buttons) -> Pressing:
    """Return what schedules that the person may press one of the buttons of a message."""

    def schedule(scene: Scene, message: Payload) -> None:
        if scene.rng.happens(PRESSED):
            data = scene.rng.pick(buttons)[1]
            pressed = partial(
                press, person=person, chat_state=chat_state, message=message, data=data
            )
            scene.later(3, 400, pressed)

    return schedule


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
