"""Any JSON as a Lambda event: a documented response, and nothing stored without the secret."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from io import StringIO
from typing import Any, Final

import obstore
from obstore.store import MemoryStore

from lambda_ingest import webhook
from lambda_ingest.handler import Dispatcher
from lambda_ingest.settings import IngestSettings
from lambda_ingest.sqs import SqsBatchHandler
from lambda_ingest.web.http_events import InvalidHttpEventError, read_address, read_body
from lambda_ingest.web.metrics import MetricsLogger
from lambda_ingest.webhook import open_webhook
from tg_pipeline_tests.lambda_ingest.events import (
    SECRET,
    http_event,
    queue_event,
    record,
    rest_event,
)

ARRIVED: Final = datetime(2026, 10, 7, 15, tzinfo=UTC)
DOCUMENTED: Final = {int(status) for status in re.findall(r"\d{3}", str(webhook.__doc__))}
SECONDS: Final = 25.0


def check(data: bytes) -> None:
    """Check the responses to an event, and to events of which the bytes are the body."""
    text = data.decode("utf-8", "replace").encode()
    events = [http_event(data), rest_event(data), queue_event(record(text))]
    with suppress(ValueError, RecursionError):
        events.append(json.loads(data))
    for event in events:
        _check_event(event)


def _check_event(event: Any) -> None:
    read_address(event)
    landing, log = MemoryStore(), StringIO()
    guarded = MemoryStore()
    _open(guarded, "another-secret-of-5", StringIO()).handle(event, SECONDS)
    assert not obstore.list(guarded).collect(), "stored without the secret"

    response = _open(landing, SECRET, log).handle(event, SECONDS)

    assert json.loads(json.dumps(response)) == response
    assert len(log.getvalue().splitlines()) == 1
    stored = obstore.list(landing).collect()
    if "batchItemFailures" in response:
        return
    assert response["statusCode"] in DOCUMENTED
    assert response["statusCode"] < webhook.SERVER_ERROR, log.getvalue()
    assert (len(stored) == 1) == (response["statusCode"] in webhook.SUCCESS)
    if stored:
        try:
            assert len(read_body(event)) <= webhook.MAX_BODY_BYTES
        except InvalidHttpEventError as error:
            raise AssertionError(event) from error


def _open(landing: MemoryStore, secret: str, log: StringIO) -> Dispatcher:
    environment = {
        "TG_LANDING_URI": "memory://landing",
        "TELEGRAM_BOT_ID": "7",
        "TELEGRAM_SECRET_TOKEN": secret,
    }
    settings = IngestSettings.from_environment(environment)
    metrics = MetricsLogger(log, settings.bot_id, with_metrics=True)
    handler = open_webhook(settings, metrics, lambda: ARRIVED, lambda _uri, _timeout: landing)
    batch = SqsBatchHandler(handler.writer, handler.secret_tokens, metrics, lambda: ARRIVED)
    return Dispatcher(handler, batch, telegram_only=False)
