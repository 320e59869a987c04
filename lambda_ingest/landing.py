"""The landing contract: parse, event day, object key, chat id; pure stdlib."""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import Enum
from typing import Any, Final, TypeGuard

MAX_CHAT_ID: Final = 2**63 - 1
"""Ids are kept as signed 64-bit integers, everywhere downstream."""


@dataclass(frozen=True, slots=True)
class ChatMigration:
    """A group that became a supergroup, and has two ids since."""

    old: int
    new: int

    def told(self) -> str:
        """Say what it means for a filter, and what to do."""
        return f"Chat {self.old} became {self.new}, which is kept too. Add it to TELEGRAM_CHAT_IDS."


def chat_of(update: dict[str, Any]) -> int | None:
    """Give the id of the chat that an update happened in, None where it names none.

    A callback happened where its message stands; an inline query, a poll or a payment names no
    chat. Source: https://core.telegram.org/bots/api#update
    """
    for content in _contents(update):
        message = content.get("message")
        for place in (content, message if isinstance(message, dict) else {}):
            chat = place.get("chat")
            chat_id = chat.get("id") if isinstance(chat, dict) else None
            if _is_chat_id(chat_id):
                return chat_id
        private = content.get("user_chat_id")
        if _is_chat_id(private):
            return private
    return None


def new_migration(update: dict[str, Any]) -> ChatMigration | None:
    """Give the change of id that a service message tells of, in the old chat or in the new one.

    Source: https://core.telegram.org/bots/api#message (migrate_to_chat_id, migrate_from_chat_id)
    """
    message = update.get("message")
    if not isinstance(message, dict):
        return None
    here, new, old = (
        chat_of(update),
        message.get("migrate_to_chat_id"),
        message.get("migrate_from_chat_id"),
    )
    if here is not None and _is_chat_id(new):
        return ChatMigration(old=here, new=new)
    if here is not None and _is_chat_id(old):
        return ChatMigration(old=old, new=here)
    return None


def _contents(update: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, content in update.items():
        if name != "update_id" and isinstance(content, dict):
            yield content


def _is_chat_id(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_CHAT_ID


LANDING_PREFIX: Final = "telegram"
REJECTED_PREFIX: Final = "rejected"

MAX_UPDATE_ID: Final = 2**63 - 1
"""Ids are kept as signed 64-bit integers, everywhere downstream."""

LATEST_SECOND: Final = 253_402_300_799
"""The last second of the year 9999: a later `date` is no date."""

TELEGRAM_LAUNCH: Final = date(2013, 8, 14)
"""No update is older than Telegram itself."""

MAX_AGE: Final = timedelta(days=7)
"""How long before its arrival an update from the network may claim to have happened."""

MAX_LEAD: Final = timedelta(days=1)
"""How far ahead of its arrival an update may claim to have happened: clocks differ, days do not."""


class TrustLevel(Enum):
    """Who hands an update in, and so how far back its own date is believed."""

    NETWORK = "network"
    """A webhook call or a poll: a wrong or forged date must not open old days at will."""

    OPERATOR = "operator"
    """A person who lands files by hand: believed back to Telegram's launch."""


@dataclass(frozen=True, slots=True)
class LandedUpdate:
    """An update and where it belongs: put `body` under `key`, unless something is there."""

    key: str
    body: bytes
    day: date
    update_id: int
    chat_id: int | None = None
    """The chat it happened in; None where it names none."""

    migration: ChatMigration | None = None


@dataclass(frozen=True, slots=True)
class RejectedBody:
    """What can't be an update: put `body` (an envelope around the original) under `key`."""

    key: str
    body: bytes
    day: date
    reason: str


class NotAnUpdateError(ValueError):
    """The bytes are not a Telegram update; the message says why, in one sentence."""


def land(
    body: bytes, *, bot_id: int, arrived_at: datetime, zone: tzinfo, sender: TrustLevel
) -> LandedUpdate | RejectedBody:
    """Name an update by what it says, or reject it with the reason.

    `arrived_at` must be aware. The day is the day the update happened in `zone`; an update
    without an event time, or with one that `sender` can't be believed on, gets the arrival's.
    """
    arrival_day = arrived_at.astimezone(zone).date()
    try:
        update = parse_update(body)
    except NotAnUpdateError as error:
        return _reject(body, arrival_day, str(error))
    happened = event_time(update)
    believed = happened is not None and _believable(happened, arrived_at, zone, sender)
    day = _day_of(happened, zone) if happened is not None and believed else arrival_day
    update_id = update["update_id"]
    key = f"{day_prefix(day)}/{bot_id}-{update_id}.json"
    return LandedUpdate(key, body, day, update_id, chat_of(update), new_migration(update))


def parse_update(body: bytes) -> dict[str, Any]:
    """Give the update that `body` holds, or raise NotAnUpdateError."""
    if not body.strip():
        raise NotAnUpdateError("The body is empty.")
    try:
        update = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise NotAnUpdateError(f"The body is not UTF-8 (byte {error.start}).") from None
    except RecursionError:
        raise NotAnUpdateError("The body is nested too deeply.") from None
    except ValueError as error:
        why = str(error).partition(";")[0]
        raise NotAnUpdateError(f"The body is not JSON: {why}.") from None
    if not isinstance(update, dict):
        raise NotAnUpdateError("The body is JSON, but not an object.")
    if not _is_id(update.get("update_id")):
        raise NotAnUpdateError("The body has no update_id that is a whole number from 0 to 2^63-1.")
    return update


def event_time(update: dict[str, Any]) -> int | None:
    """Give the Unix second at which an update happened, or None where it does not say.

    An edit happened at its `edit_date`, everything else at its own `date`; a callback or a
    query has none. Source: https://core.telegram.org/bots/api#update
    """
    for name, content in update.items():
        if name != "update_id" and isinstance(content, dict):
            happened = content.get("edit_date" if name.startswith("edited_") else "date")
            return happened if _is_second(happened) else None
    return None


def day_prefix(day: date) -> str:
    """Give the folder that a day's updates land in."""
    return f"{LANDING_PREFIX}/context_date={day.isoformat()}"


def batch(bodies: Sequence[bytes], *, bot_id: int, day: date) -> tuple[str, bytes]:
    """Give the key and the bytes of one `.ndjson.gz` object that holds many updates of a day.

    The name is a digest of the content, so a batch delivered twice lands once. A line break
    in a JSON text stands between tokens only, so a blank in its place changes nothing.
    """
    lines = b"".join(body.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n" for body in bodies)
    digest = hashlib.sha256(lines).hexdigest()
    return f"{day_prefix(day)}/{bot_id}-{digest}.ndjson.gz", gzip.compress(lines, mtime=0)


def unwrap_rejected(body: bytes) -> bytes:
    """Give the original bytes of a rejected object, so that it can be landed again.

    Any other body is given back as it is.
    """
    if not body.startswith(b'{"reason": '):
        return body
    try:
        envelope = json.loads(body)
        original = base64.b64decode(envelope["body_base64"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return body
    return original if _wrap(original, envelope["reason"]) == body else body


def _wrap(body: bytes, reason: str) -> bytes:
    envelope = {"reason": reason, "body_base64": base64.b64encode(body).decode("ascii")}
    return json.dumps(envelope).encode("ascii")


def _reject(body: bytes, day: date, reason: str) -> RejectedBody:
    digest = hashlib.sha256(body).hexdigest()
    key = f"{REJECTED_PREFIX}/context_date={day.isoformat()}/{digest}.json"
    return RejectedBody(key, _wrap(body, reason), day, reason)


def _believable(happened: int, arrived_at: datetime, zone: tzinfo, sender: TrustLevel) -> bool:
    launch = datetime.combine(TELEGRAM_LAUNCH, time.min, zone)
    earliest = launch if sender is TrustLevel.OPERATOR else arrived_at - MAX_AGE
    return earliest.timestamp() <= happened <= (arrived_at + MAX_LEAD).timestamp()


def _day_of(second: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(second, UTC).astimezone(zone).date()


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_UPDATE_ID


def _is_second(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LATEST_SECOND


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")
