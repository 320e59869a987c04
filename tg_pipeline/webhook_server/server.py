"""The server of `tg-pipeline serve`: accepts connections within limits, and runs until a signal."""

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

import uvicorn
from starlette.types import ASGIApp

from tg_pipeline.webhook_server.admission import Admission
from tg_pipeline.webhook_server.application import BODY_SECONDS, RESPONSE_SECONDS
from tg_pipeline.webhook_server.protocol import WebhookProtocol

HANDSHAKE_SECONDS: Final = 5.0
"""The time that a client has for a TLS handshake, and for its end."""

IDLE_SECONDS: Final = 20.0
"""How long a connection may be open without a complete request head."""

SHUTDOWN_SECONDS: Final = int(BODY_SECONDS + RESPONSE_SECONDS) + 5
"""The time that a shutdown leaves to requests in progress."""

BACKLOG: Final = 2048
"""Connections that the system completes before they are accepted; the system may allow fewer."""

PAUSE_SECONDS: Final = 0.1
"""The pause after a connection could not be accepted, for which another one has to end first."""


class Certificate(NamedTuple):
    """A TLS certificate and its key, for a server without a proxy in front of it."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class ConnectionRules:
    """Which connections are accepted, and how long each may wait."""

    admission: Admission = field(default_factory=Admission)
    admits: Callable[[str], bool] = lambda _: True
    """Whether to accept connections of an address; others are closed at once, ahead of TLS."""

    handshake_seconds: float = HANDSHAKE_SECONDS
    idle_seconds: float = IDLE_SECONDS


class WebhookServer(uvicorn.Server):
    """Runs an application; accepts connections itself, since Uvicorn sees them only after TLS."""

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        certificate: Certificate | None = None,
        rules: ConnectionRules | None = None,
    ) -> None:
        """Prepare to accept connections of a listening socket, which this closes at the end."""
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=WebhookProtocol,
            ws="none",
            access_log=False,
            log_config=None,
            log_level="error",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            ssl_certfile=certificate.certificate if certificate else None,
            ssl_keyfile=certificate.key if certificate else None,
        )
        super().__init__(config)
        self._listener = listener
        self._rules = rules or ConnectionRules()
        self._tasks: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start accepting connections."""
        await super().startup(sockets=sockets or [])
        self._listener.setblocking(False)  # noqa: FBT003 - has no name
        self._start(self._accept())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting connections, and finish the requests in progress."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._listener.close()
        await super().shutdown(sockets)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, (address, *_) = await loop.sock_accept(self._listener)
            except OSError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if self._rules.admits(address) and self._rules.admission.make_room(address):
                self._open(connection, address, loop)
            else:
                connection.close()
            # Clients that connect all the time must not keep the requests of others waiting.
            await asyncio.sleep(0)

    def _open(
        self, connection: socket.socket, address: str, loop: asyncio.AbstractEventLoop
    ) -> None:
        admission = self._rules.admission
        protocol = WebhookProtocol(
            self.config, self.server_state, self._rules.idle_seconds, admission.discard, loop
        )
        admission.add(protocol, address)
        opening = self._start(self._connect(connection, protocol, loop))
        protocol.opening = opening
        opening.add_done_callback(lambda _: self._close_unless_open(connection, protocol))

    async def _connect(
        self, connection: socket.socket, protocol: WebhookProtocol, loop: asyncio.AbstractEventLoop
    ) -> None:
        seconds = self._rules.handshake_seconds if self.config.ssl else None
        # A client that is not capable of TLS, or that has left, is no error of the server.
        with suppress(OSError):
            await loop.connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=self.config.ssl,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=seconds,
            )

    def _close_unless_open(self, connection: socket.socket, protocol: WebhookProtocol) -> None:
        if not protocol.is_open:
            self._rules.admission.discard(protocol)
            connection.close()

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; port 0 means any free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    # Connections inherit it. Without it, the body of a response waits for the client to acknowledge
    # the head, 40 ms as a rule; asyncio does not set it, as such a socket names no protocol.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@contextmanager
def until_stopped() -> Iterator[None]:
    """End the block on SIGINT or SIGTERM, without an error.

    While the server runs, it handles them itself, and raises them again when it has finished.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _StopError

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
    try:
        yield
    except _StopError:
        return


class _StopError(BaseException):
    """A signal to stop arrived while no server was running."""
