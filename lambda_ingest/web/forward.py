"""`Forwarder`: send landed updates on to the bot's own webhook, within a deadline.

Standard library only, and imported only if forwarding is configured.
"""

import base64
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from lambda_ingest.settings import ForwardSettings
from lambda_ingest.web.http_events import HttpResponse

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
RETURNED_HEADERS: Final = ("Content-Type", "Retry-After")
"""The response headers that Telegram evaluates; no others are returned to it."""

MAX_RESPONSE_BYTES: Final = 4 * 1024 * 1024
"""A Lambda's response may have 6 MB, including base64."""

STATUSES: Final = range(200, 600)
"""The statuses of a complete response; gateways pass on no others."""

_STALE_CONNECTION_ERRORS: Final = (
    *(http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError),
    *(ssl.SSLEOFError, ssl.SSLZeroReturnError),
)
"""The errors of a kept connection that the other side has closed in the meantime."""


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Posts updates to a bot's webhook, over one kept connection per thread."""

    settings: ForwardSettings
    monotonic: Callable[[], float] = time.monotonic
    _local: threading.local = field(default_factory=threading.local)

    def send(self, body: bytes, timeout: float) -> HttpResponse:
        """Return the bot's own response, or a 502 or 504 after `timeout` seconds at most.

        Only the DNS lookup is limited by the operating system alone. Error messages never contain
        the bot's URL, which may contain its token.
        """
        self._local.deadline = self.monotonic() + min(timeout, self.settings.seconds)
        try:
            return self._send(body)
        except TimeoutError:
            failed = HttpResponse(504, reason="The bot did not respond in time.")
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            failed = HttpResponse(502, reason=f"The bot can't be reached: {type(error).__name__}.")
        self.close()
        return failed

    def close(self) -> None:
        """Close this thread's connection; the next update opens a new one."""
        connection = self._kept_connection()
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _send(self, body: bytes) -> HttpResponse:
        kept = self._kept_connection()
        may_be_stale = kept is not None and kept.sock is not None
        try:
            return self._exchange(body)
        except _STALE_CONNECTION_ERRORS:
            if not may_be_stale:
                raise
        self.close()
        return self._exchange(body)

    def _exchange(self, body: bytes) -> HttpResponse:
        connection = self._kept_connection() or self._new_connection()
        if connection.sock is None:
            # `connect` applies the timeout to each of the host's addresses in turn.
            addresses = socket.getaddrinfo(
                connection.host, connection.port, type=socket.SOCK_STREAM
            )
            connection.timeout = self._remaining() / len(addresses)
            connection.connect()
        connection.sock.settimeout(self._remaining())
        parts = urlsplit(self.settings.url.reveal())
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, self._headers())
        response = connection.getresponse()
        content = response.read(MAX_RESPONSE_BYTES + 1)
        is_too_large = len(content) > MAX_RESPONSE_BYTES
        if response.status not in STATUSES or is_too_large or response.length:
            raise http.client.HTTPException
        return HttpResponse(response.status, content, _returned_headers(response))

    def _headers(self) -> dict[str, str]:
        secret = self.settings.secret_token
        credentials = _basic_credentials(self.settings.url.reveal())
        secret_header = {SECRET_HEADER: secret.reveal()} if secret else {}
        authorization = {"Authorization": f"Basic {credentials}"} if credentials else {}
        return {"Content-Type": "application/json", **secret_header, **authorization}

    def _kept_connection(self) -> http.client.HTTPConnection | None:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        return connection

    def _new_connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.settings.url.reveal())
        host = parts.hostname or ""
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            port, context = parts.port or http.client.HTTPS_PORT, ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, port, context=context)
        else:
            connection = http.client.HTTPConnection(host, parts.port or http.client.HTTP_PORT)
        connection.response_class = _with_deadline(self._remaining)
        self._local.connection = connection
        return connection

    def _remaining(self) -> float:
        """Return the seconds until the deadline; raises TimeoutError."""
        remaining: float = self._local.deadline - self.monotonic()
        if remaining <= 0:
            raise TimeoutError
        return remaining


def _returned_headers(response: http.client.HTTPResponse) -> dict[str, str]:
    """Return the headers for Telegram, each on a single line."""
    words = {name: response.headers.get(name, "").split() for name in RETURNED_HEADERS}
    return {name: " ".join(value) for name, value in words.items() if value}


def _basic_credentials(url: str) -> str:
    """Return the user and password of a URL as Telegram itself sends them; "" if there are none."""
    user_info = urlsplit(url).netloc.rpartition("@")[0]
    return base64.b64encode(unquote(user_info).encode()).decode("ascii")


def _with_deadline(remaining: Callable[[], float]) -> type[http.client.HTTPResponse]:
    """Build a response class that reads until a deadline, even if bytes arrive one at a time."""

    class DeadlineResponse(http.client.HTTPResponse):
        def __init__(
            self,
            sock: socket.socket,
            debuglevel: int = 0,
            method: str | None = None,
            url: str | None = None,
        ) -> None:
            super().__init__(sock, debuglevel, method, url)
            self.fp.close()
            self.fp = io.BufferedReader(_DeadlineReader(sock, remaining))

    return DeadlineResponse


class _DeadlineReader(io.RawIOBase):
    """The bytes of a socket; each read waits for the remaining time at most."""

    def __init__(self, sock: socket.socket, remaining: Callable[[], float]) -> None:
        """Read from a socket, which stays open until this reader is closed."""
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)
        self._remaining = remaining

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read available bytes, or wait for some; raises TimeoutError."""
        self._sock.settimeout(self._remaining())
        return self._stream.readinto(buffer)

    def close(self) -> None:
        """Release the socket."""
        self._stream.close()
        super().close()
