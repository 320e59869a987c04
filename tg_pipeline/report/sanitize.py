"""Text written by users, made safe for the page and the digest.

It is never interpreted as markup, and does not affect the text around it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

MAX_TEXT: Final = 72
"""Code points of a text that are shown; its title has the rest."""

MAX_NAME: Final = 32
"""Code points of a name that are shown. Telegram allows a first name of 64."""

MAX_TITLE: Final = 1_000
"""Code points of a title: browsers show a few hundred, and longer titles add up."""

MAX_COMBINING: Final = 3
"""Combining marks per letter: languages need two or three, stacked marks break the layout."""

ISOLATED: Final = "\N{FIRST STRONG ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"
"""Isolates the direction of a text where <bdi> can't be used."""

_DIRECTIONS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that change the direction of the text after them, and can end an isolation."""

_MENTION: Final = re.compile(r"@\w+")


@dataclass(frozen=True, slots=True)
class UserText:
    """Text written by a user: in HTML an isolated element, cut to `limit`, with a full title."""

    text: str
    language: str | None = None
    """BCP 47, if known: screen readers use it."""
    limit: int = MAX_TEXT
    """Code points that are shown."""

    def __html__(self) -> Markup:
        """Return the HTML element."""
        clean = to_line(self.text)
        shown = shorten(clean, self.limit)
        title = ISOLATED.format(shorten(clean, MAX_TITLE))
        attributes = Markup(' title="{}"').format(title) if shown != clean else Markup()
        if self.language:
            attributes += Markup(' lang="{}"').format(self.language)
        return Markup("<bdi{}>{}</bdi>").format(attributes, shown)

    def __str__(self) -> str:
        """Return plain text, for tooltips and labels."""
        return ISOLATED.format(shorten(to_line(self.text), self.limit))


def to_line(text: str) -> str:
    """Return a text as one line, without control and direction characters."""
    line = " ".join(_DIRECTIONS.sub("", text).split())
    # Most texts need no more; to check each letter takes six times as long.
    if line.isprintable() and not any(map(unicodedata.combining, line)):
        return line
    return "".join(_limit_combining(map(_printable, line)))


def shorten(text: str, limit: int) -> str:
    """Return at most `limit` code points of a text, with … where it was cut."""
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 1 and _continues(text[end]):
        end -= 1
    return text[:end].rstrip("\u200d ") + "…"


def mask_mentions(text: str) -> str:
    """Return a text with its @usernames masked."""
    return _MENTION.sub("@…", text)


def _printable(letter: str) -> str:
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(letter) in {"Cc", "Cs"} else letter


def _limit_combining(letters: Iterable[str]) -> Iterable[str]:
    marks = 0
    for letter in letters:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= MAX_COMBINING:
            yield letter


def _continues(letter: str) -> bool:
    """Check whether a code point modifies the previous one: a mark, a skin tone, a joiner."""
    return (
        bool(unicodedata.combining(letter))
        or letter in "\u200d\ufe0e\ufe0f"
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
    )
