"""SetWebhook request, diagnosis of getWebhookInfo."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.errors import UnusableUrlError
from tg_pipeline.telegram.models import SENT_ONLY_IF_NAMED, UPDATE_TYPES, WebhookInfo
from tg_pipeline.telegram.redaction import redact, shorten_url

_STATUS: Final = re.compile(r"Wrong response from the webhook: ([1-5])([0-9]{2})\b")

_BY_STATUS: Final = {
    "401": "The bot behind the door refuses the call: FORWARD_SECRET_TOKEN is what it expects.",
    "403": "The secret differs: set the webhook again with the door's TELEGRAM_SECRET_TOKEN; or, "
    "where updates are forwarded, the bot refuses them: FORWARD_SECRET_TOKEN is what it expects.",
    "404": "Nothing is at that path: the door listens at TG_WEBHOOK_PATH (/telegram unless set), "
    "the bot behind it at FORWARD_URL's.",
    "405": "What answers there takes no POST: that URL is not the door's.",
    "410": "The URL is gone for good; after a day of this Telegram deletes the webhook.",
    "413": "Something in front of the door refuses long bodies: raise its limit.",
    "429": "The door has too much at once: set the webhook again with fewer --max-connections.",
    "3": "Telegram follows no redirect: set the webhook to where it leads.",
    "4": "What answers there refuses the call: that URL may not be the door's.",
    "500": "The door could not store the update: its log says why.",
    "5": "The bot behind the door (FORWARD_URL) fails or is slow, or nothing is behind the gateway "
    "any more: the door's log says which.",
}

_BY_WORDS: Final = (
    (r"is reserved", "That address is private: Telegram must reach the host from the internet."),
    (r"ipv6", "Telegram reaches webhooks by IPv4 only: the host's name needs an A record."),
    (
        r"resolve host|name or service|no address associated|invalid host",
        "The host's name is not known: see its DNS.",
    ),
    (
        r"certificate|ssl",
        (
            "Telegram does not trust the certificate: it must be valid for the host and come with "
            "its whole chain; one that you signed yourself is set with --certificate."
        ),
    ),
    (r"refused", "Nothing listens at that host and port."),
    (
        r"connection timed out|connect to the webhook|no route|unreachable",
        (
            # The addresses: https://core.telegram.org/bots/webhooks
            "Nothing can be reached at that host and port: a firewall must let in "
            "149.154.160.0/20 and 91.108.4.0/22."
        ),
    ),
    (
        r"timeout|timed out",
        "The door answers too late: its store, or the bot behind it (FORWARD_URL), is slow.",
    ),
    (r"closed|reset", "The door, or what stands in front of it, hangs up."),
)


def explain_delivery_error(message: str) -> str:
    """Give what to do about it, in one sentence; empty where nothing is known of it."""
    if status := _STATUS.search(message):
        digit, rest = status.groups()
        return _BY_STATUS.get(digit + rest) or _BY_STATUS.get(digit, "")
    found = (advice for words, advice in _BY_WORDS if re.search(words, message, re.IGNORECASE))
    return next(found, "")


MANY: Final = 100
"""Updates that wait, from which on a door that answers is too slow."""

RECENT: Final = timedelta(hours=1)
"""What fails is tried again within minutes, or within the hour where the door asks for that."""

EXPIRY: Final = "each is lost 24 hours after it happened"
"""https://core.telegram.org/bots/api#getting-updates"""

_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def scrub(info: WebhookInfo, token: Secret) -> WebhookInfo:
    """Give it as it may be shown: the host of the URL, and an error without addresses."""
    return msgspec.structs.replace(
        info,
        url=shorten_url(info.url, token) if info.url else "",
        last_error_message=redact(info.last_error_message or "", token) or None,
    )


def advise(info: WebhookInfo, now: datetime) -> list[str]:
    """Give what an operator should know, in sentences; `info` is scrubbed, and `now` aware."""
    if not info.url:
        return _without_webhook(info)
    return [*_on_errors(info, now), *_on_waiting(info, now), *_on_types(info), *_on_sync(info, now)]


def age_in_words(second: int, now: datetime) -> str:
    """Give how long ago a Unix second is, by its largest unit."""
    age = max(0, int(now.timestamp()) - second)
    name, size = next((unit for unit in _UNITS if age >= unit[1]), _UNITS[-1])
    count = age // size
    return f"{count} {name}{'' if count == 1 else 's'} ago"


def missing_types(info: WebhookInfo) -> list[str]:
    """Give the update types that Telegram does not send."""
    if info.allowed_updates is None:
        return list(SENT_ONLY_IF_NAMED)
    return [name for name in UPDATE_TYPES if name not in info.allowed_updates]


def waiting_updates(info: WebhookInfo) -> str:
    """Give in words how many updates wait."""
    count = info.pending_update_count
    if count == 0:
        return "No update waits"
    return "1 update waits" if count == 1 else f"{count:,} updates wait"


def _without_webhook(info: WebhookInfo) -> list[str]:
    how = "tg-pipeline webhook set https://… sets one, tg-pipeline poll fetches without one."
    waiting = f"{waiting_updates(info)}, and {EXPIRY}." if info.pending_update_count else ""
    return [f"No webhook is set: {how}", *filter(None, [waiting])]


def _on_errors(info: WebhookInfo, now: datetime) -> list[str]:
    if info.last_error_date is None:
        return []
    message = info.last_error_message or "no reason is given"
    when = age_in_words(info.last_error_date, now)
    said = f"The last delivery that failed was {when}: {message}."
    if not _is_failing(info, now):
        return [f"{said} That is over."]
    waiting = f"{waiting_updates(info)}, and {EXPIRY}."
    return [said, *filter(None, [explain_delivery_error(message)]), waiting]


def _on_waiting(info: WebhookInfo, now: datetime) -> list[str]:
    if info.pending_update_count < MANY or _is_failing(info, now):
        return []
    waiting = f"{waiting_updates(info)}: they come faster than the door takes them, and {EXPIRY}."
    return [f"{waiting} Set it again with more --max-connections (now {info.max_connections})."]


def _is_failing(info: WebhookInfo, now: datetime) -> bool:
    """Tell whether an update still waits because of the last error."""
    return bool(info.pending_update_count) and _is_recent(info.last_error_date, now)


def _is_recent(second: int | None, now: datetime) -> bool:
    return second is not None and now - datetime.fromtimestamp(second, UTC) <= RECENT


def _on_types(info: WebhookInfo) -> list[str]:
    missing = missing_types(info)
    advice = []
    if missing:
        advice.append(
            f"Not sent: {', '.join(missing)}. Their rows stay empty until the webhook is set again "
            "with all types (the default of tg-pipeline webhook set)."
        )
    if asked := [name for name in SENT_ONLY_IF_NAMED if name not in missing]:
        advice.append(f"{', '.join(asked)}: sent only where the bot is an administrator.")
    return advice


def _on_sync(info: WebhookInfo, now: datetime) -> list[str]:
    second = info.last_synchronization_error_date
    if second is None or not _is_recent(second, now):
        return []
    return [f"Telegram had trouble of its own {age_in_words(second, now)}: updates may come late."]


PORTS: Final = (443, 80, 88, 8443)
"""https://core.telegram.org/bots/api#setwebhook (notes)"""

DEFAULT_PORTS: Final = {"https": 443, "http": 80}


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to set."""

    url: str
    secret_token: Secret | None
    max_connections: int
    allowed_updates: Sequence[str]
    drop_pending_updates: bool = False
    ip_address: str | None = None
    certificate: bytes | None = None
    """A PEM that no authority has signed, for Telegram to trust."""

    def parameters(self) -> dict[str, Any]:
        """Give it by the names that Telegram has for it; the certificate goes beside them."""
        return {
            "url": self.url,
            "secret_token": self.secret_token.reveal() if self.secret_token else "",
            "max_connections": self.max_connections,
            "allowed_updates": list(self.allowed_updates),
            "drop_pending_updates": self.drop_pending_updates,
            "ip_address": self.ip_address or "",
        }


def check_webhook_url(url: str, *, is_local: bool) -> None:
    """Raise UnusableUrlError where Telegram would refuse a URL; the message does not quote it.

    A Bot API server of one's own (`is_local`) also calls http and any port:
    https://core.telegram.org/bots/api#using-a-local-bot-api-server
    """
    parts = _split(url)
    schemes = ("https", "http") if is_local else ("https",)
    if parts is None or parts.scheme not in schemes or not parts.hostname:
        raise UnusableUrlError(f"The webhook's URL must be an {schemes[0]}:// address.")
    if any(letter.isspace() for letter in url) or parts.fragment:
        raise UnusableUrlError("The webhook's URL holds a blank or a #, which no webhook can have.")
    if ":" in parts.hostname:
        raise UnusableUrlError("Telegram reaches webhooks by IPv4 only, so name the host.")
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    if port not in PORTS and not is_local:
        shown = ", ".join(map(str, PORTS))
        raise UnusableUrlError(f"Telegram calls the ports {shown} only, and not {port}.")


def path_of(url: str) -> str:
    """Give a URL's path as the door compares it."""
    return urlsplit(url).path.rstrip("/") or "/"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_usable = parts.port != 0
    except ValueError:
        return None
    return parts if is_usable else None
