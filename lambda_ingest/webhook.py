"""What a webhook call is answered: who may, how much, and what became of it.

| status | when |
|---|---|
| 200 | it is durable, or filtered; or what the bot behind the door answers |
| 400 | the event is no HTTP request |
| 403 | the secret token is missing or another |
| 404, 405 | another path, another method than POST |
| 413 | the body is larger than LARGEST_BODY |
| 500 | the store failed: Telegram sends the update again |
| 502, 504 | the bot behind the door failed, or took too long: likewise |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from obstore.exceptions import BaseError

from lambda_ingest.http_events import HttpRequest, HttpResponse
from lambda_ingest.metrics import MetricsLogger, RequestRecord
from lambda_ingest.settings import ForwardSettings, IngestSettings, Secret, SettingsError
from lambda_ingest.store import StoreFactory, first_line, open_store
from lambda_ingest.writer import LandingWriter, WriteResult, WriteStatus, open_writer

SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name

LARGEST_BODY: Final = 1024 * 1024
"""Bytes. The largest updates that were seen have some 100 KB."""

SUCCESS: Final = range(200, 300)
SERVER_ERROR: Final = 500

Forward = Callable[[bytes, float], HttpResponse]
"""Hands a body on and gives the answer to it, within so many seconds."""


@dataclass(frozen=True, slots=True)
class WebhookHandler:
    """A door behind HTTP: says who may come in, and answers them."""

    door: LandingWriter
    secret_token: Secret | None
    """None lets anyone in."""

    path: Secret
    forward: Forward | None
    journal: MetricsLogger
    now: Callable[[], datetime]

    def refusal(self, head: HttpRequest) -> HttpResponse | None:
        """Give the answer to a request whose body need not be looked at, None for any other."""
        if not self.path.matches(head.path):
            return self.refuse(404)
        if head.method != "POST":
            return self.refuse(405, headers={"Allow": "POST"})
        if self.secret_token and not self.secret_token.matches(head.headers.get(SECRET_HEADER)):
            return self._noted(HttpResponse(403), {"unauthorized": 1})
        declared = head.headers.get("content-length", "")
        if declared.isascii() and declared.isdecimal() and not _fits(declared):
            return self.refuse(413)
        return None

    def refuse(
        self, status: int, why: str = "", headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Give the answer to a request that can't be one of Telegram's."""
        return self._noted(HttpResponse(status, headers=headers or {}, why=why), {"refused": 1})

    def take(self, body: bytes, seconds: float) -> HttpResponse:
        """Take a body that was let in, and answer within `seconds`; never raises."""
        if len(body) > LARGEST_BODY:
            return self.refuse(413)
        started = self.now()
        try:
            taken = self.door.take(body, started)
        except (BaseError, OSError) as error:
            why = f"The store failed: {first_line(error)}"
            return self._noted(HttpResponse(SERVER_ERROR, why=why), {"failed": 1}, started)
        left = seconds - (self.now() - started).total_seconds()
        answer = self.forward(body, left) if self.forward else HttpResponse(200)
        counts = {taken.fate.value: 1, "failed": int(answer.status not in SUCCESS)}
        return self._noted(answer, counts, started, _details(taken))

    def _noted(
        self,
        answer: HttpResponse,
        counts: Mapping[str, int],
        started: datetime | None = None,
        details: Mapping[str, str | int] | None = None,
    ) -> HttpResponse:
        now = self.now()
        took = (now - (started or now)).total_seconds() * 1000
        why = {"why": answer.why} if answer.why else {}
        shown = {"status": answer.status, **(details or {}), **why}
        self.journal.write(RequestRecord(now, counts, took, shown))
        return answer


def _fits(declared: str) -> bool:
    return len(declared) <= len(str(LARGEST_BODY)) and int(declared) <= LARGEST_BODY


def _details(taken: WriteResult) -> dict[str, str | int]:
    details: dict[str, str | int] = {}
    if taken.fate is not WriteStatus.FILTERED:
        details["key"] = taken.what.key
    if taken.succession:
        details["succession"] = taken.succession.told()
    return details


def open_webhook(
    settings: IngestSettings,
    journal: MetricsLogger,
    now: Callable[[], datetime],
    open_landing: StoreFactory = open_store,
) -> WebhookHandler:
    """Open a webhook; raises SettingsError where nothing keeps strangers out, and StoreError."""
    if settings.needs_secret_token and not settings.secret_token:
        raise SettingsError(
            "TELEGRAM_SECRET_TOKEN is not set, so anyone could write here: set it, or "
            "TG_WITHOUT_SECRET_TOKEN=yes where something else keeps strangers out."
        )
    return WebhookHandler(
        door=open_writer(settings, open_landing),
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
