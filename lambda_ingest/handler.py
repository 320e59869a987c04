"""`lambda_handler`; routes an event to the webhook or the SQS batch."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Protocol, TextIO

from lambda_ingest.http_events import HttpResponse, InvalidHttpEventError, read_body, read_request
from lambda_ingest.metrics import MetricsLogger
from lambda_ingest.settings import IngestSettings
from lambda_ingest.sqs import SqsBatchHandler, is_queue_event
from lambda_ingest.webhook import WebhookHandler, open_webhook


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Tells the two kinds of events apart."""

    webhook: WebhookHandler
    queue: SqsBatchHandler

    def handle(self, event: object, seconds: float) -> dict[str, Any]:
        """Give what AWS expects for an event, within `seconds`."""
        if not isinstance(event, dict) or not is_queue_event(event):
            return self.answer(event, seconds).as_event()
        failed = self.queue.take(event["Records"])
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    def answer(self, event: object, seconds: float) -> HttpResponse:
        """Give the answer to a webhook call."""
        try:
            refusal = self.webhook.refusal(read_request(event))
            return refusal or self.webhook.take(read_body(event), seconds)
        except InvalidHttpEventError as error:
            return self.webhook.refuse(400, str(error))


def open_dispatcher(
    environment: Mapping[str, str], out: TextIO, now: Callable[[], datetime]
) -> Dispatcher:
    """Open the door that the environment describes; raises SettingsError or StoreError."""
    settings = IngestSettings.from_environment(environment)
    webhook = open_webhook(settings, MetricsLogger(out, settings.bot_id, with_metrics=True), now)
    return Dispatcher(
        webhook, SqsBatchHandler(webhook.door, webhook.secret_token, webhook.journal, now)
    )


SECONDS_TO_ANSWER: Final = 2.0
"""Kept back from what the runtime leaves, so that it is the door that answers."""


class Context(Protocol):
    """What the runtime tells of an invocation.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until the invocation is cut off."""
        ...


def lambda_handler(event: object, context: Context) -> dict[str, Any]:
    """Land the updates of an event, and return the response in the shape of the event's source."""
    left = context.get_remaining_time_in_millis() / 1000
    return front().handle(event, left - SECONDS_TO_ANSWER)


@cache
def front() -> Dispatcher:
    """Open the dispatcher of this process once."""
    return open_dispatcher(os.environ, sys.stdout, lambda: datetime.now(UTC))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # During the init phase, so that a wrong setting fails before the first event.
    front()
