"""Messages that are more than text: pictures, files, places, people, games of dice."""

from collections.abc import Callable
from functools import partial
from typing import Final

from tg_pipeline.sample.chance import Chance
from tg_pipeline.sample.chats import Room
from tg_pipeline.sample.people import CROWD, Payload
from tg_pipeline.sample.phrases import CAPTIONS
from tg_pipeline.sample.remark import remark
from tg_pipeline.sample.scene import Happening, Scene
from tg_pipeline.sample.texts import Mark, caption, write

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


def _file(chance: Chance, **about: object) -> Payload:
    file_id, unique_id = chance.file_ids()
    return {"file_id": file_id, "file_unique_id": unique_id} | about


def _sizes(chance: Chance) -> list[Payload]:
    return [
        _file(chance, file_size=width * 61, width=width, height=width * 3 // 4)
        for width in PHOTO_WIDTHS
    ]


def _captioned(chance: Chance, content: Payload) -> Payload:
    if not chance.happens(CAPTIONED):
        return content
    plain = {"caption": chance.pick(CAPTIONS)}
    return content | (TAGGED_CAPTION if chance.happens(0.2) else plain)


def _photo(chance: Chance) -> Payload:
    return _captioned(chance, {"photo": _sizes(chance)})


def _sticker(chance: Chance) -> Payload:
    shape = {"type": "regular", "width": 512, "height": 512, "is_animated": False}
    about = {"is_video": False, "emoji": chance.pick(STICKERS), "set_name": "turma_de_dados"}
    return {"sticker": _file(chance, file_size=21_340, **shape, **about)}


def _voice(chance: Chance) -> Payload:
    seconds = chance.between(2, 95)
    about = {"duration": seconds, "mime_type": "audio/ogg", "file_size": seconds * 4096}
    return {"voice": _file(chance, **about)}


def _document(chance: Chance) -> Payload:
    name, mime = chance.pick(FILES)
    size = chance.between(2_000, 4_000_000)
    file = _file(chance, file_name=name, mime_type=mime, file_size=size)
    return _captioned(chance, {"document": file})


def _animation(chance: Chance) -> Payload:
    about = {"width": 480, "height": 270, "duration": 3, "file_name": "gif.mp4"}
    animation = _file(chance, file_size=92_114, mime_type="video/mp4", **about)
    # For readers older than animations Telegram sends the file as a document as well.
    return {"animation": animation, "document": animation}


def _video(chance: Chance) -> Payload:
    about = {"width": 1280, "height": 720, "duration": chance.between(4, 180)}
    video = _file(chance, file_size=3_120_004, mime_type="video/mp4", **about)
    return _captioned(chance, {"video": video})


def _location(chance: Chance) -> Payload:
    degrees = round(-23.6 + chance.fraction() / 5, 6), round(-46.7 + chance.fraction() / 5, 6)
    return {"location": dict(zip(("latitude", "longitude"), degrees, strict=True))}


def _contact(chance: Chance) -> Payload:
    person = chance.pick(CROWD).user
    phone = f"55110000{chance.between(0, 9999):04d}"
    return {"contact": {"phone_number": phone} | {"first_name": person["first_name"]}}


def _dice(chance: Chance) -> Payload:
    return {"dice": {"emoji": chance.pick(DICE), "value": chance.between(1, 5)}}


KINDS: Final[tuple[Callable[[Chance], Payload], ...]] = (
    *(_photo, _photo, _photo, _photo, _photo, _sticker, _sticker, _sticker, _sticker, _sticker),
    *(_voice, _voice, _voice, _document, _document, _animation, _animation, _video),
    *(_location, _contact, _dice),
)
"""The kinds of media, each as often as people send it."""


def show(scene: Scene) -> Happening:
    """Somebody sends one medium to the support chat."""
    person, content = scene.chance.pick(CROWD), scene.chance.pick(KINDS)(scene.chance)
    return remark(scene, scene.support, scene.message(scene.support, person.user, content))


def show_album(scene: Scene) -> Happening:
    """Somebody sends an album: photos of one group, one message each, the first captioned."""
    group, person = {"media_group_id": scene.chance.query_id()}, scene.chance.pick(CROWD).user
    for _ in range(scene.chance.between(1, 3)):
        scene.note(scene.now, partial(_show_next, room=scene.support, person=person, group=group))
    content = group | {"photo": _sizes(scene.chance), "caption": scene.chance.pick(CAPTIONS)}
    return Happening("message", scene.message(scene.support, person, content))


def _show_next(scene: Scene, room: Room, person: Payload, group: Payload) -> Happening | None:
    if room.successor:
        return None
    content = group | {"photo": _sizes(scene.chance)}
    return Happening("message", scene.message(room, person, content))
