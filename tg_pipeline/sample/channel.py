"""The channel: posts without an author, their corrections and counted reactions."""

from functools import partial
from typing import Final

from tg_pipeline.sample.people import Payload
from tg_pipeline.sample.scene import Happening, Scene
from tg_pipeline.sample.texts import Mark, write

EDITED: Final = 0.25
COUNTED: Final = 0.6

POSTS: Final = (
    write("Aula ao vivo hoje às 20h. ", Mark("hashtag", "#agenda")),
    write("📣 Vagas da semana: ", Mark("url", "https://curso.example.com/vagas")),
    write("Gravação da aula 14 no ar."),
    write("🗓 O prazo do projeto final é o último domingo do mês."),
    write("Plataforma em manutenção das 3h às 5h."),
    write("Certificados da turma 2 liberados 🎓"),
)
CORRECTION: Final = " (atualizado)"


def post(scene: Scene) -> Happening:
    """Post in the channel; some posts are corrected, most collect reactions."""
    message = _post(scene)
    if scene.chance.happens(EDITED):
        scene.later(30, 1800, partial(correct, message=message))
    if scene.chance.happens(COUNTED):
        scene.later(300, 7200, partial(count_reactions, message=message))
    return Happening("channel_post", message)


def whole_post(scene: Scene) -> Happening:
    """Post in the channel, which corrects itself, and whose readers react."""
    message = _post(scene)
    scene.later(60, 120, partial(correct, message=message))
    scene.later(180, 300, partial(count_reactions, message=message))
    return Happening("channel_post", message)


def _post(scene: Scene) -> Payload:
    content = {"sender_chat": scene.channel.chat} | scene.chance.pick(POSTS)
    return scene.message(scene.channel, None, content)


def correct(scene: Scene, message: Payload) -> Happening:
    """Edit the post at its end."""
    text = message["text"] + CORRECTION
    edited = message | {"edit_date": scene.second, "text": text}
    return Happening("edited_channel_post", edited)


def count_reactions(scene: Scene, message: Payload) -> Happening:
    """Count the anonymous reactions to a post; Telegram tells them minutes late."""
    reactions = [
        {"type": {"type": "emoji", "emoji": emoji}, "total_count": scene.chance.between(1, 30)}
        for emoji in ("👍", "🔥", "🎉")
    ]
    target = {"chat": message["chat"], "message_id": message["message_id"]}
    counted = target | {"date": scene.second, "reactions": reactions}
    return Happening("message_reaction_count", counted)
