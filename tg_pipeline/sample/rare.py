"""What is rare: boosts, guests, managed bots, stopped answers, rich messages, broken texts."""

from functools import partial
from itertools import count
from typing import Final

from tg_pipeline.sample.chats import GUEST_GROUP, Room
from tg_pipeline.sample.people import CROWD, MANAGED_BOT, MEMBERS, Payload
from tg_pipeline.sample.remark import edit, react
from tg_pipeline.sample.scene import Happening, Scene

BOOST: Final = 30 * 86_400
"""Seconds that a boost lasts."""

HALF_EMOJI: Final = "que dia \ud83d"
"""A text cut in the middle of a surrogate pair, as some clients cut long ones."""

WITH_NUL: Final = "colei do terminal:\x00 sem erro"


def boost(scene: Scene) -> Happening:
    """Boost the channel as a premium member, who takes the boost back."""
    source: Payload = {"source": "premium", "user": MEMBERS[1].user}
    about: Payload = {"boost_id": f"b{scene.chance.bits(64):016x}"}
    scene.later(60, 600, partial(_remove_boost, about=about, source=source))
    dates = {"add_date": scene.second, "expiration_date": scene.second + BOOST}
    given = about | dates | {"source": source}
    return Happening("chat_boost", {"chat": scene.channel.chat, "boost": given})


def _remove_boost(scene: Scene, about: Payload, source: Payload) -> Happening:
    removed: Payload = {"chat": scene.channel.chat} | about
    removed |= {"remove_date": scene.second, "source": source}
    return Happening("removed_chat_boost", removed)


def call_as_guest(scene: Scene) -> Happening:
    """Somebody calls the bot in a group it is no member of."""
    room = Room(GUEST_GROUP, count(5_000 + scene.second % 86_400))
    content = {"guest_query_id": scene.chance.query_id(), "text": "qual o prazo do projeto?"}
    return Happening("guest_message", scene.message(room, scene.chance.pick(CROWD).user, content))


def manage_bot(scene: Scene) -> Happening:
    """Let the bot manage a bot; then somebody stops it in the middle of an answer."""
    scene.later(30, 120, stop_answer)
    return Happening("managed_bot", {"user": MEMBERS[4].user, "bot": MANAGED_BOT})


def stop_answer(scene: Scene) -> Happening:
    """Stop the answer that the bot is writing in a private chat."""
    room = scene.chance.pick(scene.private)[1]
    stopped = {"chat": room.chat, "draft_id": scene.chance.bits(31)}
    return Happening("stopped_message_generation", stopped)


def write_richly(scene: Scene) -> Happening:
    """Send a message that has its words in `rich_message`, and no text."""
    paragraphs = ("Resumo da aula de hoje", "Agrupar antes, filtrar depois.")
    blocks = [{"type": "paragraph", "text": text} for text in paragraphs]
    room, person = scene.chance.pick(scene.topics), scene.chance.pick(CROWD)
    message = scene.message(room, person.user, {"rich_message": {"blocks": blocks}})
    return Happening("message", message)


def correct_in_private(scene: Scene) -> Happening:
    """Write to the bot in private, and then correct the message."""
    person, room = scene.chance.pick(scene.private)
    message = scene.message(room, person.user, {"text": "quando sai a nota do projeto?"})
    scene.later(10, 60, partial(edit, room=room, message=message))
    return Happening("message", message)


def please(scene: Scene) -> Happening:
    """Write in a topic what another member likes."""
    room, author = scene.chance.pick(scene.topics), scene.chance.pick(MEMBERS).user
    message = scene.message(room, author, {"text": "postei o resumo da aula 🎉"})
    liker = scene.chance.pick(CROWD).user
    scene.later(10, 60, partial(react, room=room, message=message, reactor=liker))
    return Happening("message", message)


def break_off(scene: Scene, text: str) -> Happening:
    """Send a text that is valid JSON but hard to store: no valid UTF-8, or with a NUL."""
    message = scene.message(scene.support, MEMBERS[24].user, {"text": text})
    return Happening("message", message)
