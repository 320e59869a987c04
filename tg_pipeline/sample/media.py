"""Media messages, channel posts and polls."""

from collections.abc import Callable
from functools import partial
from typing import Final

from tg_pipeline.sample.content import CONTENT
from tg_pipeline.sample.people import CROWD, ChatState, Payload
from tg_pipeline.sample.scene import (
    GeneratedUpdate,
    Mark,
    Scene,
    caption,
    send_with_follow_ups,
    write,
)
from tg_pipeline.sample.timeline import SeededRandom

CAPTIONED: Final = 0.5
PHOTO_WIDTHS: Final = (90, 320, 800, 1280)
"""Telegram keeps each photo in several sizes; widths in pixels, at 3:4."""

TAGGED_CAPTION: Final = caption(write("📊 ", Mark("hashtag", "#projeto"), " versão 2"))
STICKERS: Final = ("👍", "😂", "❤️", "🤯", "😴", "🎉")
DICE: Final = ("🎲", "🎯", "🏀", "🎳")
FILES: Final = (
    ("projeto_final.ipynb", "application/x-ipynb+json"),
    ("vendas.csv", "text/csv"),
    ("slides_modulo2.pdf", "application/pdf"),
)


def _file(rng: SeededRandom, **about: object) -> Payload:
    file_id, unique_id = rng.file_ids()
    return {"file_id": file_id, "file_unique_id": unique_id} | about


def photo_sizes(rng: SeededRandom) -> list[Payload]:
    """Return the sizes of a photo, the largest last."""
    return [
        _file(rng, file_size=width * 61, width=width, height=width * 3 // 4)
        for width in PHOTO_WIDTHS
    ]


def _captioned(rng: SeededRandom, content: Payload) -> Payload:
    if not rng.happens(CAPTIONED):
        return content
    plain = {"caption": rng.pick(CONTENT.captions)}
    return content | (TAGGED_CAPTION if rng.happens(0.2) else plain)


def _photo(rng: SeededRandom) -> Payload:
    return _captioned(rng, {"photo": photo_sizes(rng)})


def _sticker(rng: SeededRandom) -> Payload:
    shape = {"type": "regular", "width": 512, "height": 512, "is_animated": False}
    about = {"is_video": False, "emoji": rng.pick(STICKERS), "set_name": "turma_de_dados"}
    return {"sticker": _file(rng, file_size=21_340, **shape, **about)}


def _voice(rng: SeededRandom) -> Payload:
    seconds = rng.between(2, 95)
    about = {"duration": seconds, "mime_type": "audio/ogg", "file_size": seconds * 4096}
    return {"voice": _file(rng, **about)}


def _document(rng: SeededRandom) -> Payload:
    name, mime = rng.pick(FILES)
    size = rng.between(2_000, 4_000_000)
    file = _file(rng, file_name=name, mime_type=mime, file_size=size)
    return _captioned(rng, {"document": file})


def _animation(rng: SeededRandom) -> Payload:
    about = {"width": 480, "height": 270, "duration": 3, "file_name": "gif.mp4"}
    animation = _file(rng, file_size=92_114, mime_type="video/mp4", **about)
    # For readers older than animations Telegram sends the file as a document as well.
    return {"animation": animation, "document": animation}


def _video(rng: SeededRandom) -> Payload:
    about = {"width": 1280, "height": 720, "duration": rng.between(4, 180)}
    video = _file(rng, file_size=3_120_004, mime_type="video/mp4", **about)
    return _captioned(rng, {"video": video})


def _location(rng: SeededRandom) -> Payload:
    degrees = round(-23.6 + rng.fraction() / 5, 6), round(-46.7 + rng.fraction() / 5, 6)
    return {"location": dict(zip(("latitude", "longitude"), degrees, strict=True))}


def _contact(rng: SeededRandom) -> Payload:
    person = rng.pick(CROWD).user
    phone = f"55110000{rng.between(0, 9999):04d}"
    return {"contact": {"phone_number": phone} | {"first_name": person["first_name"]}}


def _dice(rng: SeededRandom) -> Payload:
    return {"dice": {"emoji": rng.pick(DICE), "value": rng.between(1, 5)}}


KINDS: Final[tuple[Callable[[SeededRandom], Payload], ...]] = (
    *(_photo, _photo, _photo, _photo, _photo, _sticker, _sticker, _sticker, _sticker, _sticker),
    *(_voice, _voice, _voice, _document, _document, _animation, _animation, _video),
    *(_location, _contact, _dice),
)
"""Builders of media messages, each as often as people send that kind."""


def send_media(scene: Scene) -> GeneratedUpdate:
    """Send a media message to the support chat."""
    person, content = scene.rng.pick(CROWD), scene.rng.pick(KINDS)(scene.rng)
    return send_with_follow_ups(
        scene, scene.support, scene.message(scene.support, person.user, content)
    )


def send_album(scene: Scene) -> GeneratedUpdate:
    """Send an album: one message per photo, the first with a caption."""
    group, person = {"media_group_id": scene.rng.query_id()}, scene.rng.pick(CROWD).user
    for _ in range(scene.rng.between(1, 3)):
        scene.schedule(
            scene.now,
            partial(_send_next_photo, chat_state=scene.support, person=person, group=group),
        )
    content = group | {"photo": photo_sizes(scene.rng), "caption": scene.rng.pick(CONTENT.captions)}
    return GeneratedUpdate("message", scene.message(scene.support, person, content))


def _send_next_photo(
    scene: Scene, chat_state: ChatState, person: Payload, group: Payload
) -> GeneratedUpdate | None:
    if chat_state.successor:
        return None
    content = group | {"photo": photo_sizes(scene.rng)}
    return GeneratedUpdate("message", scene.message(chat_state, person, content))


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


def post(scene: Scene) -> GeneratedUpdate:
    """Post in the channel; some posts are corrected, most collect reactions."""
    message = _post(scene)
    if scene.rng.happens(EDITED):
        scene.later(30, 1800, partial(correct, message=message))
    if scene.rng.happens(COUNTED):
        scene.later(300, 7200, partial(count_reactions, message=message))
    return GeneratedUpdate("channel_post", message)


def post_edit_and_count(scene: Scene) -> GeneratedUpdate:
    """Post in the channel, then edit the post, then collect reactions."""
    message = _post(scene)
    scene.later(60, 120, partial(correct, message=message))
    scene.later(180, 300, partial(count_reactions, message=message))
    return GeneratedUpdate("channel_post", message)


def _post(scene: Scene) -> Payload:
    content = {"sender_chat": scene.channel.chat} | scene.rng.pick(POSTS)
    return scene.message(scene.channel, None, content)


def correct(scene: Scene, message: Payload) -> GeneratedUpdate:
    """Edit the post at its end."""
    text = message["text"] + CORRECTION
    edited = message | {"edit_date": scene.second, "text": text}
    return GeneratedUpdate("edited_channel_post", edited)


def count_reactions(scene: Scene, message: Payload) -> GeneratedUpdate:
    """Send the anonymous reaction counts of a post; Telegram sends them minutes late."""
    reactions = [
        {"type": {"type": "emoji", "emoji": emoji}, "total_count": scene.rng.between(1, 30)}
        for emoji in ("👍", "🔥", "🎉")
    ]
    target = {"chat": message["chat"], "message_id": message["message_id"]}
    counted = target | {"date": scene.second, "reactions": reactions}
    return GeneratedUpdate("message_reaction_count", counted)


POLLS: Final = (
    ("Qual o melhor horário para a monitoria?", ("manhã", "tarde", "noite")),
    ("Python ou SQL primeiro?", ("Python", "SQL", "os dois juntos")),
    ("Como foi a aula de hoje?", ("ótima 🎉", "boa", "difícil 😅")),
)
VOTERS: Final = 3


def _poll(scene: Scene, votes: int, *, closed: bool) -> Payload:
    question, answers = scene.rng.pick(POLLS)
    options = [
        {"persistent_id": str(place), "text": text, "voter_count": votes if place == 0 else 0}
        for place, text in enumerate(answers)
    ]
    poll: Payload = {"id": scene.rng.query_id(), "question": question, "options": options}
    poll |= {"total_voter_count": votes, "is_closed": closed, "is_anonymous": False}
    rules = {"allows_multiple_answers": False, "allows_revoting": True, "members_only": False}
    return poll | {"type": "regular"} | rules


def start_poll(scene: Scene) -> GeneratedUpdate:
    """Start a poll of a member, or one of the bot that is voted on and closed."""
    own = _poll(scene, VOTERS, closed=True)
    for _ in range(VOTERS):
        scene.later(10, 240, partial(_vote, poll_id=own["id"]))
    scene.later(300, 900, partial(_close, poll=own))
    content = {"poll": _poll(scene, 0, closed=False)}
    starter = scene.rng.pick(CROWD).user
    return GeneratedUpdate("message", scene.message(scene.support, starter, content))


def _vote(scene: Scene, poll_id: str) -> GeneratedUpdate:
    voter = scene.rng.pick(CROWD).user
    vote = {"poll_id": poll_id, "user": voter, "option_ids": [0], "option_persistent_ids": ["0"]}
    return GeneratedUpdate("poll_answer", vote)


def _close(_: Scene, poll: Payload) -> GeneratedUpdate:
    return GeneratedUpdate("poll", poll)
