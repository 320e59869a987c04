"""The webhook: check a request, store its body, forward it, and choose the response.

| status | when |
|---|---|
| 200 | the update is durable, filtered or suppressed; or the response of the forwarder's bot |
| 400 | the event is not an HTTP request |
| 403 | the secret token is missing or wrong |
| 404, 405 | the path is not TG_WEBHOOK_PATH (if set); the method is not POST |
| 413 | the body is larger than MAX_BODY_BYTES |
| 500 | the store failed; Telegram sends the update again |
| 502, 504 | the bot that updates are forwarded to failed, or timed out; Telegram sends it again |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from obstore.exceptions import BaseError

from lambda_ingest.landing import LandedUpdate, RejectedBody
from lambda_ingest.settings import (
    ForwardSettings,
    IngestSettings,
    Secret,
    SettingsError,
    any_matches,
)
from lambda_ingest.store import (
    REQUEST_TIMEOUT,
    StoreFactory,
    first_line,
    open_store,
)
from lambda_ingest.web.http_events import HttpRequest, HttpResponse
from lambda_ingest.web.metrics import MetricsLogger, RequestRecord
from lambda_ingest.writer import LandingWriter, WriteResult, WriteStatus, open_writer

SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name

MAX_BODY_BYTES: Final = 1024 * 1024
"""The largest updates seen have about 100 KB."""

SUCCESS: Final = range(200, 300)
SERVER_ERROR: Final = 500

MAX_CLOCK_LAG: Final = timedelta(minutes=1)
"""An update that is dated so much later than it arrives proves that this machine's clock is behind.
Telegram dates updates in seconds, and clocks that are synchronized differ by less."""

Forward = Callable[[bytes, float], HttpResponse]
"""Sends a body on and returns the response to it, within a timeout in seconds."""


@dataclass(frozen=True, slots=True)
class Forwarding:
    """The bot that updates are forwarded to, and the connection to it."""

    settings: ForwardSettings
    send: Forward


@dataclass(frozen=True, slots=True)
class WebhookHandler:
    """Handles webhook calls, independent of the HTTP server or gateway that received them."""

    writer: LandingWriter
    secret_tokens: tuple[Secret, ...]
    """One of them must come with each call; empty if calls are not authenticated."""

    path: Secret | None
    """If None, any path is accepted."""

    forwarding: Forwarding | None
    metrics: MetricsLogger
    now: Callable[[], datetime]

    def check(self, request: HttpRequest) -> HttpResponse | None:
        """Return the response that rejects a request before its body is read, None if it passes."""
        if self.path and not self.path.matches(request.path):
            return self.reject_stranger(404)
        if request.method != "POST":
            return self.reject_stranger(405, headers={"Allow": "POST"})
        offered = request.headers.get(SECRET_HEADER)
        if self.secret_tokens and not any_matches(self.secret_tokens, offered):
            return self.reject_stranger(403, count="unauthorized")
        declared = request.headers.get("content-length", "")
        if declared.isascii() and declared.isdecimal() and not _fits(declared):
            return self.reject(413)
        return None

    def reject_stranger(
        self, status: int, count: str = "refused", headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Count and return the response to a request that anyone could send."""
        self.metrics.write_stranger(RequestRecord(self.now(), {count: 1}, 0.0, {"status": status}))
        return HttpResponse(status, headers=headers or {})

    def reject(
        self, status: int, reason: str = "", headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Log and return the response to a request that Telegram would not send."""
        response = HttpResponse(status, headers=headers or {}, reason=reason)
        return self._log(response, {"refused": 1})

    def handle(self, body: bytes, timeout: float) -> HttpResponse:
        """Store and forward the body of a checked request within `timeout` seconds; never raises.

        The response is a success only after the update is durable.
        """
        if len(body) > MAX_BODY_BYTES:
            return self.reject(413)
        started = self.now()
        try:
            result = self.writer.write(body, started)
        except (BaseError, OSError) as error:
            reason = f"The store failed: {first_line(error)}"
            return self._log(HttpResponse(SERVER_ERROR, reason=reason), {"failed": 1}, started)
        details = _details(result)
        counts = {result.status.value: 1, **_look_at_times(result, started, details)}
        if result.privacy_warning:
            counts["privacy_failed"] = 1
        if not (self.forwarding and self.forwarding.settings.forwards(_type_of(result))):
            return self._log(HttpResponse(200), counts, started, details)
        response = self.forwarding.send(body, timeout - self._seconds_since(started))
        remaining = timeout - self._seconds_since(started)
        if problem := self._store_reply(result, response, started, remaining):
            counts["reply_failed"] = 1
            details["why_reply"] = problem
        counts["failed"] = int(response.status not in SUCCESS)
        return self._log(response, counts, started, details)

    def _store_reply(
        self, result: WriteResult, response: HttpResponse, arrived_at: datetime, remaining: float
    ) -> str:
        """Store what the bot answers in its response; return why that failed, empty if it did not.

        Only replies to stored updates are stored, and the first counts if an update is sent again.
        Telegram gets the response in any case, and in time.
        """
        is_stored = result.status in {WriteStatus.LANDED, WriteStatus.DUPLICATE}
        if not is_stored or response.status not in SUCCESS or not response.body:
            return ""
        # Imported only if needed, as the forwarder is.
        from lambda_ingest.synthetic.replies import read_reply, reply_line  # noqa: PLC0415

        reply, writer = read_reply(response), self.writer
        if reply is None or not isinstance(result.parsed, LandedUpdate):
            return ""
        line = reply_line(
            reply, result.parsed, bot_id=writer.bot_id, zone=writer.zone, called_at=arrived_at
        )
        if remaining < REQUEST_TIMEOUT.total_seconds():
            return "The bot's reply is not stored: the bot left no time for that."
        try:
            writer.write_call(line, arrived_at)
        except (BaseError, OSError) as error:
            return f"The bot's reply is not stored: {first_line(error)}"
        return ""

    def _seconds_since(self, started: datetime) -> float:
        return (self.now() - started).total_seconds()

    def _log(
        self,
        response: HttpResponse,
        counts: Mapping[str, int],
        started: datetime | None = None,
        details: Mapping[str, str | int] | None = None,
    ) -> HttpResponse:
        now = self.now()
        duration_ms = (now - (started or now)).total_seconds() * 1000
        why = {"why": response.reason} if response.reason else {}
        fields = {"status": response.status, **(details or {}), **why}
        self.metrics.write(RequestRecord(now, counts, duration_ms, fields))
        return response


def open_webhook(
    settings: IngestSettings,
    metrics: MetricsLogger,
    now: Callable[[], datetime],
    open_landing: StoreFactory = open_store,
) -> WebhookHandler:
    """Open the landing zone and build a handler for it.

    Raises SettingsError if calls would be accepted without authentication by mistake or if the bot
    is unknown, and StoreError.
    """
    if settings.needs_secret_token and not settings.secret_token:
        raise SettingsError(
            "TELEGRAM_SECRET_TOKEN is not set, so anyone could write to the landing zone: set it, "
            "or set TG_WITHOUT_SECRET_TOKEN=yes if something else authenticates the calls."
        )
    return WebhookHandler(
        writer=open_writer(settings, now, open_landing),
        secret_tokens=settings.secret_tokens,
        path=settings.webhook_path,
        forwarding=_open_forwarding(settings.forward) if settings.forward else None,
        metrics=metrics,
        now=now,
    )


def _open_forwarding(settings: ForwardSettings) -> "Forwarding":
    # Imported only if needed: TLS is a third of the imports of a cold start.
    from lambda_ingest.web.forward import Forwarder  # noqa: PLC0415

    return Forwarding(settings, Forwarder(settings).send)


def _fits(declared: str) -> bool:
    return len(declared) <= len(str(MAX_BODY_BYTES)) and int(declared) <= MAX_BODY_BYTES


def _type_of(result: WriteResult) -> str:
    return result.parsed.update_type if isinstance(result.parsed, LandedUpdate) else ""


def _details(result: WriteResult) -> dict[str, str | int]:
    details: dict[str, str | int] = {}
    if result.status.is_stored:
        details["key"] = result.parsed.key
    if isinstance(result.parsed, RejectedBody):
        details["why_rejected"] = result.parsed.reason
    if result.new_migration:
        details["succession"] = result.new_migration.describe()
    if result.privacy_warning:
        details["why_privacy"] = result.privacy_warning
    return details


def _look_at_times(
    result: WriteResult, arrived_at: datetime, details: dict[str, str | int]
) -> dict[str, int]:
    """Return the counts of what is wrong with the date of a stored update, and add the details."""
    update, counts = result.parsed, dict[str, int]()
    if not isinstance(update, LandedUpdate) or not result.status.is_stored:
        return counts
    if update.implausible_date:
        counts["implausible_date"] = 1
        details["why_date"] = update.implausible_date.describe()
    lag = update.event_at - arrived_at if update.event_at else timedelta(0)
    if lag > MAX_CLOCK_LAG:
        counts["clock_behind"] = 1
        details["why_clock"] = (
            f"The clock of this machine is at least {lag.total_seconds():,.0f} s behind: update "
            f"{update.update_id} has happened already."
        )
    return counts
