"""Builders of small updates."""

from datetime import datetime
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

SAO_PAULO: Final = ZoneInfo("America/Sao_Paulo")
GROUP: Final = -100
ANA, BIA, CAIO, HELPER_BOT = 1, 2, 3, 99
NAMES: Final = {ANA: "Ana", BIA: "Bia", CAIO: "Caio", HELPER_BOT: "Helper"}

GROUP_ANONYMOUS_BOT: Final = 1_087_968_824
"""The account that Telegram shows if an administrator writes as the group."""

Payload = dict[str, Any]

_update_ids = count(1)


def second(local: str) -> int:
    """Return a local time such as `2026-10-07 09:30` in Unix seconds."""
    return int(datetime.fromisoformat(local).replace(tzinfo=SAO_PAULO).timestamp())


def user(user_id: int) -> Payload:
    return {
        "id": user_id,
        "is_bot": user_id in {HELPER_BOT, GROUP_ANONYMOUS_BOT},
        "first_name": NAMES.get(user_id, "Group"),
    }


def chat(chat_id: int) -> Payload:
    if chat_id > 0:
        return {"id": chat_id, "type": "private", "first_name": NAMES[chat_id]}
    return {"id": chat_id, "type": "supergroup", "title": f"Chat {chat_id}"}


def update(kind: str, content: Payload) -> Payload:
    return {"update_id": next(_update_ids), kind: content}


def message(
    at: str,
    sender: int | None,
    text: str | None,
    message_id: int,
    chat_id: int = GROUP,
    **fields: Any,
) -> Payload:
    """Return an update with a message; `kind` is another update type, `reply_to` a message id."""
    kind, reply_to = fields.pop("kind", "message"), fields.pop("reply_to", None)
    content: Payload = {"message_id": message_id, "date": second(at), "chat": chat(chat_id)}
    content |= {"from": user(sender)} if sender else {}
    content |= {"text": text} if text is not None else {}
    content |= {"reply_to_message": {"message_id": reply_to}} if reply_to else {}
    return update(kind, content | fields)


def edit(of: Payload, at: str, text: str | None = None, **fields: Any) -> Payload:
    ((kind, content),) = [(name, each) for name, each in of.items() if name != "update_id"]
    changed = fields | ({"text": text} if text is not None else {})
    return update(f"edited_{kind}", content | {"edit_date": second(at)} | changed)


def command(at: str, sender: int, text: str, message_id: int, chat_id: int = GROUP) -> Payload:
    mark = {"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}
    return message(at, sender, text, message_id, chat_id, entities=[mark])


def reaction(at: str, reactor: int, old: str, new: str, message_id: int = 1) -> Payload:
    """Return a change of reactions; each character of `old` and `new` is one."""
    content: Payload = {"chat": chat(GROUP), "message_id": message_id, "date": second(at)}
    content |= {"user": user(reactor)}
    for name, emojis in (("old_reaction", old), ("new_reaction", new)):
        content[name] = [{"type": "emoji", "emoji": emoji} for emoji in emojis]
    return update("message_reaction", content)


def membership(at: str, actor: int, member: int, change: str, **fields: Any) -> Payload:
    """Return a change such as `left → restricted member`; `kind` is another update type."""
    content: Payload = {"chat": chat(GROUP), "from": user(actor), "date": second(at)}
    for name, text in zip(("old", "new"), change.split(" → "), strict=True):
        status, *is_member = text.split()
        about = {"user": user(member), "status": status, "is_member": bool(is_member)}
        content[f"{name}_chat_member"] = about
    return update(fields.pop("kind", "chat_member"), content)


def announced(at: str, sender: int, what: str, *members: int, message_id: int = 1) -> Payload:
    about = [user(member) for member in members]
    content: Payload = {what: about if what == "new_chat_members" else about[0]}
    return message(at, sender, None, message_id, **content)


def press(presser: int, data: str) -> Payload:
    """Return a pressed button: an update without an event time."""
    about = {"message_id": 1, "chat": chat(GROUP), "date": 0}
    return update("callback_query", {"from": user(presser), "message": about, "data": data})
