"""What a synthetic update tells of a message, in the form of the Bot API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tg_pipeline.telegram.decoding import parsed_content

INT64: Final = 2**63
"""Ids are stored as signed 64-bit integers."""


@dataclass(frozen=True, slots=True)
class SyntheticContent:
    """The content of a synthetic update, for enriched_updates."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    """Values by the names of columns."""
    message: bytes | None = None
    """`{"message": …}` with a Message of the Bot API; None if the line tells of no message."""
    kind: str = "message"
    """The `message_kind`."""
    is_edit: bool = False
    content_type: str | None = None
    """What the message contains, if it does not tell itself."""
    is_service: bool = False
    """Whether it is certainly a service message."""


def parse_content(payload: bytes, update_type: str) -> dict[str, Any]:
    """Return the content of a payload that `read_envelope` accepted; {} if it is no object."""
    try:
        content = msgspec.json.decode(payload)[update_type]
    except (msgspec.DecodeError, UnicodeDecodeError):
        content = parsed_content(payload, update_type)
    return content if isinstance(content, dict) else {}


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
