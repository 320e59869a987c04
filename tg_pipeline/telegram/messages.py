"""SendMessage/sendPhoto, MarkdownV2, rate-limit retry."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from tg_pipeline.telegram.client import Upload
from tg_pipeline.telegram.errors import TooManyRequestsError
from tg_pipeline.telegram.models import SentMessage

if TYPE_CHECKING:
    from tg_pipeline.telegram.client import BotApiClient


ELLIPSIS: Final = "…"

_MARKUP: Final = re.compile(r"[\\_*\[\]()~`>#+\-=|{}.!]")
_MARKUP_IN_CODE: Final = re.compile(r"[\\`]")


class Style(Enum):
    """How a run of text is shown, by the mark that stands on both sides of it."""

    PLAIN = ""
    BOLD = "*"
    CODE = "`"


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one style."""

    text: str
    style: Style = Style.PLAIN


Line: TypeAlias = tuple[Run, ...]
Lines: TypeAlias = Sequence[Line]


def plain(text: str) -> Run:
    """Give text as it is. Telegram makes links, mentions and commands of what looks like them."""
    return Run(text)


def bold(text: str) -> Run:
    """Give bold text."""
    return Run(text, Style.BOLD)


def code(text: str) -> Run:
    """Give text in which Telegram finds no link, no mention and no command: a user's words."""
    return Run(text, Style.CODE)


def to_markdown(lines: Lines) -> str:
    """Write lines as MarkdownV2."""
    return "\n".join("".join(map(_marked, line)) for line in lines)


def to_plain(lines: Lines) -> str:
    """Write lines as they are read, without their styles."""
    return "\n".join("".join(run.text for run in line) for line in lines)


def units(text: str) -> int:
    """Give the length that Telegram's limits are about: UTF-16 units, of which an emoji takes two.

    https://core.telegram.org/api/entities#entity-length
    """
    return len(text) + sum(letter > "\uffff" for letter in text)


def fit(lines: Lines, most: int) -> Lines:
    """Give lines of at most `most` units in all; where they are cut, … stands at the end."""
    if units(to_plain(lines)) <= most:
        return lines
    kept: list[Line] = []
    room = most - units(ELLIPSIS)
    for line in lines:
        cut = _cut(line, room)
        kept.append(cut)
        room -= units(to_plain([cut])) + 1
        if cut != line or room < 0:
            break
    return [*kept[:-1], (*kept[-1], plain(ELLIPSIS))]


def _marked(run: Run) -> str:
    markup = _MARKUP_IN_CODE if run.style is Style.CODE else _MARKUP
    mark = run.style.value if run.text else ""
    return mark + markup.sub(r"\\\g<0>", run.text) + mark


def _cut(line: Line, room: int) -> Line:
    kept: list[Run] = []
    for run in line:
        text = _begin(run.text, room)
        kept.append(replace(run, text=text))
        room -= units(text)
        if text != run.text:
            break
    return tuple(kept)


def _begin(text: str, room: int) -> str:
    """Give as many letters of a text as fit into so many units."""
    for end, letter in enumerate(text):
        room -= units(letter)
        if room < 0:
            return text[:end]
    return text


LONGEST_TEXT: Final = 4096
LONGEST_CAPTION: Final = 1024
"""UTF-16 units, markup not counted. https://core.telegram.org/bots/api#sendmessage, #sendphoto."""

_MARKED: Final = "MarkdownV2"


def send_message(api: "BotApiClient", chat: str, text: Lines) -> int:
    """Send a text; give its number in the chat. https://core.telegram.org/bots/api#sendmessage."""
    parameters = {
        "chat_id": chat,
        "text": to_markdown(fit(text, LONGEST_TEXT)),
        "parse_mode": _MARKED,
        "link_preview_options": {"is_disabled": True},
    }
    return api.ask("sendMessage", SentMessage, parameters).message_id


def send_photo(api: "BotApiClient", chat: str, png: bytes, caption: Lines) -> int:
    """Send a picture, without a sound: the text before it has made one.

    https://core.telegram.org/bots/api#sendphoto
    """
    parameters = {
        "chat_id": chat,
        "caption": to_markdown(fit(caption, LONGEST_CAPTION)),
        "parse_mode": _MARKED,
        "disable_notification": True,
    }
    upload = Upload("photo", "chart.png", png)
    return api.ask("sendPhoto", SentMessage, parameters, upload).message_id


LONGEST_WAIT: Final = 30.0
"""Seconds that a person waits in all before they are told instead."""

TRIES: Final = 3

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class RateLimitRetry:
    """How to wait, and how to say so."""

    sleep: Callable[[float], None]
    say: Callable[[str], None]
    longest: float = LONGEST_WAIT
    """Seconds in all."""

    def call(self, call: Callable[[], _Result]) -> _Result:
        """Call, and again when Telegram asks to wait; raises what the last try raises."""
        patience = self.longest
        for _ in range(TRIES - 1):
            try:
                return call()
            except TooManyRequestsError as error:
                if error.retry_after > patience:
                    raise
                patience -= error.retry_after
                self.say(f"{error} Waiting.")
                self.sleep(error.retry_after)
        return call()
