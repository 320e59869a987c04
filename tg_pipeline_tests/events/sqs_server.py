"""SQS on loopback, as moto imitates it, with queues of a test's own."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3
from moto.server import ThreadedMotoServer

REGION: Final = "us-east-1"
PATIENCE: Final = 60
"""Seconds, for what would else hang."""


@dataclass(frozen=True)
class SqsServer:
    """An SQS, and a client that a producer would use."""

    endpoint: str
    client: Any

    def queue(self, visibility: int = 300, dead_letters: str | None = None) -> str:
        """Make a queue, and give its URL."""
        attributes = {"VisibilityTimeout": str(visibility)}
        if dead_letters:
            policy = {"deadLetterTargetArn": self._arn(dead_letters), "maxReceiveCount": "5"}
            attributes["RedrivePolicy"] = json.dumps(policy)
        made = self.client.create_queue(QueueName=f"events-{uuid.uuid4()}", Attributes=attributes)
        url: str = made["QueueUrl"]
        return url

    def send(self, url: str, *bodies: str) -> None:
        for start in range(0, len(bodies), 10):
            entries = [
                {"Id": str(number), "MessageBody": body}
                for number, body in enumerate(bodies[start : start + 10])
            ]
            self.client.send_message_batch(QueueUrl=url, Entries=entries)

    def left(self, url: str) -> int:
        """Give how many messages a queue holds, lent ones too."""
        return self._count(url, "") + self._count(url, "NotVisible")

    def wait_until_visible(self, url: str, messages: int) -> None:
        """Wait until so many messages can be taken."""
        deadline = time.monotonic() + PATIENCE
        while self._count(url, "") < messages:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def _count(self, url: str, kind: str) -> int:
        name = f"ApproximateNumberOfMessages{kind}"
        held = self.client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(held["Attributes"][name])

    def _arn(self, url: str) -> str:
        told = self.client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn: str = told["Attributes"]["QueueArn"]
        return arn


@contextmanager
def sqs_server() -> Iterator[SqsServer]:
    """Run an SQS in this process."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client: Any = boto3.client(
        "sqs",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="anyone",
        aws_secret_access_key="anything",  # noqa: S106 - moto takes any
    )
    try:
        yield SqsServer(endpoint, client)
    finally:
        server.stop()
