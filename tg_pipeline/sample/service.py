"""What happens to the chats themselves: joins and leaves, topics, the move to a supergroup."""

from functools import partial
from itertools import count
from typing import Final

from tg_pipeline.sample.chats import SUPERGROUP, TOPICS, Room, topic
from tg_pipeline.sample.people import (
    ADMIN,
    ANONYMOUS_ADMIN,
    BOT,
    VISITORS,
    Payload,
    Person,
)
from tg_pipeline.sample.scene import Happening, Scene

STAY: Final = (3_600, 7_200)
"""Seconds that a visitor stays who leaves again."""

LEAVES_AGAIN: Final = 0.6

LINK: Final[Payload] = {
    "invite_link": "https://t.me/+a1B2c3D4e5F6...",
    "creator": ADMIN.user,
    "creates_join_request": True,
    "is_primary": False,
    "is_revoked": False,
}


def _membership(scene: Scene, room: Room, person: Person, old: str, new: str) -> Happening:
    changed: Payload = {"chat": room.chat, "from": person.user, "date": scene.second}
    changed["old_chat_member"] = {"user": person.user, "status": old}
    changed["new_chat_member"] = {"user": person.user, "status": new}
    return Happening("chat_member", changed)


def join(scene: Scene, person: Person | None = None) -> Happening:
    """Have a visitor join the forum: the change of membership, then the service message."""
    visitor = person or scene.chance.pick(VISITORS)
    content = {"new_chat_members": [visitor.user]}
    scene.note(scene.now, partial(_announce, person=visitor, content=content))
    if scene.chance.happens(LEAVES_AGAIN):
        scene.later(*STAY, partial(_leave, person=visitor))
    return _membership(scene, scene.forum, visitor, "left", "member")


def _leave(scene: Scene, person: Person) -> Happening:
    content = {"left_chat_member": person.user}
    scene.note(scene.now, partial(_announce, person=person, content=content))
    return _membership(scene, scene.forum, person, "member", "left")


def _announce(scene: Scene, person: Person, content: Payload) -> Happening:
    return Happening("message", scene.message(scene.forum, person.user, content))


def request_to_join(scene: Scene) -> Happening:
    """Have a visitor ask to be let in, who then is."""
    visitor = scene.chance.pick(VISITORS)
    request: Payload = {"chat": scene.forum.chat, "from": visitor.user}
    request |= {"user_chat_id": visitor.user["id"], "date": scene.second}
    scene.later(20, 120, partial(join, person=visitor))
    return Happening("chat_join_request", request | {"bio": "analista de BI", "invite_link": LINK})


def open_topic(scene: Scene) -> Happening:
    """Open the next topic of the forum, or the last one once more."""
    number = min(len(scene.topics), len(TOPICS) - 1)
    opened = topic(scene.forum, number, scene.second)
    scene.topics[number:] = [opened]
    return Happening("message", opened.root or {})


def block_bot(scene: Scene) -> Happening:
    """Have a visitor block the bot, which learns of it as a change of its own membership."""
    visitor = scene.chance.pick(VISITORS).user
    chat = {"id": visitor["id"], "first_name": visitor["first_name"], "type": "private"}
    changed: Payload = {"chat": chat, "from": visitor, "date": scene.second}
    changed["old_chat_member"] = {"user": BOT, "status": "member"}
    changed["new_chat_member"] = {"user": BOT, "status": "kicked", "until_date": 0}
    return Happening("my_chat_member", changed)


def migrate(scene: Scene) -> Happening:
    """Turn the support group into a supergroup: the last message of the old chat."""
    old, new = scene.support, Room(SUPERGROUP, count(1))
    scene.support = old.successor = new
    scene.note(0, partial(_arrive, old=old, new=new))  # due first of all: nothing comes between
    content = {"migrate_to_chat_id": new.chat["id"]}
    return Happening("message", scene.message(old, ADMIN.user, content))


def _arrive(scene: Scene, old: Room, new: Room) -> Happening:
    content = {"sender_chat": new.chat, "migrate_from_chat_id": old.chat["id"]}
    return Happening("message", scene.message(new, ANONYMOUS_ADMIN, content))
