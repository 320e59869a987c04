"""The HTTP server of `tg-pipeline serve`: webhook calls by Starlette and Uvicorn, within limits."""

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

import uvicorn
from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from lambda_ingest.http_events import HttpRequest, HttpResponse
from lambda_ingest.webhook import MAX_BODY_BYTES, WebhookHandler

HEALTH_PATH: Final = "/healthz"

MAX_CONCURRENT_UPDATES: Final = 100
"""As many as Telegram sends at most; further updates wait."""

MAX_CONNECTIONS: Final = 1_000
"""Ten times what Telegram opens at most. Further connections get 503."""

RESPONSE_SECONDS: Final = 50.0
"""From the end of the body. Telegram waits 60: https://core.telegram.org/bots/api#setwebhook"""

BODY_SECONDS: Final = 30.0
"""The time that a client has to send a body."""

IDLE_SECONDS: Final = 20.0
"""How long a connection may be open without a complete request head."""

SHUTDOWN_SECONDS: Final = 85
"""The time that a shutdown leaves to requests in progress: BODY_SECONDS and RESPONSE_SECONDS."""


class Certificate(NamedTuple):
    """A TLS certificate and its key, for a server without a proxy in front of it."""

    certificate: Path
    key: Path


def serve(app: ASGIApp, listener: socket.socket, certificate: Certificate | None) -> None:
    """Respond to requests until SIGINT or SIGTERM, then finish those in progress."""
    config = uvicorn.Config(
        app,
        http=IdleClosingProtocol,
        ws="none",
        access_log=False,
        log_level="warning",
        lifespan="off",
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    uvicorn.Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; port 0 means any free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


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


def build_application(webhook: WebhookHandler) -> Router:
    """Build the web application: a health check, and the webhook at every other path."""
    return Router(
        routes=[Route(HEALTH_PATH, _health)],
        default=_WebhookEndpoint(webhook),
        redirect_slashes=False,
    )


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "up"})


class _WebhookEndpoint:
    """Handles webhook calls; the handler decides which path they may have."""

    def __init__(self, webhook: WebhookHandler) -> None:
        self._webhook = webhook
        self._limiter = CapacityLimiter(MAX_CONCURRENT_UPDATES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handled = await self._handle(Request(scope, receive))
        response = Response(handled.body, handled.status, dict(handled.headers))
        await response(scope, receive, send)

    async def _handle(self, request: Request) -> HttpResponse:
        path = request.scope["path"].rstrip("/") or "/"
        rejection = self._webhook.check(HttpRequest(request.method, path, dict(request.headers)))
        if rejection:
            return rejection
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read_body(request)
        except TimeoutError:
            return self._webhook.reject(408, "The body did not arrive in time.")
        except ClientDisconnect:
            return self._webhook.reject(400, "The client disconnected.")
        deadline = time.monotonic() + RESPONSE_SECONDS
        return await to_thread.run_sync(self._store, body, deadline, limiter=self._limiter)

    def _store(self, body: bytes, deadline: float) -> HttpResponse:
        # Called in a thread, after waiting for a free one: the wait counts.
        return self._webhook.handle(body, deadline - time.monotonic())


async def _read_body(request: Request) -> bytes:
    """Read a body, but stop as soon as it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            break
    return bytes(body)


class IdleClosingProtocol(H11Protocol):
    """Closes connections on which no request arrives; Uvicorn closes only those after the first."""

    _last_cycle: RequestResponseCycle | None = None
    """The request that the previous check saw."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start checking for requests."""
        super().connection_made(transport)
        self.loop.call_later(IDLE_SECONDS, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if self.transport.is_closing():
            return
        is_responding = self.cycle is not None and not self.cycle.response_complete
        if not is_responding and self.cycle is self._last_cycle:
            self.transport.close()
            return
        self._last_cycle = self.cycle
        self.loop.call_later(IDLE_SECONDS, self._close_if_idle)
