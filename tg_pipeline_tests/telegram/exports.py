"""Exports as Telegram Desktop writes them, and as other programs write them again.

Source: https://github.com/telegramdesktop/tdesktop (export_output_json.cpp, export_data_types.cpp)
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

BOT: Final = 7_000_000_001
OWNER: Final = 5_000_000_007
GROUP: Final = 1_234_567_890

SECRETS: Final = (b"+55 11 98765", b"203.0.113", b"Contato Secreto", b"Frequente", b"owner_name")
"""What a full export has beside the chats: none of it may be stored."""

NOT_INCLUDED: Final = "(File not included. Change data exporting settings to download.)"

Message = dict[str, Any]


class Unquoted(str):
    """A string that version 4.1 wrote without its quotes."""

    __slots__ = ()


def as_desktop(value: Any, level: int = 0) -> str:
    """Return a value as Telegram Desktop writes it: a line per member, and escapes of its own."""
    inner, outer = "\n" + " " * (level + 1), "\n" + " " * level
    if isinstance(value, Unquoted):
        return str(value)
    if isinstance(value, str):
        return desktop_string(value)
    if isinstance(value, Mapping):
        members = (
            f"{inner}{desktop_string(name)}: {as_desktop(each, level + 1)}"
            for name, each in value.items()
        )
        return "{" + ",".join(members) + outer + "}"
    if isinstance(value, list):
        if not value:
            return "[]"
        return "[" + ",".join(inner + as_desktop(each, level + 1) for each in value) + outer + "]"
    return json.dumps(value)


def desktop_string(text: str) -> str:
    r"""Return a string as Telegram Desktop writes it: \x01 for a control character."""
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    named |= {"\u2028": "\\u2028", "\u2029": "\\u2029"}
    escaped = (named.get(each) or (f"\\x{ord(each):02X}" if each < " " else each) for each in text)
    return '"' + "".join(escaped) + '"'


LAYOUTS: Final[dict[str, Callable[[Any], str]]] = {
    "desktop": as_desktop,
    "minified": lambda export: json.dumps(export, separators=(",", ":"), ensure_ascii=False),
    "one line": json.dumps,
    "indented": lambda export: json.dumps(export, indent=4),
    "sorted": lambda export: json.dumps(export, indent="\t", sort_keys=True),
    "windows": lambda export: "\ufeff" + json.dumps(export, indent=2).replace("\n", "\r\n"),
}
"""Telegram Desktop's own, and those of programs that read an export and write it again."""


def chat(
    messages: list[Message],
    kind: str = "private_supergroup",
    number: int = GROUP,
    name: str = "Turma",
) -> dict[str, Any]:
    """Return the export of one chat."""
    named = {} if kind in {"saved_messages", "replies"} else {"name": name}
    return {**named, "type": kind, "id": number, "messages": messages}


def full_export(chats: list[dict[str, Any]], left: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """Return an export of all chats, with everything else that it has."""
    about = "Here is the data you requested."
    contact = {"user_id": 5, "first_name": "Contato Secreto", "phone_number": "+55 11 98765"}
    frequent = {"id": 6, "category": "people", "type": "user", "name": "Frequente", "rating": 1.5}
    session = {"last_ip": "203.0.113.9", "device_model": "PC", "application_name": None}
    return {
        "about": about,
        "personal_information": {
            "user_id": OWNER,
            "first_name": "owner_name",
            "phone_number": "+55 11 98765",
        },
        "profile_pictures": [{"date": "2020-01-01T00:00:00", "photo": "owner_name.jpg"}],
        "contacts": {"about": about, "list": [contact] * 3},
        "frequent_contacts": {"about": about, "list": [frequent]},
        "sessions": {"about": about, "list": [session]},
        "web_sessions": {"about": about, "list": [session | {"domain_name": "x.y"}]},
        "other_data": {"drafts": [{"chat": "[{", "messages": [{"id": 1, "ip": "203.0.113.7"}]}]},
        "chats": {"about": about, "list": chats},
        "left_chats": {"about": about, "list": [*left]},
    }


# Messages of every shape


def message(number: int, second: int, **fields: Any) -> Message:
    """Return a message of a person."""
    date = {"date": _local(second), "date_unixtime": str(second)}
    sender = {"from": f"Pessoa {number % 7}", "from_id": f"user{5_000_000_000 + number % 7}"}
    text = {"text": fields.pop("text", "Olá")}
    entities = {"text_entities": [{"type": "plain", "text": text["text"]}]}
    return {"id": number, "type": "message", **date, **sender, **fields, **text, **entities}


def service(number: int, second: int, action: str, **fields: Any) -> Message:
    """Return a service message."""
    date = {"date": _local(second), "date_unixtime": str(second)}
    actor = {"actor": "Pessoa 1", "actor_id": "user5000000001", "action": action}
    none = {"text": "", "text_entities": []}
    return {"id": number, "type": "service", **date, **actor, **fields, **none}


def _local(second: int) -> str:
    """Return a local time of the exporter, three hours behind UTC."""
    return (datetime.fromtimestamp(second, UTC) - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%S")


def shapes(number: int, second: int, text: str) -> dict[str, Message]:
    """Return messages of every shape, with an id, a time and a text."""
    sent = partial(message, number, second, text=text)
    empty = partial(message, number, second, text="")
    served = partial(service, number, second)
    local = _local(second + 5)
    person = {"from": "Beto", "from_id": "user5000000002", "date": local}
    reaction = {"type": "emoji", "count": 2, "emoji": "❤", "recent": [person]}
    parts = [
        {"type": "bot_command", "text": "/start"},
        f" {text}",
        {"type": "mention_name", "text": "Beto", "user_id": 5_000_000_002},
        {"type": "text_link", "text": text, "href": 'https://a.example/?q={["\\x"]}'},
        {"type": "custom_emoji", "text": "😮", "document_id": "5368324170671202286"},
        {"type": "pre", "text": "{\n}", "language": ""},
    ]
    place = {"latitude": -23.55, "longitude": -46.63}
    answer = {"text": "Sim", "voters": 1, "chosen": True}
    poll = {"question": text, "closed": False, "total_voters": 1, "answers": [answer]}
    file = {"file": "files/a (2).webp", "thumbnail": NOT_INCLUDED}
    contact = {"first_name": "A", "last_name": "", "phone_number": "+1"}
    old = {name: sent()[name] for name in ("id", "type", "date", "from", "from_id", "text")}
    return {
        "text": sent(),
        "reply": sent(reply_to_message_id=number - 1),
        "reply elsewhere": sent(reply_to_message_id=4, reply_to_peer_id="channel77"),
        "parts": sent() | {"text": parts},
        "edited": sent(edited=local, edited_unixtime=str(second + 5)),
        "reactions": sent() | {"reactions": [reaction, reaction | {"recent": []}]},
        "forward": sent(forwarded_from="Canal"),
        "forward of a deleted account": sent(forwarded_from=None),
        "anonymous admin": sent() | {"from": "Turma", "from_id": f"channel{GROUP}"},
        "channel post": sent(author="chefe") | {"from": "Turma", "from_id": f"channel{GROUP}"},
        "deleted account": sent() | {"from": None},
        "inline bot": sent(via_bot="@gif"),
        "photo": sent(photo=NOT_INCLUDED, width=960, height=1280),
        "sticker": empty(**file, media_type="sticker", sticker_emoji="👍"),
        "voice": empty(**file, media_type="voice_message", mime_type="audio/ogg"),
        "contact": empty() | {"contact_information": contact},
        "place": sent(place_name=text, address="Rua", location_information=place),
        "no place": sent(location_information=None),
        "poll": empty(poll=poll),
        "created": served("create_group", title=text, members=["A", None]),
        "joined": served("join_group_by_link", inviter="Group"),
        "pinned": served("pin_message", message_id=number - 1),
        "topic": served("topic_created", title=text),
        "migrated": served("migrate_from_group", title=text),
        "from the old group": sent() | {"id": number - 1_000_000_000},
        "unsupported": {"id": number, "type": "unsupported"},
        "old": old,
        "old sender": old | {"from_id": (1 << 32) + 21_517_917},
    }


SHAPES: Final = tuple(shapes(1, 1_600_000_000, ""))
"""Their names."""


def history(number: int, seed: int = 1, per_day: int = 50) -> Iterator[Message]:
    """Yield messages of all shapes, in the order of their times; the first has a date."""
    random, second = Random(seed), 1_600_000_000  # noqa: S311 - no secret
    for count in range(1, number + 1):
        second += random.randrange(1, 2 * 86_400 // per_day)
        shape = "text" if count == 1 else random.choice(SHAPES)
        text = f'mensagem {count} \x01 C:\\x01 "{random.random()}"'
        yield shapes(count, second, text)[shape]


def messages(least: int = 0, most: int = 6) -> st.SearchStrategy[list[Message]]:
    """Return messages of any shape with any text: brackets, quotes, backslashes, controls."""
    written = st.text(
        st.sampled_from("ab\\x01\"'{}[],:\n\x01\x7fé\u2028😀")
        | st.characters(exclude_categories=["Cs"])
    )
    one = st.builds(
        lambda shape, number, second, text: shapes(number, second, text)[shape],
        st.sampled_from(SHAPES),
        st.integers(1, 10**6),
        st.integers(1_400_000_000, 1_790_000_000),
        written,
    )
    return st.lists(one, min_size=least, max_size=most)
