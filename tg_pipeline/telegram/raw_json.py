r"""Split JSON into its elements or members, byte for byte.

Updates are stored exactly as Telegram wrote them, so nothing here is decoded and encoded again. The
raw values of a JSON library would do, but msgspec rejects lone surrogates (`"\ud800"`) and deep
nesting, and with one such update the other 99 of a response.
"""

import json
import re
from typing import Final

_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TOKENS: Final = re.compile(_STRING + rb'|["\[\]{},]', re.DOTALL)
"""The tokens that determine the structure; a lone quote is an unterminated string."""

_KEY: Final = re.compile(rb"(" + _STRING + rb")[ \t\r\n]*:[ \t\r\n]*", re.DOTALL)
_WHITESPACE: Final = b" \t\r\n"


class JsonSplitError(ValueError):
    """The bytes are not one complete JSON array or object."""


def split_array(array: bytes) -> list[bytes]:
    """Return the elements of an array as they are written, without surrounding whitespace.

    Only the structure is checked (brackets and strings), not whether an element is valid JSON.
    Raises JsonSplitError.
    """
    return _split(array, "[]")


def split_object(text: bytes) -> dict[str, bytes]:
    """Return the members of an object by name, each value as it is written.

    If there are several with one name, the last one wins. Raises JsonSplitError.
    """
    members = {}
    for part in _split(text, "{}"):
        key = _KEY.match(part)
        if key is None:
            raise JsonSplitError("a member has no name")
        members[_name(key[1])] = part[key.end() :]
    return members


def _split(text: bytes, brackets: str) -> list[bytes]:
    text = text.strip(_WHITESPACE)
    if not (text[:1] == brackets[0].encode() and text[-1:] == brackets[1].encode()):
        raise JsonSplitError(f"not enclosed in {brackets}")
    cuts = [0, *_commas(text), len(text) - 1]
    parts = [text[cuts[n] + 1 : cuts[n + 1]].strip(_WHITESPACE) for n in range(len(cuts) - 1)]
    return [] if parts == [b""] else parts


def _commas(text: bytes) -> list[int]:
    """Return the positions of the commas at the outermost level."""
    depth, commas = 0, []
    for found in _TOKENS.finditer(text):
        token = text[found.start()]
        if token in b"[{":
            depth += 1
        elif token in b"]}":
            depth -= 1
        elif token == ord(",") and depth == 1:
            commas.append(found.start())
        if found[0] == b'"' or (depth == 0 and found.end() != len(text)):
            raise JsonSplitError("incomplete, or followed by something else")
    if depth:
        raise JsonSplitError("incomplete")
    return commas


def _name(key: bytes) -> str:
    try:
        return str(json.loads(key.decode("utf-8", "replace"), strict=False))
    except ValueError:
        raise JsonSplitError("a name is not a JSON string") from None
