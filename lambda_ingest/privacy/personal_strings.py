"""Find and replace people in strings: @usernames, links to them, ids, and full names.

Every match is blanked unit by unit, so that the offsets of a text's entities stay valid.
Standard library only.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

BLANK: Final = "\N{LIGHT SHADE}"
"""Replaces each UTF-16 unit of what is blanked; it is one such unit itself."""

MIN_ID_DIGITS: Final = 7
"""Digits of a number that may be an id, in a sentence: a shorter one is rarely somebody's."""

MAX_ID_DIGITS: Final = 19
"""Digits of the largest 64-bit integer; ids have at most 16."""

NO_NUMBERS: Final = MAX_ID_DIGITS + 1
"""Digits of a number that is no id in any case."""

_USERNAME: Final = re.compile(
    r"(?<![A-Za-z0-9_])@(?P<mention>[A-Za-z0-9_]+)"
    r"|(?:t(?:elegram)?\.(?:me|dog)/(?:s/)?|[?&]domain=)(?P<path>[A-Za-z0-9_]+)"
    r"|(?<![A-Za-z0-9_])(?P<host>[A-Za-z0-9_]+)(?=\.t\.me)",
    re.IGNORECASE,
)
"""https://core.telegram.org/api/links#public-username-links"""

_NUMBER: Final = re.compile(r"(?<![0-9])(?P<link>[?&](?:user_)?id=)?(?P<digits>[0-9]+)(?![0-9])")
"""With `link`, as in tg://user?id=5: https://core.telegram.org/bots/api#formatting-options"""

_UTF_16: Final = "utf-16-le"
_BYTES_PER_UNIT: Final = 2


class Forgotten(Protocol):
    """The people to look for."""

    def forgets_user(self, user_id: int) -> bool:
        """Return whether the user of an id is forgotten."""

    def forgets_username(self, username: str) -> bool:
        """Return whether a username, without @, is that of a forgotten person."""

    def forgets_name(self, name: str) -> bool:
        """Return whether a full name is that of a forgotten person."""

    def forgets_poll(self, poll_id: str) -> bool:
        """Return whether the poll of an id was sent by a forgotten person."""


def blank_people(text: str, forgotten: Forgotten, min_digits: int = MIN_ID_DIGITS) -> str:
    """Return a string in which @usernames, links and ids of forgotten people are blanked.

    Outside of links, only numbers of at least `min_digits` may be ids.
    """

    def username(name: str) -> str:
        is_theirs = forgotten.forgets_username(name.removeprefix("@"))
        return blank(name) if is_theirs else name

    def number(digits: str) -> str:
        return blank(digits) if forgets_id(digits, forgotten) else digits

    return replace_people(text, username, number, min_digits)


def replace_people(
    text: str,
    username: Callable[[str], str],
    number: Callable[[str], str],
    min_digits: int = MIN_ID_DIGITS,
) -> str:
    """Return a string in which usernames and numbers that may be ids are replaced.

    `username` gets a name with @, or without in links, and `number` the digits.
    """

    def name_in(match: re.Match[str]) -> str:
        name = match["path"] or match["host"] or match[0]
        return match[0][: -len(name)] + username(name)

    def number_in(match: re.Match[str]) -> str:
        digits = match["digits"]
        is_likely = match["link"] or len(digits) >= min_digits
        return (match["link"] or "") + number(digits) if is_likely else match[0]

    return _NUMBER.sub(number_in, _USERNAME.sub(name_in, text))


def forgets_id(value: Any, forgotten: Forgotten) -> bool:
    """Return whether a value is the id of a forgotten person: a number, or its decimal digits."""
    found = id_of(value)
    return found is not None and forgotten.forgets_user(found)


def id_of(value: Any) -> int | None:
    """Return an id, which programs also write as a float or as text; None if it is not one."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    is_number = isinstance(value, str) and value.isascii() and value.isdecimal()
    return int(value) if is_number and len(value) <= MAX_ID_DIGITS else None


def blank(text: str) -> str:
    """Return as many blanks as a text has UTF-16 units."""
    return BLANK * (len(_encode(text)) // _BYTES_PER_UNIT)


def blank_ranges(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    """Return a text with ranges of UTF-16 units, from and to, replaced by blanks."""
    units = bytearray(_encode(text))
    for start, end in ranges:
        first, last = _BYTES_PER_UNIT * start, min(_BYTES_PER_UNIT * end, len(units))
        if first < last:
            units[first:last] = _encode(BLANK) * ((last - first) // _BYTES_PER_UNIT)
    return units.decode(_UTF_16, "surrogatepass")


def range_of(entity: dict[str, Any]) -> tuple[int, int]:
    """Return the UTF-16 units that an entity covers, from and to; an empty range if unusable.

    https://core.telegram.org/bots/api#messageentity
    """
    offset, length = entity.get("offset"), entity.get("length")
    if not isinstance(offset, int) or not isinstance(length, int):
        return 0, 0
    return max(offset, 0), max(offset + length, 0)


def text_in(text: str, units: tuple[int, int]) -> str:
    """Return the part of a text in a range of UTF-16 units."""
    start, end = (_BYTES_PER_UNIT * unit for unit in units)
    return _encode(text)[start:end].decode(_UTF_16, "replace")


def _encode(text: str) -> bytes:
    return text.encode(_UTF_16, "surrogatepass")
