"""Payload bytes to what they hold: safely, and the same way every time.

JSON from the wild may be cut, nested without end, or hold half a surrogate pair. What is read
here is read; what is not raises UnreadableError, whose message says why.
"""

import re
from typing import Annotated, Final

import msgspec

MAX_UPDATE_ID: Final = 2**63 - 1
"""Ids are kept as signed 64-bit integers."""

MAX_NESTING: Final = 200
"""Levels. Telegram needs some twenty; the bound keeps the answer free of the caller's stack."""

SHALLOW: Final = MAX_NESTING
"""Bytes: a level takes one to open, so that nothing shorter is nested too deeply."""

_UPDATE: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_UPDATE_ID: Final = msgspec.json.Decoder(Annotated[int, msgspec.Meta(ge=0, le=MAX_UPDATE_ID)])

_STRINGS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_ESCAPES: Final = re.compile(
    rb"\\[^u]"
    rb"|(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_REPLACEMENT: Final = rb"\ufffd"
"""U+FFFD, escaped: what Unicode puts in the place of what is no character."""


class UnreadableError(ValueError):
    """The bytes are not an update; the message is the reason, in one sentence."""


class Envelope(msgspec.Struct, gc=False, frozen=True):
    """What is known of an update before its content is read."""

    update_id: int
    update_type: str | None


def read_envelope(payload: bytes) -> Envelope:
    """Give the id and the type of an update, known or not, or raise UnreadableError.

    The type is the one key beside `update_id`. An update without another key has none; of
    several (the Bot API promises there are not) the first that holds an object is it.
    """
    if len(payload) > SHALLOW:
        _check_nesting(payload)
    if not payload.isascii():
        _check_utf_8(payload)
    try:
        contents = _UPDATE.decode(payload)
    except msgspec.DecodeError as error:
        contents = _read_mended(payload, error)
    known_id = _read_id(contents.pop("update_id", None))
    if len(contents) > 1:
        objects = (name for name, raw in contents.items() if bytes(raw)[:1] == b"{")
        return Envelope(known_id, next(objects, next(iter(contents))))
    return Envelope(known_id, next(iter(contents), None))


def mend_surrogates(payload: bytes) -> bytes:
    """Give the payload with each half of a surrogate pair replaced by U+FFFD.

    A text cut inside an emoji holds such a half: legal JSON, but no text in UTF-8.
    """
    return _ESCAPES.sub(lambda found: _REPLACEMENT if found[2] else found[0], payload)


def nesting(payload: bytes) -> int:
    """Give how many levels of objects and arrays the payload has."""
    depth = deepest = 0
    for byte in _STRINGS.sub(b"", payload):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _read_id(raw: msgspec.Raw | None) -> int:
    if raw is None:
        raise UnreadableError("no update_id")
    try:
        known_id: int = _UPDATE_ID.decode(raw)
    except msgspec.DecodeError:
        raise UnreadableError("update_id is no whole number from 0 to 2^63-1") from None
    return known_id


def _read_mended(payload: bytes, error: msgspec.DecodeError) -> dict[str, msgspec.Raw]:
    if isinstance(error, msgspec.ValidationError):
        raise UnreadableError("JSON, but not an object")
    mended = mend_surrogates(payload)
    if mended == payload:
        raise UnreadableError(f"not JSON: {error}")
    try:
        return _UPDATE.decode(mended)
    except msgspec.DecodeError as still:
        raise UnreadableError(f"not JSON: {still}") from None


def _check_utf_8(payload: bytes) -> None:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not UTF-8 at byte {error.start}") from None


def _check_nesting(payload: bytes) -> None:
    openings = payload.count(b"{") + payload.count(b"[")
    if openings > MAX_NESTING and nesting(payload) > MAX_NESTING:
        raise UnreadableError(f"nested deeper than {MAX_NESTING} levels")
