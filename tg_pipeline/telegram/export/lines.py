"""Turn exported messages into the lines that land: `exported_message`, dated, with their chat."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from lambda_ingest.landing import MAX_SECOND
from lambda_ingest.synthetic.updates import EXPORTED_MESSAGE, synthetic_id
from tg_pipeline.telegram.export.reader import ExportedPart

_MAX_DIGITS: Final = len(str(MAX_SECOND))


class _Head(msgspec.Struct):
    """What is needed of a message."""

    date: Any = None
    date_unixtime: Any = None
    from_id: Any = None
    actor_id: Any = None


_DECODER: Final = msgspec.json.Decoder(_Head)


class MessageTime(NamedTuple):
    """When a message was sent."""

    second: int
    """Unix time."""
    is_computed: bool
    """Whether it follows from a local time and the zone of the person who exported it."""


@dataclass(slots=True)
class ExportLines:
    """Writes the lines of the messages of one chat, in their order."""

    chat: Mapping[str, Any]
    """As in the Bot API."""
    zone: ZoneInfo
    """Where it was exported: versions before June 2022 wrote local times only. An hour that occurs
    twice, when clocks are set back, is read as the first."""

    _last: MessageTime | None = None
    _chat: bytes = field(init=False)
    _identity: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Encode what all lines share."""
        self._chat = json.dumps(self.chat, separators=(",", ":")).encode("ascii")
        self._identity = b"%b:%d:" % (EXPORTED_MESSAGE.encode(), self.chat["id"])

    def time_of(self, part: ExportedPart) -> MessageTime | None:
        """Return the time of a message; of one without, that of the message before it.

        None if there is none before, and for a part that is not readable. Messages that Telegram
        Desktop does not know have no date.
        """
        if not part.is_readable:
            return None
        self._last = _time(_head(part.content), self.zone) or self._last
        return self._last

    def line(self, part: ExportedPart, time: MessageTime) -> bytes:
        """Return the line of a message."""
        update_id = synthetic_id(time.second, self._identity + part.content)
        zone = b',"timezone":"%b"' % self.zone.key.encode() if time.is_computed else b""
        return b'{"update_id":%d,"%b":{"date":%d,"chat":%b%b,"message":%b}}' % (
            update_id,
            EXPORTED_MESSAGE.encode(),
            time.second,
            self._chat,
            zone,
            part.content,
        )

    def unreadable_line(self, part: ExportedPart) -> bytes:
        """Return what is rejected of a part that is not readable, or has no date: with its chat."""
        return b'{"%b":{"chat":%b,"message":%b}}' % (
            EXPORTED_MESSAGE.encode(),
            self._chat,
            part.content,
        )


def sender_of(part: ExportedPart) -> str | int | None:
    """Return who sent a message, or acted, as exported: `user5`; None if it does not say."""
    head = _head(part.content)
    for sender in (head.from_id, head.actor_id):
        if isinstance(sender, str) or type(sender) is int:
            return sender
    return None


def _head(content: bytes) -> _Head:
    try:
        return _DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _slow_head(content)


def _slow_head(content: bytes) -> _Head:
    """Read a message that the quick decoder refuses, as one with a lone surrogate."""
    try:
        message = json.loads(content)
    except (ValueError, RecursionError):
        return _Head()
    return _Head(**{name: message.get(name) for name in _Head.__struct_fields__})


def _time(head: _Head, zone: ZoneInfo) -> MessageTime | None:
    second = _second(head.date_unixtime)
    if second is not None:
        return MessageTime(second, is_computed=False)
    if not isinstance(head.date, str):
        return None
    try:
        local = datetime.fromisoformat(head.date)
        aware = local if local.tzinfo else local.replace(tzinfo=zone)
        second = _second(int(aware.astimezone(UTC).timestamp()))
    except (ValueError, OverflowError):
        return None
    return None if second is None else MessageTime(second, is_computed=True)


def _second(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value) if len(value) <= _MAX_DIGITS else None
    return value if type(value) is int and 0 < value <= MAX_SECOND else None
