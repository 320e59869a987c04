"""Reads what Telegram says of a webhook, and says what to do about it."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from lambda_ingest.secret import Secret
from tg_pipeline.telegram.answers import WebhookInfo
from tg_pipeline.telegram.delivery_errors import explain_delivery_error
from tg_pipeline.telegram.redaction import redact, shorten_url
from tg_pipeline.telegram.update_types import SENT_ONLY_IF_NAMED, UPDATE_TYPES

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
