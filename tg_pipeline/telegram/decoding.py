"""Payload bytes → envelope and content; salvage field by field."""

import json
import re
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec

from tg_pipeline.telegram.models import TelegramObject, content_struct

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


KNOWN_TYPES_KEPT: Final = 256
"""Decoders kept: the Bot API has 27 types, and whoever invents more pays for making them."""

DIGITS_OF_INT64: Final = 19
"""A longer number fits no column, and Python refuses to read one of thousands of digits."""


_KEYS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Content(msgspec.Struct, gc=False, frozen=True):
    """What an update holds, and how many of its fields had to be left out."""

    part: TelegramObject | None
    nulled: int


def read_content(payload: bytes, update_type: str | None) -> Content:
    """Read what stands under `update_type` in a payload that `read_envelope` accepts.

    A field of the wrong type or out of range is left out and counted; nothing raises.
    """
    if update_type is None:
        return Content(None, 0)
    try:
        return Content(_decoder(update_type).decode(payload).content, 0)
    except (msgspec.DecodeError, ValueError):
        return _salvage_content(payload, update_type)


def content_keys(payload: bytes, update_type: str) -> list[str]:
    """Give the names of the fields of an update's content, in their order."""
    try:
        return list(_KEYS.decode(_KEYS.decode(payload)[update_type]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        content = json.loads(mend_surrogates(payload), parse_int=_bounded_int)[update_type]
        return list(content) if isinstance(content, dict) else []


class _Wrapped(msgspec.Struct, gc=False):
    """An update with its content under one name, whatever its type is."""

    content: TelegramObject | None = None


@lru_cache(maxsize=KNOWN_TYPES_KEPT)
def _decoder(update_type: str) -> msgspec.json.Decoder[_Wrapped]:
    struct = msgspec.defstruct(
        "Update",
        [("content", content_struct(update_type) | None, None)],
        gc=False,
        rename={"content": update_type},
    )
    return msgspec.json.Decoder(struct)


def _salvage_content(payload: bytes, update_type: str) -> Content:
    update = json.loads(mend_surrogates(payload), parse_int=_bounded_int)
    faults: list[str] = []
    part = _salvage(update.get(update_type), content_struct(update_type), faults)
    return Content(part, len(faults))


def _salvage(value: Any, kind: Any, faults: list[str]) -> Any:
    """Convert what can be converted; in place of the rest stands None, and a name in `faults`."""
    try:
        return msgspec.convert(value, kind | None)
    except msgspec.ValidationError:
        pass
    struct = _the_type(kind)
    if isinstance(value, dict) and isinstance(struct, type) and issubclass(struct, msgspec.Struct):
        present = [f for f in msgspec.structs.fields(struct) if f.encode_name in value]
        return struct(**{f.name: _salvage(value[f.encode_name], f.type, faults) for f in present})
    if isinstance(value, list) and get_origin(struct) is list:
        (item,) = get_args(struct)
        faults += [str(item) for element in value if element is None]
        return [kept for kept in (_salvage(v, item, faults) for v in value) if kept is not None]
    faults.append(str(kind))
    return None


def _the_type(kind: Any) -> Any:
    """Give T for `T | None`."""
    others = [part for part in get_args(kind) if part is not NoneType]
    return others[0] if NoneType in get_args(kind) else kind


def _bounded_int(digits: str) -> int | float:
    return int(digits) if len(digits.lstrip("-")) <= DIGITS_OF_INT64 else float("inf")
