"""What setWebhook is asked, and what of it Telegram would refuse.

https://core.telegram.org/bots/api#setwebhook
"""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from lambda_ingest.secret import Secret
from tg_pipeline.telegram.errors import UnusableUrlError

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
