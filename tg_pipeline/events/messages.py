"""What a message of the events queue says: the daily tick, an object that landed, or neither.

A message's body is the event as EventBridge sends it, or as `lambda_ingest/template.yaml` has the
daily schedule write it. An object's key stands there as it is: S3 encodes keys in the
notifications that it sends by itself, not in what goes through EventBridge.
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
    """The daily tick, which asks for the day before its own."""

    day: date


@dataclass(frozen=True, slots=True)
class ObjectCreatedEvent:
    """An object landed, or was rewritten, on a day."""

    day: date


Event = ScheduleEvent | ObjectCreatedEvent


@dataclass(frozen=True, slots=True)
class LandingAddress:
    """The landing zone as events name it."""

    bucket: str
    prefix: str
    """What all keys of the zone begin with: empty, or ending in a slash."""

    @classmethod
    def of(cls, landing_uri: str) -> "LandingAddress":
        """Read it from `s3://bucket/prefix`; raises EventsQueueError where there is no bucket."""
        parts = urlsplit(landing_uri)
        if not parts.netloc or parts.scheme == "file":
            raise EventsQueueError(
                f"TG_EVENTS_QUEUE_URL tells of what lands in a bucket, and TG_LANDING_URI="
                f"{landing_uri} is none: set it to the bucket's s3:// URI, or the queue to nothing."
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
    """Give what a message says; None for an event that is none of ours.

    Raises UnreadableEventError.
    """
    try:
        event = _ENVELOPE.decode(body.encode("utf-8", "surrogatepass"))
        if event.source == SCHEDULER:
            return ScheduleEvent(
                _TIME.decode(event.time).astimezone(zone).date() - timedelta(days=1)
            )
        if (event.source, event.detail_type) == OBJECT_CREATED:
            return _landed(_CREATED.decode(event.detail), landing)
    except (msgspec.MsgspecError, UnicodeError, OverflowError, RecursionError) as error:
        raise UnreadableEventError(f"The message is no event: {error}.") from None
    return None


def _landed(created: _ObjectCreated, landing: LandingAddress) -> ObjectCreatedEvent | None:
    """Give the day that an object landed on; None for one that is no landed update.

    The mark that a console leaves for a folder has a key that ends in a slash.
    """
    key, zone_of_updates = created.object.key, f"{landing.prefix}{LANDING_PREFIX}/"
    if created.bucket.name != landing.bucket or not key.startswith(zone_of_updates):
        return None
    return (
        None
        if key.endswith("/")
        else ObjectCreatedEvent(_day_of(key.removeprefix(zone_of_updates), key))
    )


def _day_of(path: str, key: str) -> date:
    found = _DAY_FOLDER.match(path)
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise UnreadableEventError(f"The object {key!r} is in no day's folder.") from None
