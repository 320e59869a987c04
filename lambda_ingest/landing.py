"""The landing contract: which object key and bytes an update is stored as. Standard library only.

The key is a function of the update (its day, the bot and the `update_id`), so that landing it
twice, through any ingestion path, produces one object.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import Enum
from itertools import chain
from typing import Any, Final, TypeGuard

from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID, SYNTHETIC_TYPES, is_synthetic
from lambda_ingest.update_fields import choose_type, fields_of, kind_of, values_at

LANDING_PREFIX: Final = "telegram"
REJECTED_PREFIX: Final = "rejected"

MAX_ID: Final = 2**63 - 1
"""Ids are stored as signed 64-bit integers, everywhere downstream."""

MAX_NESTING: Final = 200
"""Levels of objects and arrays. Telegram needs about 20. JSON parsers limit the depth by the space
that is left on the call stack; a lower limit of our own makes the result independent of it, and
leaves room for all who walk through an update."""

MAX_SECOND: Final = 253_402_300_799
"""The last second of the year 9999; a later `date` is not valid."""

TELEGRAM_LAUNCH: Final = date(2013, 8, 14)
"""No update is older than Telegram itself."""

MAX_AGE: Final = timedelta(days=7)
"""How long before its arrival the event time of an update from the network may lie."""

MAX_LEAD: Final = timedelta(days=1)
"""How long after its arrival the event time of an update may lie: clocks differ by less."""

GZIP_LEVEL: Final = 6
"""Of a batch. The highest level, 9, takes two thirds more time for 5 % fewer bytes."""

RESERVED_ID: Final = (
    f"The update_id is {FIRST_SYNTHETIC_ID} or higher: such ids are reserved for the bot's own "
    "calls and for exported messages."
)
"""Why an update with a synthetic id is rejected. Replaying does not change that."""

_STRINGS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


class TrustLevel(Enum):
    """How far back the event times of a source are trusted."""

    NETWORK = "network"
    """A webhook call or a poll: MAX_AGE. A wrong or forged date must not create old partitions."""

    PROXY = "proxy"
    """The bot's own calls, as this program saw them: as for the network, but synthetic ids pass."""

    OPERATOR = "operator"
    """A person who lands files: back to Telegram's launch. Synthetic ids pass."""


@dataclass(frozen=True, slots=True)
class ChatMigration:
    """A group that became a supergroup, and so has a new id."""

    old: int
    new: int

    def describe(self) -> str:
        """Return a sentence for the operator of a chat filter."""
        return f"Chat {self.old} became {self.new}, which is kept too. Add it to TELEGRAM_CHAT_IDS."


@dataclass(frozen=True, slots=True)
class ImplausibleDate:
    """The date of an update that is too far from its arrival; one of the two clocks is wrong."""

    update_id: int
    happened_at: datetime
    arrived_at: datetime

    def describe(self) -> str:
        """Return a sentence for the operator."""
        times = (each.astimezone(UTC) for each in (self.happened_at, self.arrived_at))
        happened, arrived = (f"{each:%Y-%m-%d %H:%M:%S} UTC" for each in times)
        return (
            f"Update {self.update_id} is dated {happened}, but arrived on {arrived}, so it belongs "
            "to the day it arrived."
        )


@dataclass(frozen=True, slots=True)
class LandedUpdate:
    """An update and its object: put `body` under `key` if the key does not exist."""

    key: str
    body: bytes
    day: date
    update_id: int
    chat_id: int | None = None
    """The chat that the update belongs to; None if it names no chat."""

    update_type: str = ""
    """Empty if the update has no content."""

    migration: ChatMigration | None = None

    event_at: datetime | None = None
    """When it happened, according to its own date. None if it has none."""

    implausible_date: ImplausibleDate | None = None
    """Its own date, if the day is that of its arrival because the date is too far from that."""


@dataclass(frozen=True, slots=True)
class RejectedBody:
    """A body that can't be an update: put `body`, an envelope around the original, under `key`."""

    key: str
    body: bytes
    day: date
    reason: str


def reason_only(rejected: RejectedBody) -> RejectedBody:
    """Return a rejected body with the reason, but without the bytes."""
    return replace(rejected, body=json.dumps({"reason": rejected.reason}).encode("ascii"))


class NotAnUpdateError(ValueError):
    """The bytes are not a Telegram update; the message states the reason in one sentence."""


def classify(
    body: bytes, *, bot_id: int, arrived_at: datetime, zone: tzinfo, trust: TrustLevel
) -> LandedUpdate | RejectedBody:
    """Return the object that a body is stored as: an update, or a rejected body with the reason.

    `arrived_at` must be aware. The day is the day of the event time in `zone`, or of the arrival
    if there is no event time or it is outside the range that `trust` allows.
    """
    arrival_day = arrived_at.astimezone(zone).date()
    try:
        update = parse_update(body)
    except NotAnUpdateError as error:
        return _reject(body, arrival_day, str(error))
    update_type, content = _content(update)
    is_allowed = trust is not TrustLevel.NETWORK and update_type in SYNTHETIC_TYPES
    if is_synthetic(update["update_id"]) and not is_allowed:
        return _reject(body, arrival_day, RESERVED_ID)
    second = _event_second(update_type, content)
    event_at = datetime.fromtimestamp(second, UTC) if second is not None else None
    day, update_id, implausible = arrival_day, update["update_id"], None
    if event_at and _is_plausible(event_at, arrived_at, zone, trust):
        day = event_at.astimezone(zone).date()
    elif event_at:
        implausible = ImplausibleDate(update_id, event_at, arrived_at)
    return LandedUpdate(
        key=f"{day_prefix(day)}/{bot_id}-{update_id}.json",
        body=body,
        day=day,
        update_id=update_id,
        chat_id=_chat_id(update_type, content),
        update_type=update_type,
        migration=migration_of(update),
        event_at=event_at,
        implausible_date=implausible,
    )


def reject_taken(update: LandedUpdate, bot_id: int) -> RejectedBody:
    """Return an update as a rejected body, since another update has its id.

    Its day is that of the update, so that it is one object, however often it arrives.
    """
    reason = (
        f"The id {update.update_id} of bot {bot_id} is taken by another update, which is stored as "
        f"{update.key}."
    )
    return _reject(update.body, update.day, reason)


def parse_update(body: bytes) -> dict[str, Any]:
    """Parse an update; raises NotAnUpdateError."""
    if not body.strip():
        raise NotAnUpdateError("The body is empty.")
    if is_nested_too_deeply(body):
        raise NotAnUpdateError("The body is nested too deeply.")
    try:
        update = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotAnUpdateError(f"The body is not UTF-8 (byte {error.start}).") from None
    except ValueError as error:
        why = str(error).partition(";")[0]
        raise NotAnUpdateError(f"The body is not JSON: {why}.") from None
    if not isinstance(update, dict):
        raise NotAnUpdateError("The body is JSON, but not an object.")
    if not _is_integer(update.get("update_id"), 0, MAX_ID):
        raise NotAnUpdateError("The body has no update_id that is a whole number from 0 to 2^63-1.")
    return update


def is_nested_too_deeply(text: bytes) -> bool:
    """Return whether a JSON text has more than MAX_NESTING levels; the layers check the same."""
    # Opening a level takes a byte.
    if len(text) <= MAX_NESTING or text.count(b"{") + text.count(b"[") <= MAX_NESTING:
        return False
    return nesting_depth(text) > MAX_NESTING


def nesting_depth(text: bytes) -> int:
    """Return the number of levels of objects and arrays, in time linear in the size."""
    depth = deepest = 0
    for byte in _STRINGS.sub(b"", text):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def finite_float(text: str) -> float:
    """Return a number of a JSON text, for those who write the update again.

    Python reads a number such as 1e999 as infinity, which is not JSON.
    """
    return max(-sys.float_info.max, min(float(text), sys.float_info.max))


def event_time(update: dict[str, Any]) -> int | None:
    """Return the Unix second at which an update happened, or None if it has none."""
    return _event_second(*_content(update))


def _event_second(update_type: str, content: dict[str, Any]) -> int | None:
    seconds = values_at(content, fields_of(update_type).time)
    return next(filter(_is_second, seconds), None)


def chat_id_of(update: dict[str, Any]) -> int | None:
    """Return the id of the chat that an update belongs to, or None if it names none."""
    return _chat_id(*_content(update))


def _chat_id(update_type: str, content: dict[str, Any]) -> int | None:
    fields = fields_of(update_type)
    chats = values_at(content, fields.chat)
    ids = (chat.get("id") for chat in chats if isinstance(chat, dict))
    candidates = chain(ids, values_at(content, fields.private_chat))
    return next(filter(_is_chat_id, candidates), None)


def migration_of(update: dict[str, Any]) -> ChatMigration | None:
    """Return the change of a chat's id that a service message, in either chat, reports.

    Source: https://core.telegram.org/bots/api#message (migrate_to_chat_id, migrate_from_chat_id)
    """
    message = update.get("message")
    if not isinstance(message, dict):
        return None
    new, old = message.get("migrate_to_chat_id"), message.get("migrate_from_chat_id")
    if new is None and old is None:
        return None
    chat_id = chat_id_of(update)
    if chat_id is None:
        return None
    if _is_chat_id(new):
        return ChatMigration(old=chat_id, new=new)
    if _is_chat_id(old):
        return ChatMigration(old=old, new=chat_id)
    return None


def day_prefix(day: date) -> str:
    """Return the prefix of a day's updates."""
    return f"{LANDING_PREFIX}/context_date={day.isoformat()}"


def build_batch(bodies: Sequence[bytes], *, bot_id: int, day: date) -> tuple[str, bytes]:
    """Return the key and the bytes of one `.ndjson.gz` object with many updates of a day.

    The key contains a digest of the content, so a batch that is delivered twice lands once. Line
    breaks become spaces: in JSON they can only be between tokens, so the values stay the same.
    """
    lines = b"".join(body.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n" for body in bodies)
    digest = hashlib.sha256(lines).hexdigest()
    packed = gzip.compress(lines, GZIP_LEVEL, mtime=0)
    return f"{day_prefix(day)}/{bot_id}-{digest}.ndjson.gz", packed


def unwrap_rejected(body: bytes) -> bytes:
    """Return the original bytes of a rejected object, to land them again; other bodies as is."""
    if not body.startswith(b'{"reason": '):
        return body
    try:
        envelope = json.loads(body)
        original = base64.b64decode(envelope["body_base64"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return body
    return original if wrap_rejected(original, envelope["reason"]) == body else body


def wrap_rejected(body: bytes, reason: str) -> bytes:
    """Return the envelope that a rejected body is stored in."""
    envelope = {"reason": reason, "body_base64": base64.b64encode(body).decode("ascii")}
    return json.dumps(envelope).encode("ascii")


def _reject(body: bytes, day: date, reason: str) -> RejectedBody:
    digest = hashlib.sha256(body).hexdigest()
    key = f"{REJECTED_PREFIX}/context_date={day.isoformat()}/{digest}.json"
    return RejectedBody(key, wrap_rejected(body, reason), day, reason)


def _is_plausible(
    event_at: datetime, arrived_at: datetime, zone: tzinfo, trust: TrustLevel
) -> bool:
    if event_at > arrived_at + MAX_LEAD:
        return False
    if trust is not TrustLevel.OPERATOR:
        return event_at >= arrived_at - MAX_AGE
    return event_at >= datetime.combine(TELEGRAM_LAUNCH, time.min, zone)


def _content(update: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the type of an update and its content, which is empty if it is not an object."""
    names = [name for name in update if name != "update_id"]
    if len(names) == 1:  # as the Bot API promises
        update_type = names[0]
    else:
        update_type = choose_type(names, map(kind_of, map(update.get, names))) or ""
    content = update.get(update_type)
    return update_type, content if isinstance(content, dict) else {}


def _is_integer(value: object, lowest: int, highest: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def _is_second(value: object) -> TypeGuard[int]:
    return _is_integer(value, 1, MAX_SECOND)


def _is_chat_id(value: object) -> TypeGuard[int]:
    return _is_integer(value, -MAX_ID, MAX_ID)


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


_DECODER: Final = json.JSONDecoder(parse_constant=_reject_constant)
"""Made once: `json.loads` makes one for each text."""
