"""Parse MarkdownV2 as Telegram does, without quotations, links and custom emoji.

After parse_markdown_v2 of https://github.com/tdlib/td (MessageEntity.cpp) and clean_input_string
(misc.cpp) as of July 2026.
"""

import re
from dataclasses import dataclass

from tg_pipeline_tests.fakes.telegram_api.protocol import ApiError

RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
MARKS = {
    "```": "pre",
    "__": "underline",
    "||": "spoiler",
    "*": "bold",
    "_": "italic",
    "~": "strikethrough",
    "`": "code",
}
"""Marks with a common prefix: the longer one comes first."""

DROPPED = re.compile("[\r\u2028-\u202e\u030a\u0333\u033f]")
BLANKED = re.compile("[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Entity:
    """A formatted part of a text; offset and length are in UTF-16 units."""

    type: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class ReadText:
    text: str
    entities: tuple[Entity, ...] = ()

    def marked(self, kind: str) -> list[str]:
        units = self.text.encode("utf-16-le")
        found = [each for each in self.entities if each.type == kind]
        return [
            units[2 * each.offset : 2 * (each.offset + each.length)].decode("utf-16-le")
            for each in found
        ]


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cleaned(text: str) -> str:
    return _without_controls(text).strip()


def read_markdown(source: str) -> ReadText:
    return _trimmed(_Reading(_without_controls(source)).all())


@dataclass(frozen=True, slots=True)
class _Opened:
    mark: str
    offset: int
    """In the text, in UTF-16 units."""
    at: int
    """In the source."""


class _Reading:
    def __init__(self, source: str) -> None:
        self._source, self._at, self._text = source, 0, ""
        self._open: list[_Opened] = []
        self._entities: list[Entity] = []

    def all(self) -> ReadText:
        while self._at < len(self._source):
            self._step()
        if self._open:
            kind, place = MARKS[self._open[-1].mark], self._source[: self._open[-1].at]
            raise _malformed(
                f"Can't find end of {kind.title()} entity at byte offset {len(place.encode())}"
            )
        return ReadText(self._text, tuple(sorted(self._entities, key=lambda each: each.offset)))

    def _step(self) -> None:
        letter, follows = self._source[self._at], self._source[self._at + 1 : self._at + 2]
        if letter == "\\" and "\x00" < follows <= "~":
            self._take(follows, 2)
        elif letter not in self._reserved():
            self._take(letter, 1)
        elif self._open and self._ends(self._open[-1].mark):
            self._close(self._open.pop())
        else:
            self._begin(letter)

    def _reserved(self) -> frozenset[str]:
        is_code = self._open and self._open[-1].mark in {"`", "```"}
        return frozenset("`") if is_code else RESERVED

    def _ends(self, mark: str) -> bool:
        is_underline = mark == "_" and self._source.startswith("__", self._at)
        return self._source.startswith(mark, self._at) and not is_underline

    def _begin(self, letter: str) -> None:
        mark = next((each for each in MARKS if self._source.startswith(each, self._at)), None)
        if mark is None:
            raise _malformed(
                f"Character '{letter}' is reserved and must be escaped with the preceding '\\'"
            )
        self._open.append(_Opened(mark, units(self._text), self._at))
        self._at += len(mark)

    def _close(self, opened: _Opened) -> None:
        if length := units(self._text) - opened.offset:
            self._entities.append(Entity(MARKS[opened.mark], opened.offset, length))
        self._at += len(opened.mark)

    def _take(self, letter: str, read: int) -> None:
        self._text += letter
        self._at += read


def _malformed(why: str) -> ApiError:
    return ApiError(400, f"Bad Request: can't parse entities: {why}")


def _without_controls(text: str) -> str:
    return BLANKED.sub(" ", DROPPED.sub("", text))


def _trimmed(read: ReadText) -> ReadText:
    """Remove the whitespace around a text, also from its entities."""
    text = read.text.strip()
    begin = units(read.text) - units(read.text.lstrip())
    end = begin + units(text)
    clipped = [
        Entity(each.type, max(each.offset, begin) - begin, length)
        for each in read.entities
        if (length := min(each.offset + each.length, end) - max(each.offset, begin)) > 0
    ]
    return ReadText(text, tuple(clipped))
