"""The bot behind a business account: connected, then a customer writes, corrects, deletes."""

from functools import partial
from itertools import count
from typing import Final

from tg_pipeline.sample.chats import Room, private_chat
from tg_pipeline.sample.people import ADMIN, VISITORS, Payload
from tg_pipeline.sample.scene import Happening, Scene

FIRST_MESSAGE_ID: Final = 90_000
RIGHTS: Final = {"can_reply": True, "can_read_messages": True}


def connect(scene: Scene) -> Happening:
    """Connect the bot to the administrator's account, to which a customer then writes."""
    connection = f"bc{scene.chance.bits(64):016x}"
    scene.later(10, 60, partial(_write, connection=connection))
    about = {"id": connection, "user": ADMIN.user, "user_chat_id": ADMIN.user["id"]}
    state = {"date": scene.second, "is_enabled": True, "rights": RIGHTS}
    return Happening("business_connection", about | state)


def _write(scene: Scene, connection: str) -> Happening:
    customer = scene.chance.pick(VISITORS)
    # Message ids are unique in a chat only: the time keeps those of two connections apart.
    room = Room(private_chat(customer), count(FIRST_MESSAGE_ID + scene.second % 86_400))
    content = {"business_connection_id": connection, "text": "vocês fazem turma para empresas?"}
    message = scene.message(room, customer.user, content)
    scene.later(10, 60, partial(_rewrite, message=message))
    return Happening("business_message", message)


def _rewrite(scene: Scene, message: Payload) -> Happening:
    scene.later(10, 60, partial(_delete, message=message))
    text = message["text"] + " Somos 12 pessoas."
    return Happening("edited_business_message", message | {"edit_date": scene.second, "text": text})


def _delete(_: Scene, message: Payload) -> Happening:
    deleted = {"business_connection_id": message["business_connection_id"]}
    deleted |= {"chat": message["chat"], "message_ids": [message["message_id"]]}
    return Happening("deleted_business_messages", deleted)
