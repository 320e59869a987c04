"""Send texts and photos: styled lines as MarkdownV2, within Telegram's limits; retry on 429.

https://core.telegram.org/bots/api#markdownv2-style
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from tg_pipeline.telegram.errors import TooManyRequestsError
from tg_pipeline.telegram.models import SentMessage

if TYPE_CHECKING:
    from tg_pipeline.telegram.client import BotApiClient

LONGEST_TEXT: Final = 4096
LONGEST_CAPTION: Final = 1024
"""UTF-16 code units without markup. https://core.telegram.org/bots/api#sendmessage, #sendphoto."""

ELLIPSIS: Final = "…"

MAX_TOTAL_WAIT: Final = 30.0
"""Seconds that a person at a terminal waits in all before the error is shown instead."""

MAX_ATTEMPTS: Final = 3

_PARSE_MODE: Final = "MarkdownV2"
_RESERVED: Final = re.compile(r"[\\_*\[\]()~`>#+\-=|{}.!]")
_RESERVED_IN_CODE: Final = re.compile(r"[\\`]")

_Result = TypeVar("_Result")


class Style(Enum):
    """The style of a run of text; the value is its MarkdownV2 mark, written on both sides."""

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
    """Return plain text, in which Telegram recognizes links, mentions and commands."""
    return Run(text)


def bold(text: str) -> Run:
    """Return bold text."""
    return Run(text, Style.BOLD)


def code(text: str) -> Run:
    """Return code, in which Telegram recognizes no links, mentions or commands: for user text."""
    return Run(text, Style.CODE)


def to_markdown(lines: Lines) -> str:
    """Return the lines as MarkdownV2."""
    return "\n".join("".join(map(_escaped, line)) for line in lines)


def to_plain(lines: Lines) -> str:
    """Return the lines without styles."""
    return "\n".join("".join(run.text for run in line) for line in lines)


def utf16_length(text: str) -> int:
    """Return the number of UTF-16 code units, in which Telegram counts: an emoji takes two.

    https://core.telegram.org/api/entities#entity-length
    """
    return len(text) + sum(letter > "\uffff" for letter in text)


def truncate(lines: Lines, limit: int) -> Lines:
    """Return lines of at most `limit` UTF-16 units in all; if they are cut, they end in "…"."""
    if utf16_length(to_plain(lines)) <= limit:
        return lines
    kept: list[Line] = []
    room = limit - utf16_length(ELLIPSIS)
    for line in lines:
        cut = _truncate_line(line, room)
        kept.append(cut)
        room -= utf16_length(to_plain([cut])) + 1
        if cut != line or room < 0:
            break
    return [*kept[:-1], (*kept[-1], plain(ELLIPSIS))]


def _truncate_line(line: Line, room: int) -> Line:
    kept: list[Run] = []
    for run in line:
        text = _truncate_text(run.text, room)
        kept.append(replace(run, text=text))
        room -= utf16_length(text)
        if text != run.text:
            break
    return tuple(kept)


def _truncate_text(text: str, room: int) -> str:
    for end, letter in enumerate(text):
        room -= utf16_length(letter)
        if room < 0:
            return text[:end]
    return text


def _escaped(run: Run) -> str:
    reserved = _RESERVED_IN_CODE if run.style is Style.CODE else _RESERVED
    mark = run.style.value if run.text else ""
    return mark + reserved.sub(r"\\\g<0>", run.text) + mark


def send_message(api: "BotApiClient", chat: str, text: Lines) -> int:
    """Send a text; return its message id. https://core.telegram.org/bots/api#sendmessage."""
    parameters = {
        "chat_id": chat,
        "text": to_markdown(truncate(text, LONGEST_TEXT)),
        "parse_mode": _PARSE_MODE,
        "link_preview_options": {"is_disabled": True},
    }
    return api.call_typed("sendMessage", SentMessage, parameters).message_id


def send_photo(api: "BotApiClient", chat: str, png: bytes, caption: Lines) -> int:
    """Send a PNG; return its message id. https://core.telegram.org/bots/api#sendphoto.

    It makes no sound, since it follows a text that made one.
    """
    parameters = {
        "chat_id": chat,
        "caption": to_markdown(truncate(caption, LONGEST_CAPTION)),
        "parse_mode": _PARSE_MODE,
        "disable_notification": True,
    }
    # Imported here: an HTTP library comes with it, and there is a client that has imported it.
    from tg_pipeline.telegram.client import Upload  # noqa: PLC0415

    upload = Upload("photo", "chart.png", png)
    return api.call_typed("sendPhoto", SentMessage, parameters, upload).message_id


@dataclass(frozen=True, slots=True)
class RateLimitRetry:
    """Retries calls that Telegram rejects with 429, after the time that it asks to wait."""

    sleep: Callable[[float], None]
    log: Callable[[str], None]
    """Called with a line about each wait."""

    max_wait: float = MAX_TOTAL_WAIT
    """Seconds in all."""

    def call(self, call: Callable[[], _Result]) -> _Result:
        """Return the result of the first call that succeeds; raises the error of the last one."""
        remaining = self.max_wait
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                return call()
            except TooManyRequestsError as error:
                if error.retry_after > remaining:
                    raise
                remaining -= error.retry_after
                self.log(f"{error} Waiting.")
                self.sleep(error.retry_after)
        return call()
