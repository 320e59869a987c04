"""The events queue as SQS has it: region, credentials and roles are AWS's standard ones."""

import os
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from tg_pipeline.aws import translate_sqs_errors
from tg_pipeline.events.queue import THREADS, QueueMessage

MOST_AT_ONCE: Final = 10
"""Messages of one request; SQS sets the limit."""

WAIT_SECONDS: Final = 1
"""For a message to come: an answer without waiting asks a part of SQS's servers only.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""

LENT_SECONDS: Final = 300
"""How long a message that was taken is kept from others: longer than a look may last, whatever the
queue's own timeout is."""

CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=THREADS,
)
"""A look has a minute; what fails is tried again by the next one."""

_REGION: Final = re.compile(r"(?:^|\.)sqs(?:-fips)?\.([a-z0-9-]+)\.(?:api\.)?(?:amazonaws|aws)\.")
"""A queue's address names its region, as AWS writes it since 2014."""


class SqsQueue:
    """A queue behind its URL."""

    def __init__(self, client: Any, url: str, wait_seconds: int, lent_seconds: int) -> None:
        """Take messages from the queue at `url` by a client of SQS."""
        self._client, self._url = client, url
        self._wait, self._lent = wait_seconds, lent_seconds

    def receive(self) -> list[QueueMessage]:
        """Give up to ten messages; those that are not deleted come again."""
        with translate_sqs_errors(self._url):
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=MOST_AT_ONCE,
                WaitTimeSeconds=self._wait,
                VisibilityTimeout=self._lent,
            )
        return [
            QueueMessage(each["ReceiptHandle"], each["Body"]) for each in answer.get("Messages", [])
        ]

    def delete(self, messages: Sequence[QueueMessage]) -> None:
        """Delete messages; one that can't be deleted comes again, and is judged again."""
        for start in range(0, len(messages), MOST_AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": message.receipt}
                for number, message in enumerate(messages[start : start + MOST_AT_ONCE])
            ]
            with translate_sqs_errors(self._url):
                self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)


def open_queue(
    url: str, *, wait_seconds: int = WAIT_SECONDS, lent_seconds: int = LENT_SECONDS
) -> SqsQueue:
    """Open the queue at `url`, as the stack's output `EventsQueueUrl` gives it.

    The address says where SQS is too, so that an endpoint that is set for S3 is not asked. Raises
    EventsQueueError.
    """
    with translate_sqs_errors(url):
        address = urlsplit(url)
        # A session of its own reads the credentials anew: they may have been changed meanwhile.
        client: Any = boto3.Session().client(
            "sqs",
            endpoint_url=f"{address.scheme}://{address.netloc}",
            region_name=_region(address.hostname or ""),
            config=CONFIG,
        )
        return SqsQueue(client, url, wait_seconds, lent_seconds)


def _region(host: str) -> str | None:
    """Give the region in a queue's host, or the one that is set; None leaves it to AWS's files."""
    found = _REGION.search(host)
    return found[1] if found else os.environ.get("AWS_REGION")
