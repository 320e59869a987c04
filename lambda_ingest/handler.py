"""`lambda_handler`; routes an event to the webhook or the SQS batch."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TextIO

from lambda_ingest.http_events import Answer, NotARequestError, read_body, read_head
from lambda_ingest.metrics import Journal
from lambda_ingest.settings import DoorSettings, ForwardSettings, SettingsError
from lambda_ingest.sqs import QueueDoor, is_queue_event
from lambda_ingest.store import Opener, open_store
from lambda_ingest.webhook import Forward, Webhook
from lambda_ingest.writer import open_door


@dataclass(frozen=True, slots=True)
class Front:
    """Tells the two kinds of events apart."""

    webhook: Webhook
    queue: QueueDoor

    def handle(self, event: object, seconds: float) -> dict[str, Any]:
        """Give what AWS expects for an event, within `seconds`."""
        if not isinstance(event, dict) or not is_queue_event(event):
            return self.answer(event, seconds).as_event()
        failed = self.queue.take(event["Records"])
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    def answer(self, event: object, seconds: float) -> Answer:
        """Give the answer to a webhook call."""
        try:
            refusal = self.webhook.refusal(read_head(event))
            return refusal or self.webhook.take(read_body(event), seconds)
        except NotARequestError as error:
            return self.webhook.refuse(400, str(error))


def open_front(environment: Mapping[str, str], out: TextIO, now: Callable[[], datetime]) -> Front:
    """Open the door that the environment describes; raises SettingsError or StoreError."""
    settings = DoorSettings.from_environment(environment)
    webhook = open_webhook(settings, Journal(out, settings.bot_id, with_metrics=True), now)
    return Front(webhook, QueueDoor(webhook.door, webhook.secret_token, webhook.journal, now))


def open_webhook(
    settings: DoorSettings,
    journal: Journal,
    now: Callable[[], datetime],
    open_landing: Opener = open_store,
) -> Webhook:
    """Open a webhook; raises SettingsError where nothing keeps strangers out, and StoreError."""
    if settings.needs_secret_token and not settings.secret_token:
        raise SettingsError(
            "TELEGRAM_SECRET_TOKEN is not set, so anyone could write here: set it, or "
            "TG_WITHOUT_SECRET_TOKEN=yes where something else keeps strangers out."
        )
    return Webhook(
        door=open_door(settings, open_landing),
        secret_token=settings.secret_token,
        path=settings.webhook_path,
        forward=_open_forward(settings.forward) if settings.forward else None,
        journal=journal,
        now=now,
    )


def _open_forward(settings: ForwardSettings) -> Forward:
    # Most doors forward nothing, and TLS is a third of what a cold start imports.
    from lambda_ingest.forward import Forwarder  # noqa: PLC0415

    return Forwarder(settings).send


FRONT: Final = open_front(os.environ, sys.stdout, lambda: datetime.now(UTC))

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
    """Land what an event holds, and give the answer in the shape that the event asks for."""
    left = context.get_remaining_time_in_millis() / 1000
    return FRONT.handle(event, left - SECONDS_TO_ANSWER)
