"""`Minimization`: what is removed from updates before they are stored. Standard library only.

Fields are removed wherever they are. What people wrote is replaced by one character, so that a text
message stays one and its figures keep their meaning; commands of bots stay.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lambda_ingest.landing import finite_float
from lambda_ingest.privacy.exported_messages import (
    EXPORTED_TEXTS,
    NAME_FIELDS,
    exported_in,
    named_with_id,
    names_dropped,
)
from lambda_ingest.privacy.personal_strings import BLANK, range_of, text_in

DROPPABLE: Final = frozenset(
    """
    animation audio bio contact document email file_name first_name is_premium language_code
    last_name live_photo location order_info paid_media passport_data phone_number photo sender_tag
    shipping_address sticker story user_shared username users_shared vcard venue video video_note
    voice web_app_data
    """.split()
)
"""Names of fields about people that no figure needs: without them an update keeps its type, its
time, its chat and its sender. https://core.telegram.org/bots/api#available-types"""

KEPT_EMPTY: Final = frozenset({"passport_data", "user_shared", "users_shared", "web_app_data"})
"""Service messages: without this field they would count as messages that somebody wrote, so it
becomes an empty object."""

_TEXTS: Final = frozenset(
    """
    text caption question explanation query bio comment option_text prize_description file_name
    message_text
    """.split()
)
"""Strings that people write, in any object."""

_QUOTE: Final = "quote"
"""What a bot's message quotes, as a parameter of its call: a string, and not an object as in a
message."""

_OPTIONS: Final = "options"
"""Of a poll that a bot sends: a list of strings, or of objects."""

_TEXTS_OF: Final = {
    "poll": ("description",),
    "checklist": ("title",),
    "web_app_data": ("data",),
    "link_preview_options": ("url",),
}
"""Strings that people write, in the object of one field."""

_EMPTY_RICH_MESSAGE: Final = {"blocks": [{"type": "paragraph", "text": BLANK}]}

_COMMAND: Final = re.compile(r"/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{1,64})?")


@dataclass(frozen=True, slots=True)
class Minimization:
    """What is removed."""

    fields: frozenset[str] = frozenset()
    """Names out of DROPPABLE."""

    drops_text: bool = False
    """Whether what people wrote is removed."""

    def __bool__(self) -> bool:
        """Return whether anything is removed."""
        return bool(self.fields) or self.drops_text

    def apply(self, body: bytes) -> bytes:
        """Return an update without what is removed, the same bytes if there is nothing of it."""
        if not self:
            return body
        is_changed = False

        def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            nonlocal is_changed
            fields = dict(pairs)
            kept = self._minimize(fields)
            is_changed |= kept != fields or len(fields) < len(pairs)
            return kept

        update = json.loads(body, object_pairs_hook=as_object, parse_float=finite_float)
        message = exported_in(update) if isinstance(update, dict) else None
        if message and (names := names_dropped(message, self.fields) & message.keys()):
            is_changed = True
            for name in names:
                del message[name]
        return json.dumps(update, separators=(",", ":")).encode("ascii") if is_changed else body

    def _minimize(self, fields: dict[str, Any]) -> dict[str, Any]:
        kept = {
            name: {} if name in self.fields else value
            for name, value in fields.items()
            if name not in self.fields or (name in KEPT_EMPTY and isinstance(value, dict))
        }
        for name in named_with_id(fields) if not NAME_FIELDS.isdisjoint(self.fields) else ():
            kept.pop(name, None)
        return dict(_without_texts(kept)) if self.drops_text else kept


NO_MINIMIZATION: Final = Minimization()


def _without_texts(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if name == "text" and value and isinstance(value, list):
            # Of an exported message, whose parts are minimized already.
            yield name, [value[0], f" {BLANK}"] if _is_command(value[0]) else BLANK
        elif (name in EXPORTED_TEXTS or name == _QUOTE) and isinstance(value, str):
            yield name, BLANK
        elif name in _TEXTS and value and not _is_command(fields):
            command, entity = _command(value, fields.get(_entities_name(name)))
            rest = "" if command == value else BLANK
            yield name, f"{command} {rest}" if command and rest else command or rest
            if entity:
                yield _entities_name(name), [entity]
        elif name == _OPTIONS and isinstance(value, list):
            yield name, [BLANK if isinstance(each, str) else each for each in value]
        elif name == "rich_message" and value:
            yield name, _EMPTY_RICH_MESSAGE
        elif isinstance(value, dict) and name in _TEXTS_OF:
            written = _TEXTS_OF[name]
            yield name, {each: BLANK if each in written else value[each] for each in value}
        elif not (name.endswith("entities") and isinstance(value, list)):
            yield name, value


def _command(text: Any, entities: Any) -> tuple[str, dict[str, Any] | None]:
    """Return the command that a text begins with, and its entity; empty and None without one.

    https://core.telegram.org/bots/api#messageentity
    """
    for each in entities if isinstance(text, str) and isinstance(entities, list) else ():
        if isinstance(each, dict) and each.get("type") == "bot_command" and each.get("offset") == 0:
            command = text_in(text, range_of(each))
            if _COMMAND.fullmatch(command):
                return command, each
    return "", None


def _is_command(value: Any) -> bool:
    """Return whether a part of an exported text is a command."""
    return (
        isinstance(value, dict)
        and value.keys() == {"type", "text"}
        and value["type"] == "bot_command"
        and isinstance(value["text"], str)
        and _COMMAND.fullmatch(value["text"]) is not None
    )


def _entities_name(text_name: str) -> str:
    return "entities" if text_name == "text" else f"{text_name}_entities"
