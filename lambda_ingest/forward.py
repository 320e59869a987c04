"""The bot behind the door: what was landed goes on to its own webhook.

Standard library only, and imported only where there is such a bot.
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

from lambda_ingest.http_events import HttpResponse
from lambda_ingest.settings import ForwardSettings

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
PASSED_ON: Final = ("Content-Type", "Retry-After")
"""What Telegram looks at in an answer; the rest is between the bot and its server."""

LARGEST_REPLY: Final = 4 * 1024 * 1024
"""Bytes. A Lambda may answer with 6 MB, base64 included."""

STATUSES: Final = range(200, 600)
"""What may be the status of a whole answer; gateways pass on no other."""

_STALE: Final = (
    *(http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError),
    *(ssl.SSLEOFError, ssl.SSLZeroReturnError),
)
"""How a kept connection shows that the other side has closed it meanwhile."""


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Posts updates to a bot's webhook, over connections that are kept, one a thread."""

    settings: ForwardSettings
    monotonic: Callable[[], float] = time.monotonic
    _kept: threading.local = field(default_factory=threading.local)

    def send(self, body: bytes, seconds: float) -> HttpResponse:
        """Give the bot's own answer, or after `seconds` one that says it failed.

        Only the lookup of the host's name is bounded by the system alone.
        What went wrong is told without the bot's address, which may hold its token.
        """
        self._kept.deadline = self.monotonic() + min(seconds, self.settings.seconds)
        try:
            return self._send(body)
        except TimeoutError:
            failed = HttpResponse(504, why="The bot took too long to answer.")
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            failed = HttpResponse(502, why=f"The bot can't be reached: {type(error).__name__}.")
        self.close()
        return failed

    def close(self) -> None:
        """Close this thread's connection; the next update opens another."""
        connection = self._kept_connection()
        if connection is not None:
            connection.close()
            self._kept.connection = None

    def _send(self, body: bytes) -> HttpResponse:
        kept = self._kept_connection()
        may_be_stale = kept is not None and kept.sock is not None
        try:
            return self._exchange(body)
        except _STALE:
            if not may_be_stale:
                raise
        self.close()
        return self._exchange(body)

    def _exchange(self, body: bytes) -> HttpResponse:
        connection = self._kept_connection() or self._new_connection()
        if connection.sock is None:
            # Each of the host's addresses is tried for that long.
            addresses = socket.getaddrinfo(
                connection.host, connection.port, type=socket.SOCK_STREAM
            )
            connection.timeout = self._left() / len(addresses)
            connection.connect()
        connection.sock.settimeout(self._left())
        parts = urlsplit(self.settings.url.reveal())
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, self._headers())
        response = connection.getresponse()
        reply = response.read(LARGEST_REPLY + 1)
        if response.status not in STATUSES or len(reply) > LARGEST_REPLY or response.length:
            raise http.client.HTTPException
        said = {name: response.headers.get(name, "").split() for name in PASSED_ON}
        headers = {name: " ".join(words) for name, words in said.items() if words}
        return HttpResponse(response.status, reply, headers)

    def _headers(self) -> dict[str, str]:
        secret, login = self.settings.secret_token, _login(self.settings.url.reveal())
        offered = {SECRET_HEADER: secret.reveal()} if secret else {}
        authorized = {"Authorization": f"Basic {login}"} if login else {}
        return {"Content-Type": "application/json", **offered, **authorized}

    def _kept_connection(self) -> http.client.HTTPConnection | None:
        connection: http.client.HTTPConnection | None = getattr(self._kept, "connection", None)
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
        connection.response_class = _timely(self._left)
        self._kept.connection = connection
        return connection

    def _left(self) -> float:
        left: float = self._kept.deadline - self.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _login(url: str) -> str:
    """Give the user and password that stand in an address, as Telegram itself sends them on."""
    user_info = urlsplit(url).netloc.rpartition("@")[0]
    return base64.b64encode(unquote(user_info).encode()).decode("ascii")


def _timely(left: Callable[[], float]) -> type[http.client.HTTPResponse]:
    """Make a kind of reply whose reading ends in time, also where it drips."""

    class Timely(http.client.HTTPResponse):
        def __init__(
            self,
            sock: socket.socket,
            debuglevel: int = 0,
            method: str | None = None,
            url: str | None = None,
        ) -> None:
            super().__init__(sock, debuglevel, method, url)
            self.fp.close()
            self.fp = io.BufferedReader(_TimelyReads(sock, left))

    return Timely


class _TimelyReads(io.RawIOBase):
    """What comes over a connection; no read waits longer than what is left of the time."""

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        """Read from a connection, which stays open for as long as this does."""
        self._sock = sock
        self._reads = sock.makefile("rb", buffering=0)
        self._left = left

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, or wait for it; raises TimeoutError."""
        self._sock.settimeout(self._left())
        return self._reads.readinto(buffer)

    def close(self) -> None:
        """Let go of the connection."""
        self._reads.close()
        super().close()
