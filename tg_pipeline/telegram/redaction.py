"""Keep tokens out of log lines, error messages and tables.

A bot's token is part of the path of every call (https://core.telegram.org/bots/api#making-requests),
and many bots use it in the path of their webhook, too.
"""

import logging
import re
from typing import Final
from urllib.parse import urlsplit

from lambda_ingest.settings import Secret

MASK: Final = "***"

_TOKEN: Final = re.compile(r"\b[0-9]{3,18}(?::|%3[aA])[A-Za-z0-9_-]{20,}")
"""Any bot's token; a real one has 35 characters after the colon."""

_CALL: Final = re.compile(r"/bot[0-9]+(?::|%3[aA])[^/\s\"']+")
_URL: Final = re.compile(r"\b(https?)://(?:[^\s/@\"']*@)?([^\s/?#\"']+)[^\s\"']*")

_LOGGERS: Final = (
    "aiohttp.client",
    "aiohttp.internal",
    "asyncio",
    "uvicorn.error",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)
"""All loggers that log a call's URL, or errors that may contain it; `requests` itself logs nothing.
"""


def redact(text: str, token: Secret | None) -> str:
    """Return text from elsewhere as one line, without tokens and without the paths of URLs."""
    one_line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    clean = _TOKEN.sub(MASK, _URL.sub(r"\1://\2/…", one_line))
    if token is None:
        return clean
    return re.sub(re.escape(secret_half(token)), MASK, clean, flags=re.IGNORECASE)


def shorten_url(url: str, token: Secret) -> str:
    """Return only a URL's scheme and host: its path or user name may be a password."""
    try:
        host = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    return redact(f"{url.partition(':')[0]}://{host}", token) if host else "…"


def secret_half(token: Secret) -> str:
    """Return the part after the colon; the number before it is the bot's id, which is public."""
    return token.reveal().partition(":")[2]


class _CallFilter(logging.Filter):
    """Redacts a record before any handler formats it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _CALL.sub(f"/bot{MASK}", record.getMessage()), ()
        # A traceback of the HTTP library quotes the URL as well.
        record.exc_info = record.exc_text = None
        return True


_FILTER: Final = _CallFilter()


def keep_tokens_out_of_logs() -> None:
    """Redact what the HTTP libraries log, at any level. Idempotent."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
