"""Messages as AWS puts them into the events queue."""

import json
from datetime import date, datetime
from typing import Any, Final

from lambda_ingest.landing import day_prefix

BUCKET: Final = "my-bot-raw"


def tick(at: str = "2026-10-10T06:00:00Z") -> str:
    """Give what the daily schedule of the template sends."""
    event = {"source": "aws.scheduler", "detail-type": "Scheduled Event", "time": at, "detail": {}}
    return json.dumps(event)


def tick_of(at: datetime) -> str:
    return tick(at.isoformat())


def created(key: str, bucket: str = BUCKET, **other: Any) -> str:
    """Give what S3 sends through EventBridge once an object is there.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    event = {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2026-10-10T12:00:00Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {
                "key": key,
                "size": 5,
                "etag": "b1946ac92492d2347c6235b4d2611184",
                "sequencer": "617f08299329d189",
            },
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "source-ip-address": "1.2.3.4",
            "reason": "PutObject",
        },
    }
    return json.dumps(event | other)


def landed(day: date, name: str = "7-1.json", bucket: str = BUCKET) -> str:
    return created(f"{day_prefix(day)}/{name}", bucket)
