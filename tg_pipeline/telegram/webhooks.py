"""Webhooks: the request to set one, and a diagnosis of what getWebhookInfo reports.

https://core.telegram.org/bots/webhooks
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from lambda_ingest.settings import Secret
from lambda_ingest.update_fields import OPT_IN_UPDATE_TYPES
from lambda_ingest.web.addresses import TELEGRAM_NETWORKS
from tg_pipeline.telegram.errors import UnusableUrlError
from tg_pipeline.telegram.models import UPDATE_TYPES, WebhookInfo
from tg_pipeline.telegram.redaction import redact, shorten_url

PORTS: Final = (443, 80, 88, 8443)
"""https://core.telegram.org/bots/api#setwebhook (notes)"""

DEFAULT_PORTS: Final = {"https": 443, "http": 80}

BACKLOG: Final = 100
"""Pending updates from which on an endpoint that answers is too slow."""

RECENT: Final = timedelta(hours=1)
"""A failed delivery is retried within minutes, or within the hour if the endpoint asks for that."""

EXPIRY: Final = "each is lost 24 hours after it happened"
"""https://core.telegram.org/bots/api#getting-updates"""

_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of setWebhook."""

    url: str
    secret_token: Secret | None
    max_connections: int
    allowed_updates: Sequence[str]
    drop_pending_updates: bool = False
    ip_address: str | None = None
    certificate: bytes | None = None
    """A self-signed PEM certificate, which Telegram is to trust."""

    def parameters(self) -> dict[str, Any]:
        """Return Telegram's parameters, without the certificate, which is uploaded as a file."""
        return {
            "url": self.url,
            "secret_token": self.secret_token.reveal() if self.secret_token else "",
            "max_connections": self.max_connections,
            "allowed_updates": list(self.allowed_updates),
            "drop_pending_updates": self.drop_pending_updates,
            "ip_address": self.ip_address or "",
        }


def check_webhook_url(url: str, *, is_local: bool) -> None:
    """Raise UnusableUrlError if Telegram would reject a URL; the message does not quote it.

    A local Bot API server (`is_local`) also accepts http and any port:
    https://core.telegram.org/bots/api#using-a-local-bot-api-server
    """
    parts = _split(url)
    schemes = ("https", "http") if is_local else ("https",)
    if parts is None or parts.scheme not in schemes or not parts.hostname:
        raise UnusableUrlError(f"The webhook's URL must be an {schemes[0]}:// address.")
    if any(letter.isspace() for letter in url) or parts.fragment:
        raise UnusableUrlError("The webhook's URL must not contain a blank or a #.")
    if ":" in parts.hostname:
        raise UnusableUrlError("Telegram connects by IPv4 only: use a host name.")
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    if port not in PORTS and not is_local:
        allowed = ", ".join(map(str, PORTS))
        raise UnusableUrlError(f"Telegram connects only to the ports {allowed}, not to {port}.")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_usable = parts.port != 0
    except ValueError:
        return None
    return parts if is_usable else None


def path_of(url: str) -> str:
    """Return a URL's path as the endpoint compares it."""
    return urlsplit(url).path.rstrip("/") or "/"


def redact_webhook_info(info: WebhookInfo, token: Secret) -> WebhookInfo:
    """Return the info with only the host of the URL, and an error message without addresses."""
    return msgspec.structs.replace(
        info,
        url=shorten_url(info.url, token) if info.url else "",
        last_error_message=redact(info.last_error_message or "", token) or None,
    )


def pending_updates(info: WebhookInfo) -> str:
    """Return the number of pending updates in words, such as "3 updates are pending"."""
    count = info.pending_update_count
    if count == 0:
        return "No update is pending"
    return "1 update is pending" if count == 1 else f"{count:,} updates are pending"


def missing_types(info: WebhookInfo) -> list[str]:
    """Return the update types that Telegram does not send."""
    if info.allowed_updates is None:
        return list(OPT_IN_UPDATE_TYPES)
    return [name for name in UPDATE_TYPES if name not in info.allowed_updates]


def types_beyond_default(listed: Iterable[str] | None) -> frozenset[str]:
    """Return the update types that a webhook asked for; empty if they are Telegram's default."""
    types = frozenset(listed or ())
    return frozenset() if types == set(UPDATE_TYPES) - set(OPT_IN_UPDATE_TYPES) else types


def age_in_words(second: int, now: datetime) -> str:
    """Return the age of a Unix time in its largest unit, such as "2 hours ago"."""
    age = max(0, int(now.timestamp()) - second)
    name, size = next((unit for unit in _UNITS if age >= unit[1]), _UNITS[-1])
    count = age // size
    return f"{count} {name}{'' if count == 1 else 's'} ago"


def diagnose(info: WebhookInfo, now: datetime) -> list[str]:
    """Return what an operator should know and do, in sentences.

    `info` is redacted, and `now` is time zone aware.
    """
    if not info.url:
        return _diagnose_no_webhook(info)
    return [
        *_diagnose_errors(info, now),
        *_diagnose_backlog(info, now),
        *_diagnose_types(info),
        *_diagnose_synchronization(info, now),
    ]


def _diagnose_no_webhook(info: WebhookInfo) -> list[str]:
    how = "tg-pipeline webhook set https://… sets one; tg-pipeline poll works without one."
    pending = [f"{pending_updates(info)}, and {EXPIRY}."] if info.pending_update_count else []
    return [f"No webhook is set: {how}", *pending]


def _diagnose_errors(info: WebhookInfo, now: datetime) -> list[str]:
    if info.last_error_date is None:
        return []
    message = info.last_error_message or "no reason is given"
    when = age_in_words(info.last_error_date, now)
    failed = f"The last failed delivery was {when}: {message}."
    if not _is_failing(info, now):
        return [f"{failed} It is resolved."]
    pending = f"{pending_updates(info)}, and {EXPIRY}."
    return [failed, *filter(None, [explain_delivery_error(message)]), pending]


def _diagnose_backlog(info: WebhookInfo, now: datetime) -> list[str]:
    if info.pending_update_count < BACKLOG or _is_failing(info, now):
        return []
    pending = (
        f"{pending_updates(info)}: they arrive faster than the endpoint takes them, and {EXPIRY}."
    )
    return [f"{pending} Set it again with more --max-connections (now {info.max_connections})."]


def _is_failing(info: WebhookInfo, now: datetime) -> bool:
    """Return whether an update may still be pending because of the last error."""
    return bool(info.pending_update_count) and _is_recent(info.last_error_date, now)


def _is_recent(second: int | None, now: datetime) -> bool:
    return second is not None and now - datetime.fromtimestamp(second, UTC) <= RECENT


def _diagnose_types(info: WebhookInfo) -> list[str]:
    missing = missing_types(info)
    advice = []
    if missing:
        advice.append(
            f"Not sent: {', '.join(missing)}. Their rows stay empty until the webhook is set again "
            "with all types (the default of tg-pipeline webhook set)."
        )
    if opted_in := [name for name in OPT_IN_UPDATE_TYPES if name not in missing]:
        advice.append(f"{', '.join(opted_in)}: sent only where the bot is an administrator.")
    return advice


def _diagnose_synchronization(info: WebhookInfo, now: datetime) -> list[str]:
    second = info.last_synchronization_error_date
    if second is None or not _is_recent(second, now):
        return []
    when = age_in_words(second, now)
    return [f"Telegram had an internal problem {when}: updates may arrive late."]


_STATUS: Final = re.compile(r"Wrong response from the webhook: ([1-5])([0-9]{2})\b")

_STATUS_HINTS: Final = {
    "401": "The bot that updates are forwarded to rejects them: set FORWARD_SECRET_TOKEN to what "
    "it expects.",
    "403": "The secret differs: set the webhook again with the endpoint's TELEGRAM_SECRET_TOKEN; "
    "or, if updates are forwarded, the bot rejects them: set FORWARD_SECRET_TOKEN to what it "
    "expects.",
    "404": "Nothing is at that path: the endpoint is at TG_WEBHOOK_PATH (/telegram by default), "
    "and the bot that updates are forwarded to at FORWARD_URL.",
    "405": "That URL accepts no POST: it is not the endpoint's.",
    "410": "The URL is permanently gone; after a day of this, Telegram deletes the webhook.",
    "413": "Something in front of the endpoint rejects long bodies: raise its limit.",
    "429": "The endpoint is overloaded: set the webhook again with fewer --max-connections.",
    "3": "Telegram follows no redirects: set the webhook to the redirect's target.",
    "4": "That URL rejects the update: it may not be the endpoint's.",
    "500": "The endpoint could not store the update: its log says why.",
    "5": "The bot that updates are forwarded to (FORWARD_URL) fails or is slow, or the gateway "
    "does not reach the endpoint: the endpoint's log says which.",
}
"""By HTTP status, or by its first digit."""

_MESSAGE_HINTS: Final = (
    (r"is reserved", "That address is private: Telegram must reach the host from the internet."),
    (r"ipv6", "Telegram connects by IPv4 only: the host's name needs an A record."),
    (
        r"resolve host|name or service|no address associated|invalid host",
        "The host's name can't be resolved: check its DNS.",
    ),
    (
        r"certificate|ssl",
        (
            "Telegram does not trust the certificate: it must be valid for the host and come with "
            "its whole chain; a self-signed one is set with --certificate."
        ),
    ),
    (r"refused", "Nothing listens at that host and port."),
    (
        r"connection timed out|connect to the webhook|no route|unreachable",
        (
            "That host and port can't be reached: a firewall must let in "
            f"{' and '.join(map(str, TELEGRAM_NETWORKS))}."
        ),
    ),
    (
        r"timeout|timed out",
        (
            "The endpoint answers too late: its store, or the bot that updates are forwarded to "
            "(FORWARD_URL), is slow."
        ),
    ),
    (r"closed|reset", "The endpoint, or a proxy in front of it, closes the connection."),
)
"""Patterns of Telegram's error messages, and what to do about each; the first match counts."""


def explain_delivery_error(message: str) -> str:
    """Return what to do about Telegram's error message, in one sentence; empty if unknown."""
    if status := _STATUS.search(message):
        digit, rest = status.groups()
        return _STATUS_HINTS.get(digit + rest) or _STATUS_HINTS.get(digit, "")
    hints = (hint for words, hint in _MESSAGE_HINTS if re.search(words, message, re.IGNORECASE))
    return next(hints, "")
