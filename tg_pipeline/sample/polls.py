"""Polls: the one a member starts, and the votes and the close of the bot's own."""

from functools import partial
from typing import Final

from tg_pipeline.sample.people import CROWD, Payload
from tg_pipeline.sample.scene import Happening, Scene

POLLS: Final = (
    ("Qual o melhor horário para a monitoria?", ("manhã", "tarde", "noite")),
    ("Python ou SQL primeiro?", ("Python", "SQL", "os dois juntos")),
    ("Como foi a aula de hoje?", ("ótima 🎉", "boa", "difícil 😅")),
)
VOTERS: Final = 3


def _poll(scene: Scene, votes: int, *, closed: bool) -> Payload:
    question, answers = scene.chance.pick(POLLS)
    options = [
        {"persistent_id": str(place), "text": text, "voter_count": votes if place == 0 else 0}
        for place, text in enumerate(answers)
    ]
    poll: Payload = {"id": scene.chance.query_id(), "question": question, "options": options}
    poll |= {"total_voter_count": votes, "is_closed": closed, "is_anonymous": False}
    rules = {"allows_multiple_answers": False, "allows_revoting": True, "members_only": False}
    return poll | {"type": "regular"} | rules


def start_poll(scene: Scene) -> Happening:
    """Start a poll; the bot has one of its own, which is voted on and closed."""
    own = _poll(scene, VOTERS, closed=True)
    for _ in range(VOTERS):
        scene.later(10, 240, partial(_vote, poll_id=own["id"]))
    scene.later(300, 900, partial(_close, poll=own))
    content = {"poll": _poll(scene, 0, closed=False)}
    starter = scene.chance.pick(CROWD).user
    return Happening("message", scene.message(scene.support, starter, content))


def _vote(scene: Scene, poll_id: str) -> Happening:
    voter = scene.chance.pick(CROWD).user
    vote = {"poll_id": poll_id, "user": voter, "option_ids": [0], "option_persistent_ids": ["0"]}
    return Happening("poll_answer", vote)


def _close(_: Scene, poll: Payload) -> Happening:
    return Happening("poll", poll)
