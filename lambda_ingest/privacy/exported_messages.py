"""Forgotten people and minimization in exported messages: the pure walks. Standard library only.

Telegram Desktop writes people otherwise than the Bot API: a name in one field, and `user5` in the
field `…_id` next to it, or a name alone.
https://github.com/telegramdesktop/tdesktop (export_output_json.cpp, SerializeMessage)
"""

import re
from typing import Any, Final

from lambda_ingest.privacy.personal_strings import (
    BLANK,
    NO_NUMBERS,
    Forgotten,
    blank,
    blank_people,
    forgets_id,
    id_of,
)
from lambda_ingest.synthetic.updates import EXPORTED_MESSAGE, OLD_ID_BITS

Fields = dict[str, Any]

ERASED_SENDER: Final = "user0"
"""What replaces a forgotten person, whose name becomes null, as that of a deleted account is."""

ERASED_ID: Final = 0

MAX_LEVELS: Final = 100
"""Levels of objects and arrays that are searched; Telegram Desktop writes about six."""

USER_SHIFT: Final = 1 << OLD_ID_BITS
"""What versions until 2021 added to the ids of users, which they wrote as numbers."""

_SENDER: Final = re.compile(r"user([0-9]{1,19})")
_AUTHORS: Final = ("from_id", "actor_id")
_ORIGINS: Final = ("forwarded_from", "saved_from")
"""Whose content it is, if it is not the sender's."""

_NAMES: Final = re.compile(r"from|actor|author|inviter|to|forwarded_from|saved_from|members")
"""Fields with names as Telegram shows them."""

_NO_PERSON: Final = re.compile(r"(?:.*_)?(?:date|edited|unixtime|ids?|type|action|hash)")
"""Fields whose strings identify something else: numbers in them are not people."""

_PROGRAM: Final = ("data", "href", "url")
"""Fields of strings that a program has written, such as the data of a button."""

_ENVELOPE: Final = frozenset(
    """
    id type date date_unixtime edited edited_unixtime from from_id author reply_to_message_id
    reply_to_peer_id via_bot media_type reactions
    """.split()
)
"""What is kept of a message that forwards one of theirs: who forwarded it, when and where."""


NAME_FIELDS: Final = frozenset({"first_name", "last_name"})
"""An exported name is both in one, so it is dropped with either."""

EXPORTED_TEXTS: Final = frozenset({"game_description", "information_text"})
"""Strings that people write, besides those with a name of the Bot API."""

_FILE_FIELDS: Final = frozenset({"file", "file_name", "thumbnail", "mime_type"})

_FIELDS_OF: Final = {
    "contact": frozenset({"contact_information", "contact_vcard"}),
    "location": frozenset({"location_information", "live_location_period_seconds"}),
    "venue": frozenset({"place_name", "address", "location_information"}),
    "vcard": frozenset({"contact_vcard"}),
    "username": frozenset({"via_bot", "game_link"}),
    "sticker": frozenset({"sticker_emoji"}),
    "audio": frozenset({"performer", "title"}),
}
"""What the export has in the place of a field of the Bot API that is dropped."""

_MEDIA_OF: Final = {
    "animation": "animation",
    "audio": "audio_file",
    "sticker": "sticker",
    "video": "video_file",
    "video_note": "video_message",
    "voice": "voice_message",
}
"""The `media_type` of exported files, by the field of the Bot API. Other files are documents."""


class ExportNestedTooDeeplyError(ValueError):
    """A message has more than MAX_LEVELS levels."""


def exported_in(update: Fields) -> Fields | None:
    """Return the exported message that an update consists of; None for any other update."""
    content = update.get(EXPORTED_MESSAGE)
    message = content.get("message") if isinstance(content, dict) else None
    return message if isinstance(message, dict) else None


def exported_user(value: Any) -> int | None:
    """Return the id of the user that an exported `…_id` names; None if it is not a user."""
    if isinstance(value, str):
        found = _SENDER.fullmatch(value)
        return int(found[1]) if found else None
    return value - USER_SHIFT if type(value) is int and value >= USER_SHIFT else None


def is_own_export(message: Fields, forgotten: Forgotten) -> bool:
    """Return whether an exported message is that of a forgotten person: they wrote it, or acted."""
    return any(_forgets_sender(message.get(name), forgotten) for name in _AUTHORS)


def redact_export(message: Fields, forgotten: Forgotten) -> Fields:
    """Return somebody's exported message without the forgotten people in it, and their content.

    Raises ExportNestedTooDeeplyError.
    """
    if _is_forward_of_theirs(message, forgotten):
        kept = {name: value for name, value in message.items() if name in _ENVELOPE}
        message = {**kept, "text": "", "text_entities": []}
    return _object(message, 1, forgotten)


def _is_forward_of_theirs(message: Fields, forgotten: Forgotten) -> bool:
    return any(
        _forgets_sender(message.get(f"{name}_id"), forgotten)
        or _forgets_name(message.get(name), forgotten)
        for name in _ORIGINS
    )


def _object(fields: Fields, level: int, forgotten: Forgotten) -> Fields:
    if _mentions(fields, forgotten):
        fields = fields | {"text": _blank_all(fields.get("text"))}
    if "phone_number" in fields and _forgets_name(_full_name(fields), forgotten):
        fields = {name: "" if isinstance(fields[name], str) else fields[name] for name in fields}
    return {name: _member(name, fields, level + 1, forgotten) for name in fields}


def _member(name: str, fields: Fields, level: int, forgotten: Forgotten) -> Any:
    """Return a member of an object without forgotten people."""
    value, its_id = fields[name], fields.get(f"{name}_id")
    if isinstance(value, str) and its_id is not None:
        # Another person may have the same name.
        return None if _forgets_sender(its_id, forgotten) else value
    return _value(value, name, level, forgotten)


def _value(value: Any, key: str, level: int, forgotten: Forgotten) -> Any:
    if level > MAX_LEVELS:
        raise ExportNestedTooDeeplyError
    if isinstance(value, dict):
        return _object(value, level, forgotten)
    if isinstance(value, list):
        return [_value(each, key, level + 1, forgotten) for each in value]
    if isinstance(value, str):
        return _string(value, key, forgotten)
    may_be_person = key.endswith("_id") and "message" not in key and not isinstance(value, bool)
    return ERASED_ID if may_be_person and _forgets_sender(value, forgotten) else value


def _string(text: str, key: str, forgotten: Forgotten) -> str | None:
    if _SENDER.fullmatch(text):
        return ERASED_SENDER if _forgets_sender(text, forgotten) else text
    if _NAMES.fullmatch(key) and _forgets_name(text, forgotten):
        return BLANK
    if key in _PROGRAM:
        return blank_people(text, forgotten, min_digits=1)
    if _NO_PERSON.fullmatch(key):
        return blank_people(text, forgotten, min_digits=NO_NUMBERS)
    return blank_people(text, forgotten)


def _forgets_sender(value: Any, forgotten: Forgotten) -> bool:
    """Return whether an exported id is that of a forgotten user.

    A number may have the shift of old versions, or not: programs that convert exports write it
    without.
    """
    user = exported_user(value)
    if user is not None and forgotten.forgets_user(user):
        return True
    return id_of(value) is not None and forgets_id(value, forgotten)


def _forgets_name(value: Any, forgotten: Forgotten) -> bool:
    return isinstance(value, str) and bool(value.strip()) and forgotten.forgets_name(value.strip())


def _full_name(fields: Fields) -> str:
    names = (fields.get("first_name"), fields.get("last_name"))
    return " ".join(name for name in names if isinstance(name, str) and name)


def _mentions(fields: Fields, forgotten: Forgotten) -> bool:
    """Return whether a part of a text is the name of a forgotten person, or a link to them."""
    if "text" not in fields:
        return False
    href = fields.get("href")
    if isinstance(href, str) and blank_people(href, forgotten, min_digits=1) != href:
        return True
    return "user_id" in fields and _forgets_sender(fields["user_id"], forgotten)


def _blank_all(value: Any) -> Any:
    if isinstance(value, list):
        return []
    return blank(value) if isinstance(value, str) else value


def names_dropped(message: Fields, dropped: frozenset[str]) -> frozenset[str]:
    """Return the names of an exported message's fields that are dropped with those of an update."""
    names = {name for each in dropped for name in _FIELDS_OF.get(each, ())}
    if not NAME_FIELDS.isdisjoint(dropped):
        names.update(name for name in message if _NAMES.fullmatch(name))
    media = message.get("media_type")
    fields = [field for field, media_type in _MEDIA_OF.items() if media_type == media]
    if not dropped.isdisjoint(fields or ["document"]):
        names |= _FILE_FIELDS
    if "audio" not in dropped or media != _MEDIA_OF["audio"]:
        names -= _FIELDS_OF["audio"]
    return frozenset(names)


def named_with_id(fields: Fields) -> list[str]:
    """Return the names of an exported object's fields that name somebody whose id is next to it."""
    return [name for name in fields if _NAMES.fullmatch(name) and f"{name}_id" in fields]
