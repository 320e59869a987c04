"""An update's content: read whole in one step, or field by field where one field is wrong."""

import json
from functools import lru_cache
from types import NoneType
from typing import Any, Final, get_args, get_origin

import msgspec

from tg_pipeline.telegram.anatomy import Part, content_struct
from tg_pipeline.telegram.payload import mend_surrogates

KNOWN_TYPES_KEPT: Final = 256
"""Decoders kept: the Bot API has 27 types, and whoever invents more pays for making them."""

DIGITS_OF_INT64: Final = 19
"""A longer number fits no column, and Python refuses to read one of thousands of digits."""


_KEYS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Content(msgspec.Struct, gc=False, frozen=True):
    """What an update holds, and how many of its fields had to be left out."""

    part: Part | None
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

    content: Part | None = None


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
