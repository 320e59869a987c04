"""The webhook as a web application: the Lambda's own code, with HTTP around it."""

import asyncio
import time
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from lambda_ingest.answer import Answer
from lambda_ingest.request import Head
from lambda_ingest.webhook import LARGEST_BODY, Webhook
from tg_pipeline.serve.description import describe

HEALTH_PATH: Final = "/healthz"
DESCRIPTION_PATH: Final = "/openapi.json"

AT_A_TIME: Final = 100
"""Updates taken at a time, as many as Telegram sends at most; the rest wait."""

SECONDS_TO_ANSWER: Final = 50.0
"""From when the body is there. Telegram waits 60: https://core.telegram.org/bots/api#setwebhook"""

SECONDS_TO_SEND: Final = 30.0
"""How long a client may take over its body."""


def application(webhook: Webhook) -> Router:
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

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook
        self._limiter = CapacityLimiter(AT_A_TIME)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = _response(await self._answer(Request(scope, receive)))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Answer:
        path = request.scope["path"].rstrip("/") or "/"
        refusal = self._webhook.refusal(Head(request.method, path, dict(request.headers)))
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

    def _take(self, body: bytes, deadline: float) -> Answer:
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


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))
