"""What users wrote, made safe to show: their names, questions, commands, reactions.

Nothing of it is markup, and nothing of it reaches beyond its place on the page.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

SHOWN_CHARACTERS: Final = 72
"""Code points of a text that are shown; the rest is in its title."""

NAME_CHARACTERS: Final = 32
"""Code points of a name that are shown, likewise; Telegram lets a first name have 64."""

TITLE_CHARACTERS: Final = 1_000
"""Code points of a title: browsers show some hundreds of them, and longer ones add up."""

MARKS_IN_A_ROW: Final = 3
"""Combining marks a letter may carry: languages need two or three, towers of them need none."""

ISOLATED: Final = "\N{FIRST STRONG ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"
"""An attribute can't hold <bdi>; these characters do there what it does in the text."""

_DIRECTIONS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""They turn the direction of what follows, and may end an isolation from within."""

_MENTION: Final = re.compile(r"@\w+")


@dataclass(frozen=True, slots=True)
class UserText:
    """A text by a user. In HTML it stands isolated, cut to a line, the whole of it in its title."""

    text: str
    language: str | None = None
    """BCP 47, where it is known: a screen reader then pronounces it so."""
    most: int = SHOWN_CHARACTERS
    """Code points that are shown."""

    def __html__(self) -> Markup:
        """Give it as HTML."""
        clean = plain(self.text)
        shown = shorten(clean, self.most)
        title = ISOLATED.format(shorten(clean, TITLE_CHARACTERS))
        attributes = Markup(' title="{}"').format(title) if shown != clean else Markup()
        if self.language:
            attributes += Markup(' lang="{}"').format(self.language)
        return Markup("<bdi{}>{}</bdi>").format(attributes, shown)

    def __str__(self) -> str:
        """Give it as plain text, for what is no HTML: a tooltip, a label."""
        return ISOLATED.format(shorten(plain(self.text), self.most))


def plain(text: str) -> str:
    """Give a text as one line without what a page would obey instead of showing it."""
    line = " ".join(_DIRECTIONS.sub("", text).split())
    return "".join(_without_towers(map(_visible, line)))


def shorten(text: str, most: int) -> str:
    """Give at most `most` code points of a text, with … where it goes on."""
    if len(text) <= most:
        return text
    end = most - 1
    while end > 1 and _clings(text[end]):
        end -= 1
    return text[:end].rstrip("\u200d ") + "…"


def without_mentions(text: str) -> str:
    """Give a text that names nobody by username."""
    return _MENTION.sub("@…", text)


def _visible(letter: str) -> str:
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(letter) in {"Cc", "Cs"} else letter


def _without_towers(letters: Iterable[str]) -> Iterable[str]:
    marks = 0
    for letter in letters:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= MARKS_IN_A_ROW:
            yield letter


def _clings(letter: str) -> bool:
    """Say whether a code point belongs to the one before it: a mark, a skin tone, a joiner."""
    return (
        bool(unicodedata.combining(letter))
        or letter in "\u200d\ufe0e\ufe0f"
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
    )
