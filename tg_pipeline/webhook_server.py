"""The HTTP server: where it listens, whom it waits for, and how it stops."""

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
from lambda_ingest.webhook import LARGEST_BODY, WebhookHandler
from tg_pipeline.openapi import describe

HEALTH_PATH: Final = "/healthz"
DESCRIPTION_PATH: Final = "/openapi.json"

AT_A_TIME: Final = 100
"""Updates taken at a time, as many as Telegram sends at most; the rest wait."""

SECONDS_TO_ANSWER: Final = 50.0
"""From when the body is there. Telegram waits 60: https://core.telegram.org/bots/api#setwebhook"""

SECONDS_TO_SEND: Final = 30.0
"""How long a client may take over its body."""


def application(webhook: WebhookHandler) -> Router:
    """Give the web application: the webhook, its description, and whether it is up."""
    return Router(
        routes=[
            Route(HEALTH_PATH, _health),
            Route(DESCRIPTION_PATH, _description),
        ],
        default=_Door(webhook),
        redirect_slashes=False,
    )


class _Door:
    """Answers all that has no route of its own."""

    def __init__(self, webhook: WebhookHandler) -> None:
        self._webhook = webhook
        self._limiter = CapacityLimiter(AT_A_TIME)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = _response(await self._answer(Request(scope, receive)))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> HttpResponse:
        path = request.scope["path"].rstrip("/") or "/"
        refusal = self._webhook.refusal(HttpRequest(request.method, path, dict(request.headers)))
        if refusal:
            return refusal
        try:
            async with asyncio.timeout(SECONDS_TO_SEND):
                body = await _read(request)
        except TimeoutError:
            return self._webhook.refuse(408, "The body did not come in time.")
        except ClientDisconnect:
            return self._webhook.refuse(400, "The client went away.")
        deadline = time.monotonic() + SECONDS_TO_ANSWER
        return await to_thread.run_sync(self._take, body, deadline, limiter=self._limiter)

    def _take(self, body: bytes, deadline: float) -> HttpResponse:
        """Take a body, perhaps after a wait; that wait counts."""
        return self._webhook.take(body, deadline - time.monotonic())


async def _description(_: Request) -> Response:
    return JSONResponse(describe())


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "up"})


async def _read(request: Request) -> bytes:
    """Read a body, but no further than to see that it is too large."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            break
    return bytes(body)


def _response(answer: HttpResponse) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))


SECONDS_TO_ASK: Final = 20.0
"""How long a connection may be open, or kept open, without a whole head of a request."""


class Connection(H11Protocol):
    """Closes itself where no request comes."""

    _asked: RequestResponseCycle | None = None
    """The request that was seen at the last look."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look, now and then, whether anything is asked."""
        super().connection_made(transport)
        self.loop.call_later(SECONDS_TO_ASK, self._look)

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if not is_answering and self.cycle is self._asked:
            self.transport.close()
            return
        self._asked = self.cycle
        self.loop.call_later(SECONDS_TO_ASK, self._look)


CONNECTIONS: Final = 1_000
"""Open at a time: ten times what Telegram makes at most. Those above get 503 and come again."""

SECONDS_TO_FINISH: Final = 85
"""What a stop leaves to the answers under way: to send a body and to answer it, and some more."""


class Certificate(NamedTuple):
    """A certificate and its key, for a door without a TLS proxy in front."""

    certificate: Path
    key: Path


class _StopError(BaseException):
    """A signal to stop came while no server was there to take it."""


def listen(host: str, port: int) -> socket.socket:
    """Give a socket bound to an address, port 0 to any that is free; raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


@contextmanager
def until_stopped() -> Iterator[None]:
    """Have SIGINT and SIGTERM end what is done here, and be no error.

    While the server runs it takes them itself, and raises them once more when it is done.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _StopError

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
    try:
        yield
    except _StopError:
        return


def serve(app: ASGIApp, listening: socket.socket, certificate: Certificate | None) -> None:
    """Answer requests until SIGINT or SIGTERM, and those under way after it."""
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        access_log=False,
        log_level="warning",
        lifespan="off",
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    uvicorn.Server(config).run(sockets=[listening])
