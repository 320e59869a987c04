"""Alerts about failed runs: their text, and the channels that deliver them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from lambda_ingest.settings import Secret
from tg_pipeline.report.messages import AlertMessages, load_messages
from tg_pipeline.settings import Settings
from tg_pipeline.telegram.errors import (
    BadRequestError,
    TelegramError,
    TransientError,
    explain_refusal,
)
from tg_pipeline.telegram.messages import (
    Lines,
    RateLimitRetry,
    bold,
    code,
    plain,
    send_message,
    to_plain,
)
from tg_pipeline.telegram.redaction import keep_tokens_out_of_logs

MAX_REASON: Final = 600
"""Characters; the run's page in Dagster has the rest."""

GOOGLE_CHAT: Final = "chat.googleapis.com"

CONNECT_TIMEOUT: Final = 5.0
READ_TIMEOUT: Final = 10.0

MAX_RATE_LIMIT_WAIT: Final = 10.0
"""Seconds that Telegram may ask to wait; a sensor's tick has a minute in total."""

RETRY_DELAYS: Final = (2.0, 8.0)
"""Seconds before the second and the third attempt of an alert that surely didn't arrive."""


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that failed and that Dagster won't retry."""

    run_id: str
    """Empty if Dagster's history of the run is gone, as after a task that ends with its machine."""
    job: str
    days: tuple[str, ...]
    """The partition that it was to build, or the first and the last; empty without partitions."""
    failed_at: datetime
    """Aware."""
    reason: str
    """One line without secrets; empty if unknown."""


class AlertDeliveryError(Exception):
    """An alert could not be delivered; the message names the channel's host at most."""

    def __init__(self, message: str, *, is_retryable: bool) -> None:
        """Record whether the alert surely didn't arrive and may arrive if it is sent again."""
        super().__init__(message)
        self.is_retryable = is_retryable


@dataclass(frozen=True, slots=True)
class AlertChannel:
    """A place that alerts are sent to; `post` sends once and raises AlertDeliveryError."""

    name: str
    post: Callable[[FailedRun], None]

    def send(self, failed: FailedRun, sleep: Callable[[float], None] = time.sleep) -> None:
        """Send an alert, with a few retries while it surely didn't arrive.

        An alert that may have arrived is not sent again. Raises AlertDeliveryError.
        """
        for delay in RETRY_DELAYS:
            try:
                return self.post(failed)
            except AlertDeliveryError as error:
                if not error.is_retryable:
                    raise
            sleep(delay)
        return self.post(failed)


def alert_channels(settings: Settings) -> list[AlertChannel]:
    """Return the channels that are set: the admin chat, and TG_ALERT_URL."""
    channels, zone, language = [], settings.zone, settings.language
    chat, token, url = settings.admin.chat_id, settings.token, settings.admin.alert_url
    if chat and token:
        api_url = settings.api_url
        channels.append(
            AlertChannel(
                "chat",
                lambda failed: post_to_chat(
                    token, api_url, chat, alert_text(failed, zone, language)
                ),
            )
        )
    if url:
        host = _host(url)
        channels.append(
            AlertChannel(
                "url", lambda failed: post_to_url(url, alert_body(failed, zone, host, language))
            )
        )
    return channels


def alert_text(failed: FailedRun, zone: ZoneInfo, language: str) -> Lines:
    """Return an alert as a chat message, with local times."""
    texts = load_messages(language).alerts
    local = f"{failed.failed_at.astimezone(zone):%Y-%m-%d %H:%M}"
    job = failed.job
    if failed.days:
        job = texts.of_days.format(job=job, days=name_days(failed.days, texts))
    run = (plain(f"{local} · {texts.run} "), code(failed.run_id))
    return [
        (bold(texts.failed.format(job=job)),),
        (code(_reason(failed, texts)),),
        run if failed.run_id else (plain(local),),
    ]


def name_days(days: tuple[str, ...], texts: AlertMessages) -> str:
    """Return the names of a run's partitions: the day, or the first and the last."""
    return texts.span.format(first=days[0], last=days[-1]) if days[1:] else "".join(days)


def alert_body(failed: FailedRun, zone: ZoneInfo, host: str, language: str) -> dict[str, str]:
    """Return an alert as a JSON object for a webhook of `host`.

    `text` is what Slack, Mattermost and Google Chat show, `content` what Discord does:
    https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
    https://discord.com/developers/docs/resources/webhook#execute-webhook

    Google Chat responds with 400 to any key that its own messages lack:
    https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages,
    https://github.com/pydantic/logfire/issues/1540
    """
    text = to_plain(alert_text(failed, zone, language))
    if host == GOOGLE_CHAT:
        return {"text": text}
    return {
        "text": text,
        "content": text,
        "job": failed.job,
        "days": " to ".join(failed.days),
        "run_id": failed.run_id,
        "failed_at": failed.failed_at.isoformat(),
        "reason": _reason(failed, load_messages(language).alerts),
    }


def post_to_chat(token: Secret, api_url: str, chat: str, text: Lines) -> None:
    """Send a message to a chat; raises AlertDeliveryError."""
    # Imported here and below: HTTP takes 0.1 s, and most of Dagster's processes send no alert.
    from tg_pipeline.telegram.client import BotApiClient  # noqa: PLC0415

    wait = RateLimitRetry(time.sleep, lambda _: None, MAX_RATE_LIMIT_WAIT)
    try:
        with BotApiClient(token, api_url) as api:
            wait.call(lambda: send_message(api, chat, text))
    except TelegramError as error:
        message = explain_refusal(error, chat) if isinstance(error, BadRequestError) else str(error)
        is_retryable = isinstance(error, TransientError) and not error.may_have_succeeded
        raise AlertDeliveryError(message, is_retryable=is_retryable) from error


def post_to_url(url: Secret, body: dict[str, str]) -> None:
    """Post a JSON object to a URL, which often has a key in its path; raises AlertDeliveryError."""
    import requests  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    from tg_pipeline.telegram.client import explain_transport_error  # noqa: PLC0415

    keep_tokens_out_of_logs()
    host = _host(url)
    try:
        response = requests.post(
            url.reveal(),
            json=body,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
        )
        failure = _status_error(host, response.status_code)
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        no_response = explain_transport_error(error, "the alert", host)
        failure = AlertDeliveryError(
            str(no_response), is_retryable=not no_response.may_have_succeeded
        )
    # Not raised in the handler: the caught error, which holds the URL, would become its context.
    if failure:
        raise failure


def _status_error(host: str, status: int) -> AlertDeliveryError | None:
    """Return the error of a status code; after a 5xx the alert may have been delivered."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    return AlertDeliveryError(
        f"{host} answered {status} to the alert.",
        is_retryable=status == HTTPStatus.TOO_MANY_REQUESTS,
    )


def _host(url: Secret) -> str:
    """Return the lower-case host: the only part of the URL that may be shown."""
    return urlsplit(url.reveal()).hostname or "TG_ALERT_URL"


def _reason(failed: FailedRun, texts: AlertMessages) -> str:
    if len(failed.reason) > MAX_REASON:
        return f"{failed.reason[: MAX_REASON - 1]}…"
    return failed.reason or texts.no_reason
