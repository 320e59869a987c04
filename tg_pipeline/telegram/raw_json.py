"""JSON cut into its parts, byte for byte.

An update lands as Telegram wrote it, so nothing here is decoded and written anew. A JSON library's
raw values would do, but msgspec's refuse half a surrogate pair (`"\ud800"`) and deep nesting, and
with them all hundred updates of an answer.
"""

import json
import re
from typing import Final

_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_MARKS: Final = re.compile(_STRING + rb'|["\[\]{},]', re.DOTALL)
"""What tells the parts apart; a lone quote is a string that never ends."""

_KEY: Final = re.compile(rb"(" + _STRING + rb")[ \t\r\n]*:[ \t\r\n]*", re.DOTALL)
_BLANKS: Final = b" \t\r\n"


class JsonSplitError(ValueError):
    """The bytes are no JSON array, or no JSON object, from end to end."""


def split_array(array: bytes) -> list[bytes]:
    """Give the elements of an array as they are written, without the blanks around them.

    Brackets and strings are told apart; whether an element is valid JSON is not checked.
    Raises NotCutError.
    """
    return _parts(array, "[]")


def split_object(text: bytes) -> dict[str, bytes]:
    """Give the members of an object by their names, each value as it is written.

    Of two with one name the last one counts. Raises NotCutError.
    """
    found = {}
    for part in _parts(text, "{}"):
        key = _KEY.match(part)
        if key is None:
            raise JsonSplitError("a member has no name")
        found[_name(key[1])] = part[key.end() :]
    return found


def _parts(text: bytes, brackets: str) -> list[bytes]:
    text = text.strip(_BLANKS)
    if not (text[:1] == brackets[0].encode() and text[-1:] == brackets[1].encode()):
        raise JsonSplitError(f"not enclosed in {brackets}")
    cuts = [0, *_commas(text), len(text) - 1]
    parts = [text[cuts[n] + 1 : cuts[n + 1]].strip(_BLANKS) for n in range(len(cuts) - 1)]
    return [] if parts == [b""] else parts


def _commas(text: bytes) -> list[int]:
    """Give where the outermost level has its commas."""
    depth, commas = 0, []
    for found in _MARKS.finditer(text):
        mark = text[found.start()]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
        elif mark == ord(",") and depth == 1:
            commas.append(found.start())
        if found[0] == b'"' or (depth == 0 and found.end() != len(text)):
            raise JsonSplitError("cut short, or followed by something else")
    if depth:
        raise JsonSplitError("cut short")
    return commas


def _name(key: bytes) -> str:
    try:
        return str(json.loads(key.decode("utf-8", "replace"), strict=False))
    except ValueError:
        raise JsonSplitError("a name is no JSON string") from None
