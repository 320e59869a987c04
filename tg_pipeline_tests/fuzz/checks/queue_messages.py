"""Any text as a message of the events queue: it is an event, or ignored, or unreadable."""

import json
from typing import Final
from zoneinfo import ZoneInfo

from lambda_ingest.landing import day_prefix
from tg_pipeline.events.messages import (
    LandingAddress,
    ObjectCreatedEvent,
    ScheduleEvent,
    read_event,
)
from tg_pipeline.exceptions import UnreadableEventError
from tg_pipeline_tests.fakes.sqs import BUCKET

ADDRESSES: Final = (LandingAddress.of(f"s3://{BUCKET}"), LandingAddress.of(f"s3://{BUCKET}/a/b"))
ZONES: Final = (ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Kiritimati"))


def check(data: bytes) -> None:
    """Check that a message is read, ignored or unreadable, and nothing else."""
    body = data.decode("utf-8", "surrogateescape")
    for address in ADDRESSES:
        for zone in ZONES:
            try:
                event = read_event(body, address, zone)
            except UnreadableEventError:
                continue
            match event:
                case ObjectCreatedEvent():
                    created = json.loads(body)["detail"]
                    prefix = f"{address.prefix}{day_prefix(event.day)}/"
                    assert created["object"]["key"].startswith(prefix)
                    assert created["bucket"]["name"] == address.bucket
                case ScheduleEvent():
                    assert json.loads(body)["source"] == "aws.scheduler"
                case _:
                    assert event is None
