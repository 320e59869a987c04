"""Where it takes place: the chats, and what a chat remembers."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from tg_pipeline.sample.people import ADMIN, CONFIDANTS, Payload, Person

_TITLE: Final = "Suporte · Curso de Dados"

GROUP: Final[Payload] = {"id": -4012345678, "title": _TITLE, "type": "group"}
SUPERGROUP: Final[Payload] = {"id": -1002012345678, "title": _TITLE, "type": "supergroup"}
"""The support group after its move: another id, and message ids from 1."""

FORUM: Final[Payload] = {
    "id": -1002098765432,
    "title": "Turma 3 · Dados",
    "type": "supergroup",
    "is_forum": True,
}
CHANNEL: Final[Payload] = {
    "id": -1002055512340,
    "title": "Avisos do Curso de Dados",
    "username": "avisos_curso_dados",
    "type": "channel",
}
GUEST_GROUP: Final[Payload] = {"id": -1002077700311, "title": "Bolha de BI", "type": "supergroup"}
"""A group the bot is no member of; it is called there as a guest."""

TOPICS: Final = (
    "Avisos da turma",
    "Módulo 1: Python",
    "Módulo 2: SQL",
    "Módulo 3: Nuvem",
    "Projeto final",
    "Vagas",
)
TOPIC_COLORS: Final = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
"""The RGB colors Telegram offers for a topic's icon."""


@dataclass(slots=True)
class Room:
    """A place to write in: a chat, or one topic of a forum.

    `ids` numbers the messages of the whole chat. `root` is the service message that opened the
    topic. `successor` is set when the chat has moved: nothing more happens in this one.
    """

    chat: Payload
    ids: Iterator[int]
    root: Payload | None = None
    successor: "Room | None" = None

    def current(self) -> "Room":
        """Give the room people talk in now."""
        return self.successor or self


def private_chat(person: Person) -> Payload:
    """Give the Chat of a person with the bot: the same id and names as the user."""
    names = ("id", "first_name", "last_name", "username")
    known = {name: person.user[name] for name in names if name in person.user}
    return known | {"type": "private"}


def private_rooms() -> tuple[tuple[Person, Room], ...]:
    """Give the private chats with the bot, each with the person it is with."""
    return tuple(
        (person, Room(private_chat(person), count(800 + 450 * place)))
        for place, person in enumerate(CONFIDANTS)
    )


def topic(forum: Room, number: int, opened_at: int) -> Room:
    """Open the topic of that number in the forum, at a Unix time in seconds."""
    message_id = next(forum.ids)
    root: Payload = {"message_id": message_id, "from": ADMIN.user, "chat": forum.chat}
    root |= {"date": opened_at, "message_thread_id": message_id, "is_topic_message": True}
    root["forum_topic_created"] = {"name": TOPICS[number], "icon_color": TOPIC_COLORS[number]}
    return Room(forum.chat, forum.ids, root)
