"""SQS as the events queue; region, credentials and roles are AWS's standard settings."""

import os
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from tg_pipeline.aws import translate_sqs_errors
from tg_pipeline.events.queue import THREADS, QueueMessage

BATCH_SIZE: Final = 10
"""Messages per request: the most that SQS allows."""

WAIT_SECONDS: Final = 1
"""How long a request waits for a message: without a wait it asks only some of SQS's servers.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""

VISIBILITY_TIMEOUT: Final = 300
"""Seconds that a received message is invisible to others: longer than a tick may take, whatever
the queue's own visibility timeout is."""

CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=THREADS,
)
"""A sensor's tick has a minute; the next tick retries what failed."""

_REGION: Final = re.compile(r"(?:^|\.)sqs(?:-fips)?\.([a-z0-9-]+)\.(?:api\.)?(?:amazonaws|aws)\.")
"""The region in the host of a queue's URL, in AWS's form since 2014."""


class SqsQueue:
    """The queue at a URL."""

    def __init__(self, client: Any, url: str, wait_seconds: int, visibility_timeout: int) -> None:
        """Use a client of SQS; both times are in seconds."""
        self._client, self._url = client, url
        self._wait_seconds, self._visibility_timeout = wait_seconds, visibility_timeout

    def receive(self) -> list[QueueMessage]:
        """Receive up to BATCH_SIZE messages; raises EventsQueueError."""
        with translate_sqs_errors(self._url):
            response = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=BATCH_SIZE,
                WaitTimeSeconds=self._wait_seconds,
                VisibilityTimeout=self._visibility_timeout,
            )
        messages = response.get("Messages", [])
        return [QueueMessage(each["ReceiptHandle"], each["Body"]) for each in messages]

    def delete(self, messages: Sequence[QueueMessage]) -> None:
        """Delete messages; one that can't be deleted is received again. Raises EventsQueueError."""
        for start in range(0, len(messages), BATCH_SIZE):
            entries = [
                {"Id": str(number), "ReceiptHandle": message.receipt}
                for number, message in enumerate(messages[start : start + BATCH_SIZE])
            ]
            with translate_sqs_errors(self._url):
                self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)


def open_queue(
    url: str, *, wait_seconds: int = WAIT_SECONDS, visibility_timeout: int = VISIBILITY_TIMEOUT
) -> SqsQueue:
    """Open the queue at `url`, the stack's output `EventsQueueUrl`; raises EventsQueueError.

    The URL is also the endpoint of SQS, so that an endpoint set for S3 is not used.
    """
    with translate_sqs_errors(url):
        address = urlsplit(url)
        # A new session reads the credentials again: they may have changed.
        client: Any = boto3.Session().client(
            "sqs",
            endpoint_url=f"{address.scheme}://{address.netloc}",
            region_name=_region(address.hostname or ""),
            config=CONFIG,
        )
        return SqsQueue(client, url, wait_seconds, visibility_timeout)


def _region(host: str) -> str | None:
    """Return the region in a queue's host, or the one that is set; None leaves it to boto3."""
    found = _REGION.search(host)
    return found[1] if found else os.environ.get("AWS_REGION")
