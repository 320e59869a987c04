"""Messages that come from elsewhere: forwarded, sent through a bot, or in a chat's own name."""

from typing import Final

from tg_pipeline.sample.chats import CHANNEL
from tg_pipeline.sample.people import ANONYMOUS_ADMIN, CROWD, STICKER_BOT, Payload
from tg_pipeline.sample.phrases import SMALL_TALK
from tg_pipeline.sample.remark import remark
from tg_pipeline.sample.scene import Happening, Scene

OLDEST: Final = 20 * 86_400
"""Seconds since the oldest message that people forward was sent."""

FORWARDED: Final = (
    "olhem essa explicação que achei",
    "resposta da coordenação: o prazo é dia 30",
    "Gravação da aula 14 no ar.",
)
NOTICES: Final = (
    "pessoal, mantenham as dúvidas neste grupo",
    "amanhã não tem monitoria",
    "bem-vindos, leiam a mensagem fixada",
)


def _origin(scene: Scene) -> Payload:
    sent = {"date": scene.second - scene.chance.between(600, OLDEST)}
    kind = scene.chance.between(0, 2)
    if kind == 0:
        return {"type": "user", "sender_user": scene.chance.pick(CROWD).user} | sent
    if kind == 1:
        return {"type": "hidden_user", "sender_user_name": "Professor"} | sent
    post = {"message_id": scene.chance.between(300, 411), "chat": CHANNEL}
    return {"type": "channel"} | post | sent


def forward(scene: Scene) -> Happening:
    """Somebody forwards a message: of a user, of one who hides, or of the channel."""
    content = {"forward_origin": _origin(scene), "text": scene.chance.pick(FORWARDED)}
    message = scene.message(scene.support, scene.chance.pick(CROWD).user, content)
    return remark(scene, scene.support, message)


def send_via_bot(scene: Scene) -> Happening:
    """Somebody sends what an inline bot offered."""
    content = {"via_bot": STICKER_BOT, "text": scene.chance.pick(SMALL_TALK)}
    message = scene.message(scene.support, scene.chance.pick(CROWD).user, content)
    return remark(scene, scene.support, message)


def speak_as_group(scene: Scene) -> Happening:
    """Speak as an anonymous administrator of the forum: `sender_chat` is the group itself."""
    room = scene.chance.pick(scene.topics)
    content = {"sender_chat": room.chat, "text": scene.chance.pick(NOTICES)}
    return remark(scene, room, scene.message(room, ANONYMOUS_ADMIN, content))


def speak_as_channel(scene: Scene) -> Happening:
    """Speak in the group as the channel: a message that has no `from` at all."""
    content = {"sender_chat": CHANNEL, "text": scene.chance.pick(NOTICES)}
    return remark(scene, scene.support, scene.message(scene.support, None, content))
