"""The web application of `tg-pipeline serve`: webhook calls, and a health check."""

import asyncio
import time
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from lambda_ingest.web.http_events import HttpRequest, HttpResponse
from lambda_ingest.webhook import MAX_BODY_BYTES, WebhookHandler
from tg_pipeline.webhook_server.admission import MAX_UPDATES

HEALTH_PATH: Final = "/healthz"

RESPONSE_SECONDS: Final = 50.0
"""From the end of the body. Telegram waits 60: https://core.telegram.org/bots/api#setwebhook"""

BODY_SECONDS: Final = 30.0
"""The time that a client has to send a body."""


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
        self._limiter = CapacityLimiter(MAX_UPDATES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handled = await self._handle(Request(scope, receive))
        response = Response(handled.body, handled.status, dict(handled.headers))
        await response(scope, receive, send)

    async def _handle(self, request: Request) -> HttpResponse:
        path = request.scope["path"].rstrip("/") or "/"
        # Not dict(request.headers), which looks each name up in all headers.
        headers = dict(request.headers.items())
        rejection = self._webhook.check(HttpRequest(request.method, path, headers))
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
