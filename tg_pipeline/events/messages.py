"""Messages of the events queue: the daily schedule's event, or a landed object's.

A message's body is an event as EventBridge sends it, or as the schedule in
`lambda_ingest/template.yaml` writes it. Keys of objects are not URL-encoded, unlike in the
notifications that S3 sends without EventBridge.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from lambda_ingest.landing import LANDING_PREFIX
from tg_pipeline.exceptions import EventsQueueError, UnreadableEventError

SCHEDULER: Final = "aws.scheduler"
OBJECT_CREATED: Final = ("aws.s3", "Object Created")

_DAY_FOLDER: Final = re.compile(r"context_date=([0-9]{4}-[0-9]{2}-[0-9]{2})/.")


@dataclass(frozen=True, slots=True)
class ScheduleEvent:
    """The daily schedule's event."""

    day: date
    """The day to build: the day before the event."""


@dataclass(frozen=True, slots=True)
class ObjectCreatedEvent:
    """An object landed, or was rewritten."""

    day: date
    """The day of its folder."""


Event = ScheduleEvent | ObjectCreatedEvent


@dataclass(frozen=True, slots=True)
class LandingAddress:
    """The bucket and prefix of the landing zone, as events have them."""

    bucket: str
    prefix: str
    """The prefix of all keys of the landing zone: empty, or ending in a slash."""

    @classmethod
    def of(cls, landing_uri: str) -> "LandingAddress":
        """Parse `s3://bucket/prefix`; raises EventsQueueError for any other URI."""
        parts = urlsplit(landing_uri)
        if not parts.netloc or parts.scheme == "file":
            raise EventsQueueError(
                "TG_EVENTS_QUEUE_URL is set, but its events are about a bucket, and "
                f"TG_LANDING_URI={landing_uri} is not one: set it to the bucket's s3:// URI, or "
                "unset the queue."
            )
        folder = unquote(parts.path).strip("/")
        return cls(parts.netloc, f"{folder}/" if folder else "")


class _Envelope(msgspec.Struct, gc=False):
    source: str
    detail_type: str = msgspec.field(name="detail-type")
    detail: msgspec.Raw = msgspec.Raw(b"{}")
    time: msgspec.Raw = msgspec.Raw(b"")


class _Bucket(msgspec.Struct, gc=False):
    name: str


class _Object(msgspec.Struct, gc=False):
    key: str


class _ObjectCreated(msgspec.Struct, gc=False):
    bucket: _Bucket
    object: _Object


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_CREATED: Final = msgspec.json.Decoder(_ObjectCreated)
_TIME: Final = msgspec.json.Decoder(Annotated[datetime, msgspec.Meta(tz=True)])


def read_event(body: str, landing: LandingAddress, zone: ZoneInfo) -> Event | None:
    """Parse a message; return None for an event that is not about the landing zone.

    Days of the schedule are in the time zone `zone`. Raises UnreadableEventError.
    """
    try:
        event = _ENVELOPE.decode(body.encode("utf-8", "surrogatepass"))
        if event.source == SCHEDULER:
            scheduled_for = _TIME.decode(event.time).astimezone(zone).date()
            return ScheduleEvent(scheduled_for - timedelta(days=1))
        if (event.source, event.detail_type) == OBJECT_CREATED:
            return _read_created(_CREATED.decode(event.detail), landing)
    except (msgspec.MsgspecError, UnicodeError, OverflowError, RecursionError) as error:
        raise UnreadableEventError(f"The message is not a valid event: {error}.") from None
    return None


def _read_created(created: _ObjectCreated, landing: LandingAddress) -> ObjectCreatedEvent | None:
    """Return None for another bucket or prefix, and for a console's folder marker ("…/")."""
    key, prefix = created.object.key, f"{landing.prefix}{LANDING_PREFIX}/"
    is_landed = created.bucket.name == landing.bucket and key.startswith(prefix)
    if not is_landed or key.endswith("/"):
        return None
    return ObjectCreatedEvent(_day_of(key.removeprefix(prefix), key))


def _day_of(path: str, key: str) -> date:
    found = _DAY_FOLDER.match(path)
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise UnreadableEventError(
            f"The object {key!r} is not in a folder context_date=YYYY-MM-DD."
        ) from None
