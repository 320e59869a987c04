"""What a synthetic update tells of a message, in the form of the Bot API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from tg_pipeline.telegram.decoding import replace_surrogates

_Line = TypeVar("_Line")

INT64: Final = 2**63
"""Ids are stored as signed 64-bit integers."""


@dataclass(frozen=True, slots=True)
class SyntheticContent:
    """The content of a synthetic update, for enriched_updates."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    """Values by the names of columns."""
    message: bytes | None = None
    """`{"message": …}` with a Message of the Bot API; None if the line tells of no message."""
    is_edit: bool = False
    content_type: str | None = None
    """What the message contains, if it does not tell itself."""
    is_service: bool = False
    """Whether it is certainly a service message."""


def decode_line(payload: bytes, decoder: msgspec.json.Decoder[_Line]) -> _Line | None:
    """Return the line of a payload that `read_envelope` accepted; None if it has another form."""
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        return decoder.decode(replace_surrogates(payload))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def encode_message(message: Mapping[str, Any]) -> bytes:
    """Return a Message as the content of an update."""
    try:
        return msgspec.json.encode({"message": message})
    except (OverflowError, msgspec.MsgspecError):  # a number of more than 64 bits
        return json.dumps({"message": message}).encode("ascii")


def whole_number(value: object) -> int | None:
    """Return a whole number that fits into a column, also one that is written as a text."""
    if isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) <= len(str(INT64)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -INT64 <= value < INT64:
        return None
    return value


def text_or_none(value: object) -> str | None:
    """Return a text that is not empty."""
    return value if isinstance(value, str) and value else None
