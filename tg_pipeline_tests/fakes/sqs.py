"""SQS for tests: a queue in memory, moto's server on loopback, and EventBridge's messages."""

import json
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any, Final

from lambda_ingest.landing import day_prefix
from tg_pipeline.events.queue import QueueMessage
from tg_pipeline_tests.fakes.aws import client_of, moto_server

BUCKET: Final = "my-bot-raw"
REGION: Final = "us-east-1"
BATCH_SIZE: Final = 10
VISIBILITY_TIMEOUT: Final = 300.0


def tick(at: str = "2026-10-10T06:00:00Z") -> str:
    event = {"source": "aws.scheduler", "detail-type": "Scheduled Event", "time": at, "detail": {}}
    return json.dumps(event)


def tick_of(at: datetime) -> str:
    return tick(at.isoformat())


def created(key: str, bucket: str = BUCKET, **other: Any) -> str:
    """Return the event that S3 sends through EventBridge for a new object.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    event = {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": "2026-10-10T12:00:00Z",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": 5, "sequencer": "617f08299329d189"},
            "requester": "123456789012",
            "reason": "PutObject",
        },
    }
    return json.dumps(event | other)


def landed(day: date, name: str = "7-1.json", bucket: str = BUCKET) -> str:
    return created(f"{day_prefix(day)}/{name}", bucket)


@dataclass
class _Held:
    body: str
    visible_at: float = 0.0
    receives: int = 0


@dataclass
class FakeQueue:
    """A queue that does what SQS may do: any order, and messages that are delivered again.

    A received message becomes visible again after VISIBILITY_TIMEOUT seconds of a clock.
    """

    seconds: Callable[[], float] = lambda: 0.0
    random: Random = field(default_factory=lambda: Random(5))  # noqa: S311 - no secret
    held: dict[int, _Held] = field(default_factory=dict)
    sent: int = 0
    most_receives: int = 0
    """How often the message that was received most often was received."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.sent += 1
            self.held[self.sent] = _Held(body)

    def receive(self) -> list[QueueMessage]:
        with self._lock:
            visible = [n for n, each in self.held.items() if each.visible_at <= self.seconds()]
            chosen = self.random.sample(visible, min(BATCH_SIZE, len(visible)))
            for number in chosen:
                self.held[number].visible_at = self.seconds() + VISIBILITY_TIMEOUT
                self.held[number].receives += 1
                self.most_receives = max(self.most_receives, self.held[number].receives)
            return [QueueMessage(str(number), self.held[number].body) for number in chosen]

    def delete(self, messages: Sequence[QueueMessage]) -> None:
        with self._lock:
            for message in messages:
                self.held.pop(int(message.receipt), None)

    @property
    def bodies(self) -> list[str]:
        return [each.body for each in self.held.values()]


@dataclass(frozen=True)
class SqsServer:
    endpoint: str
    client: Any

    def queue(self, visibility: int = 300, dead_letters: str | None = None) -> str:
        attributes = {"VisibilityTimeout": str(visibility)}
        if dead_letters:
            policy = {"deadLetterTargetArn": self._arn(dead_letters), "maxReceiveCount": "5"}
            attributes["RedrivePolicy"] = json.dumps(policy)
        made = self.client.create_queue(QueueName=f"events-{uuid.uuid4()}", Attributes=attributes)
        url: str = made["QueueUrl"]
        return url

    def _arn(self, url: str) -> str:
        found = self.client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn: str = found["Attributes"]["QueueArn"]
        return arn

    def send(self, url: str, *bodies: str) -> None:
        for start in range(0, len(bodies), BATCH_SIZE):
            entries = [
                {"Id": str(number), "MessageBody": body}
                for number, body in enumerate(bodies[start : start + BATCH_SIZE])
            ]
            self.client.send_message_batch(QueueUrl=url, Entries=entries)

    def left(self, url: str) -> int:
        return self._count(url, "") + self._count(url, "NotVisible")

    def _count(self, url: str, kind: str) -> int:
        name = f"ApproximateNumberOfMessages{kind}"
        found = self.client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(found["Attributes"][name])


@contextmanager
def sqs_server() -> Iterator[SqsServer]:
    with moto_server() as endpoint:
        yield SqsServer(endpoint, client_of(endpoint, "sqs"))
