"""`lambda_handler`: route a Lambda event to the webhook or to the SQS batch handler."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Protocol, TextIO

from lambda_ingest.settings import IngestSettings
from lambda_ingest.sqs import SqsBatchHandler, is_sqs_event
from lambda_ingest.web.addresses import is_from_telegram
from lambda_ingest.web.http_events import (
    HttpResponse,
    InvalidHttpEventError,
    read_address,
    read_body,
    read_request,
)
from lambda_ingest.web.metrics import MetricsLogger
from lambda_ingest.webhook import WebhookHandler, open_webhook

RESERVED_SECONDS: Final = 2.0
"""Kept back from the remaining time, so that the handler responds before AWS ends it."""

DEFAULT_SECONDS: Final = 30.0
"""The time limit of a call without a context: about as long as an API waits for a Lambda."""


class Context(Protocol):
    """The part of the Lambda context object that is used.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the invocation times out."""
        ...


def lambda_handler(event: object, context: Context | None = None) -> dict[str, Any]:
    """Land the updates of an event, and return the response in the shape of the event's source.

    Without a context, as in a shell, the time limit is DEFAULT_SECONDS.
    """
    seconds = context.get_remaining_time_in_millis() / 1000 if context else DEFAULT_SECONDS
    return dispatcher().handle(event, seconds - RESERVED_SECONDS)


@cache
def dispatcher() -> "Dispatcher":
    """Open the dispatcher of this process once; raises SettingsError or StoreError."""
    return open_dispatcher(os.environ, sys.stdout, lambda: datetime.now(UTC))


def open_dispatcher(
    environment: Mapping[str, str], out: TextIO, now: Callable[[], datetime]
) -> "Dispatcher":
    """Open the dispatcher that the environment describes; raises SettingsError or StoreError."""
    settings = IngestSettings.from_environment(environment)
    metrics = MetricsLogger(out, settings.bot_id, with_metrics=True)
    webhook = open_webhook(settings, metrics, now)
    # The role of the function may not read objects.
    webhook = replace(webhook, writer=replace(webhook.writer, can_read=False))
    batch = SqsBatchHandler(webhook.writer, webhook.secret_tokens, webhook.metrics, now)
    return Dispatcher(webhook, batch, settings.telegram_only)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Routes an event by its source: SQS, or else HTTP."""

    webhook: WebhookHandler
    batch: SqsBatchHandler
    telegram_only: bool

    def handle(self, event: object, timeout: float) -> dict[str, Any]:
        """Return the response that AWS expects for an event, within `timeout` seconds."""
        if not isinstance(event, dict) or not is_sqs_event(event):
            return self._handle_http(event, timeout).as_event()
        failed = self.batch.handle(event["Records"])
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    def _handle_http(self, event: object, timeout: float) -> HttpResponse:
        if self.telegram_only and not is_from_telegram(read_address(event)):
            return self.webhook.reject_stranger(403)
        try:
            rejection = self.webhook.check(read_request(event))
            return rejection or self.webhook.handle(read_body(event), timeout)
        except InvalidHttpEventError as error:
            return self.webhook.reject(400, str(error))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Opened in the init phase, so that a wrong setting fails before the first event.
    dispatcher()
