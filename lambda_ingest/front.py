"""All that comes to the Lambda: webhook calls, and batches from a queue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from lambda_ingest.answer import Answer
from lambda_ingest.door import open_door
from lambda_ingest.journal import Journal
from lambda_ingest.queue import QueueDoor, is_queue_event
from lambda_ingest.request import NotARequestError, read_body, read_head
from lambda_ingest.settings import DoorSettings, ForwardSettings, SettingsError
from lambda_ingest.store import Opener, open_store
from lambda_ingest.webhook import Forward, Webhook


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
