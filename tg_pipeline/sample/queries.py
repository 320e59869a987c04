"""Inline queries: somebody types the bot's name in any chat, and may take what it offers."""

from functools import partial
from typing import Final

from tg_pipeline.sample.people import BOT, CROWD, Person
from tg_pipeline.sample.remark import remark
from tg_pipeline.sample.scene import Happening, Scene

CHOSEN: Final = 0.5
TYPED: Final = ("certificado", "aula 14", "left join", "prazo", "", "vagas")
WHERE: Final = ("sender", "private", "supergroup", "group")


def query(scene: Scene) -> Happening:
    """Somebody looks something up; half of them choose a result. No event time."""
    return _query(scene, chosen=scene.chance.happens(CHOSEN))


def query_and_choose(scene: Scene) -> Happening:
    """Somebody looks something up and chooses a result."""
    return _query(scene, chosen=True)


def _query(scene: Scene, *, chosen: bool) -> Happening:
    person, typed = scene.chance.pick(CROWD), scene.chance.pick(TYPED)
    if chosen:
        scene.later(2, 40, partial(choose, person=person, typed=typed))
    asked = {"id": scene.chance.query_id(), "from": person.user}
    asked |= {"chat_type": scene.chance.pick(WHERE), "query": typed, "offset": ""}
    return Happening("inline_query", asked)


def choose(scene: Scene, person: Person, typed: str) -> Happening:
    """Choose the result, which sends a message in the person's name."""
    scene.note(scene.now, partial(send_result, person=person, typed=typed))
    chosen = {"from": person.user, "query": typed, "result_id": f"r{scene.chance.between(0, 9)}"}
    return Happening("chosen_inline_result", chosen)


def send_result(scene: Scene, person: Person, typed: str) -> Happening:
    """Send the message that the chosen result becomes."""
    content = {"via_bot": BOT, "text": f"Encontrei na base do curso: {typed or 'aulas'}"}
    return remark(scene, scene.support, scene.message(scene.support, person.user, content))
