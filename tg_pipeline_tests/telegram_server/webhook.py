"""Where a bot wants its updates brought, and what became of the last attempts."""

import re
import time
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from tg_pipeline_tests.telegram_server.answers import ApiError
from tg_pipeline_tests.telegram_server.params import Params, integer

SECRET = re.compile(r"[A-Za-z0-9_-]*")
DEFAULT_CONNECTIONS, MOST_CONNECTIONS = 40, 100


@dataclass(frozen=True, slots=True)
class Webhook:
    """What setWebhook asks for."""

    url: str
    secret: str
    max_connections: int

    @classmethod
    def asked(cls, params: Params) -> Self:
        """Read it as Telegram does: connections are bounded, all else is refused."""
        url, secret = str(params["url"]), str(params.get("secret_token") or "")
        _check(url, secret)
        connections = integer(params, "max_connections", DEFAULT_CONNECTIONS)
        return cls(url, secret, min(max(connections, 1), MOST_CONNECTIONS))

    @property
    def headers(self) -> dict[str, str]:
        """Give what goes with every update."""
        headers = {"Content-Type": "application/json"}
        return (
            headers | {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else headers
        )


def _check(url: str, secret: str) -> None:
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise ApiError(400, "Bad Request: invalid webhook URL specified")
    if len(secret) > 256:
        raise ApiError(400, "Bad Request: secret token is too long")
    if not SECRET.fullmatch(secret):
        raise ApiError(400, "Bad Request: secret token contains unallowed characters")


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that failed, in Telegram's words, and how long the listener asks to be spared."""

    message: str
    retry_after: float = 0

    def report(self) -> dict[str, Any]:
        """Say so, for getWebhookInfo."""
        return {"last_error_date": int(time.time()), "last_error_message": self.message}
