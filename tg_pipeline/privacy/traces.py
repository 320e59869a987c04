"""Finding a person in bytes, in texts and in updates: by id, username, name and what they wrote.

An id is searched as a number of its own, never as part of a longer one. A username and a name are
searched where they stand as such: after an @, or as a value. What the person wrote is searched by
its first words, so that a value that was cut, escaped or written into a page is found as well.
"""

import base64
import binascii
import gzip
import html
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress as ignore
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lambda_ingest.privacy.personal_strings import MIN_ID_DIGITS
from lambda_ingest.privacy.suppression import Identity, Tombstones, suppress
from tg_pipeline.layers.enriched.pseudonyms import id_from_digest
from tg_pipeline.privacy.people import MIN_TEXT_CHARACTERS, DataSubject, full_name

PERSON_ID: Final = re.compile(r"(?:.*_)?(?:user|chat|from|sender|author|member|owner)_ids?")
"""Names of fields with the id of a person, which may have fewer than MIN_ID_DIGITS digits: ids of
messages, counts and sizes have as few."""

PARTS_OF_A_NAME: Final = frozenset({"first_name", "last_name"})
"""Fields that are one name together."""

NEEDLE_CHARACTERS: Final = 40
"""Characters at the start of a text that it is found by: previews show at least as many."""

NUMBERS: Final = re.compile(
    r"update_id|.*message_id|.*thread_id|.*topic_id|date|.*_date|.*_time|time|file_size|duration"
    r"|width|height|offset|length|amount|.*_amount|.*_count|.*_period"
)
"""Names of fields with numbers that are not the id of a person."""

UNIX_TIME: Final = "_unixtime"
"""The end of the names of an exported message's fields with times, which are texts."""

NAMES: Final = re.compile(r"(?:.*_)?(?:(?:first|last|user|sender)_name|usernames?|signature)")
"""Names of fields that hold the name of a person: groups, topics and songs have names, too."""

CHUNK_BYTES: Final = 1024 * 1024
"""Bytes that are searched at once, so that a large file takes little memory."""

OVERLAP_BYTES: Final = 4 * 1024
"""Bytes that are searched with the next chunk again: more than a name or the start of a text."""

_USER: Final = f"{Identity.USER.value}-"
_ESCAPED_CHARACTER: Final = re.compile(r"\\+u([0-9a-fA-F]{4})")
_ESCAPED_BLANK: Final = re.compile(r"\\+[nrt]")
_WORDS: Final = re.compile(r"\w+")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
_OPENING, _CLOSING = r"(?:^|[\"'`>|]) ?", r" ?(?=$|[\"'`<|\\])"
"""What stands before and after a value in JSON, in Markdown, in HTML, and in Python's texts."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What a person is recognized by."""

    subject: DataSubject
    tombstones: Tombstones
    """The tombstones of this person alone, by which updates are recognized."""

    ids: tuple[int, ...] = field(init=False)
    """The id of the person, and its pseudonym in enriched_updates."""

    _id: re.Pattern[str] = field(init=False, repr=False)
    _mention: re.Pattern[str] | None = field(init=False, repr=False)
    _value: re.Pattern[str] | None = field(init=False, repr=False)
    _needles: dict[str, list[list[str]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the patterns."""
        subject = self.subject
        usernames = _alternatives(subject.usernames)
        names = subject.names | subject.first_names | subject.usernames
        values = _alternatives(names - subject.titles)
        digests = (each.removeprefix(_USER) for each in self.tombstones.digests)
        hexadecimal = [each for each in digests if "-" not in each]
        compiled = {
            "ids": (subject.user_id, *map(id_from_digest, hexadecimal)),
            "_id": _id_pattern(subject.user_id),
            "_mention": re.compile(rf"(?:(?<!\w)@|t\.me/)(?:{usernames})(?!\w)", re.IGNORECASE)
            if usernames
            else None,
            "_value": re.compile(rf"{_OPENING}(?:{values}){_CLOSING}") if values else None,
            "_needles": _index(subject.texts),
        }
        for name, value in compiled.items():
            object.__setattr__(self, name, value)

    def without_texts_of_others(self, texts: Iterable[str]) -> "Traces":
        """Return the traces without the person's texts that are found in `texts` of others."""
        common = {tuple(needle) for text in texts for needle in self._found_needles(text)}
        kept = {text for text in self.subject.texts if tuple(_needle(text)) not in common}
        return Traces(replace(self.subject, texts=frozenset(kept)), self.tombstones)

    def in_bytes(self, content: bytes) -> bool:
        """Return whether bytes of any kind contain the person, also compressed or encoded."""
        return any(self.in_text(text) for text in readings(content))

    def in_text(self, text: str) -> bool:
        """Return whether a text of any kind, such as a page or a log, contains the person."""
        plain = unescape(text)
        return self._is_in(plain) or bool(self._value and self._value.search(plain))

    def in_update(self, body: bytes) -> bool:
        """Return whether an update, or another JSON, contains the person."""
        if suppress(body, self.tombstones) is not body:
            return True
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return self.in_bytes(body)
        return self.in_json(value)

    def in_json(self, value: Any, name: str = "") -> bool:
        """Return whether parsed JSON contains the person; `name` is that of its field."""
        if isinstance(value, dict):
            return self._in_object(value)
        if isinstance(value, list):
            return any(self.in_json(each, name) for each in value)
        if isinstance(value, str):
            if name.endswith(UNIX_TIME):
                return False
            return bool(NAMES.fullmatch(name) and self._is_name(value)) or self._is_in(value)
        return type(value) is int and value == self.subject.user_id and _may_be_id(value, name)

    def in_value(self, value: str, name: str) -> bool:
        """Return whether a column with a text contains the person; `name` is that of the column.

        A first name counts in columns only: in an update it may be that of somebody's contact.
        """
        if NAMES.fullmatch(name) and (value in self.subject.first_names or self._is_name(value)):
            return True
        return self._is_in(value)

    def _is_in(self, text: str) -> bool:
        if self._id.search(text) or (self._mention and self._mention.search(text)):
            return True
        return next(self._found_needles(text), None) is not None

    def _is_name(self, value: str) -> bool:
        subject = self.subject
        return (
            value in subject.names
            or value.lower().removeprefix("@") in subject.usernames
            # After an interruption, names are known by their digests only.
            or self.tombstones.forgets_username(value.removeprefix("@"))
            or self.tombstones.forgets_name(value)
        )

    def _in_object(self, value: Mapping[str, Any]) -> bool:
        ids = [each for name in ("id", "user_id") if type(each := value.get(name)) is int]
        is_named = not PARTS_OF_A_NAME.isdisjoint(value)
        if is_named and (
            self.subject.user_id in ids or (not ids and self._is_name(full_name(value)))
        ):
            return True
        # Another person may have the same name.
        is_another = bool(ids) and self.subject.user_id not in ids
        return any(
            self.in_json(each, name)
            for name, each in value.items()
            if not isinstance(each, str)
            or not (NAMES.fullmatch(name) if is_another else name in PARTS_OF_A_NAME)
        )

    def _found_needles(self, text: str) -> Iterator[list[str]]:
        if not self._needles or len(text) < MIN_TEXT_CHARACTERS:
            return
        words = _fold(text)
        for place, word in enumerate(words):
            for needle in self._needles.get(word, ()):
                if words[place : place + len(needle)] == needle:
                    yield needle


def readings(content: bytes) -> Iterator[str]:
    """Yield bytes as texts: as they are, decompressed, and with their base64 parts decoded."""
    for each in (content, *_unpacked(content)):
        for start in range(0, len(each) or 1, CHUNK_BYTES):
            chunk = each[max(start - OVERLAP_BYTES, 0) : start + CHUNK_BYTES]
            yield chunk.decode("utf-8", "replace")
            for found in _BASE64.finditer(chunk):
                with ignore(binascii.Error):
                    encoded = found[0][: len(found[0]) // 4 * 4]
                    yield base64.b64decode(encoded).decode("utf-8", "replace")


def unescape(text: str) -> str:
    """Return a text with the escapes of JSON, of Python and of HTML replaced."""
    if "\\" in text:
        text = _ESCAPED_BLANK.sub(" ", text)
        text = _ESCAPED_CHARACTER.sub(lambda found: chr(int(found[1], 16)), text)
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return html.unescape(text) if "&" in text else text


def _unpacked(content: bytes) -> Iterator[bytes]:
    with ignore(OSError, EOFError, zlib.error):
        if content[:2] == b"\x1f\x8b":
            yield gzip.decompress(content)
        elif content[:1] == b"\x78":
            yield zlib.decompress(content)


def _may_be_id(number: int, name: str) -> bool:
    """Return whether a number in a field may be somebody's id."""
    if len(str(number)) < MIN_ID_DIGITS:
        return bool(PERSON_ID.fullmatch(name))
    return not NUMBERS.fullmatch(name)


def _id_pattern(user_id: int) -> re.Pattern[str]:
    if len(str(user_id)) >= MIN_ID_DIGITS:
        # An export writes user5.
        return re.compile(rf"(?<![\w.-])(?:user)?{user_id}(?!\w)")
    return re.compile(rf"(?:\b(?:from_id|user_id|chat_id|user\?id)\W{{1,4}}){user_id}(?!\w)")


def _alternatives(values: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(values)))


def _index(texts: Iterable[str]) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for needle in sorted({tuple(_needle(text)) for text in texts}):
        if sum(map(len, needle)) + len(needle) - 1 >= MIN_TEXT_CHARACTERS:
            found.setdefault(needle[0], []).append(list(needle))
    return found


def _needle(text: str) -> list[str]:
    """Return the first words of a text; the last is left out if the limit may cut it."""
    words = _fold(text[:NEEDLE_CHARACTERS])
    return words if len(text) <= NEEDLE_CHARACTERS else words[:-1]


def _fold(text: str) -> list[str]:
    return _WORDS.findall(text.casefold())
