"""The guard as a web application: requests that pass the rules go to Dagster, others nowhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import quote

import aiohttp
from anyio import create_task_group
from anyio.abc import TaskGroup
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Router
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from yarl import URL

from tg_pipeline.http_headers import Headers, as_text, end_to_end
from tg_pipeline.ui_guard.rules import Origins, RefusedRequestError, check_request

HEALTH_PATH: Final = "/healthz"
"""Answered to any name, for load balancers: whether Dagster's webserver answers, nothing else."""

SERVER_INFO: Final = "/server_info"
"""Dagster's own address for health checks: it answers with its versions."""

CONNECT_SECONDS: Final = 5.0
"""The webserver is on the same machine."""

SECURITY_HEADERS: Final = (
    (b"content-security-policy", b"frame-ancestors 'self'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
)
"""No page of another site can embed the UI, load anything of it, or hold a reference to its tab.
https://owasp.org/www-project-secure-headers/"""

REPLACED: Final = frozenset(name for name, _ in SECURITY_HEADERS if b"policy" not in name)
"""Headers of which the guard's own value counts; several policies all apply."""

NOT_AN_ERROR: Final = frozenset({1005, 1006})
"""Codes of a WebSocket that ended without one; they can't be sent:
https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1"""

NORMAL_CLOSURE: Final = 1000

FOREIGN_NAVIGATION: Final = (
    "<!doctype html><title>Dagster</title><p>A page of another site opened this address. "
    '<a href="">Open it</a> if you want to.'
)
"""A link in a chat leads here. The empty address is that of the page itself."""


class GuardedProxy:
    """Passes the requests that the rules allow on to Dagster's webserver, and streams answers."""

    def __init__(self, webserver: str, origins: Origins) -> None:
        """Guard the webserver at an http:// URL without a path."""
        self._webserver, self._origins = webserver, origins
        self._session: aiohttp.ClientSession | None = None

    def application(self) -> Router:
        """Return the application, whose lifespan holds the connections to the webserver."""
        return Router(default=self._handle, redirect_slashes=False, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: object) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        async with aiohttp.ClientSession(
            # The webserver closes connections that are idle for five seconds. A request that meets
            # this would fail, and a mutation must not be sent twice: so none is kept.
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=timeout,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        ) as self._session:
            yield

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["type"] == "http" and scope["path"] == HEALTH_PATH:
                await (await self._health())(scope, receive, send)
                return
            check_request(scope, self._origins)
        except RefusedRequestError as refused:
            await _refuse(refused, scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._pass_websocket(WebSocket(scope, receive, send))
        else:
            await self._pass_request(Request(scope, receive), send)

    async def _health(self) -> Response:
        try:
            async with self._client.get(URL(self._webserver + SERVER_INFO)) as answer:
                return PlainTextResponse("", 200 if answer.ok else 503)
        except aiohttp.ClientError:
            return PlainTextResponse("", 503)

    async def _pass_request(self, request: Request, send: Send) -> None:
        body = request.stream() if request.method == "POST" else None
        # Without a body, a length would make Dagster take the next request for it.
        dropped = {b"expect"} if body else {b"expect", b"content-length"}
        passed = end_to_end(request.scope["headers"])
        try:
            answer = await self._client.request(
                request.method,
                self._address(request.scope),
                headers=as_text(pair for pair in passed if pair[0] not in dropped),
                data=body,
                allow_redirects=False,
            )
        except (aiohttp.ClientError, ClientDisconnect):
            unavailable = PlainTextResponse("Dagster's webserver does not answer (yet).", 502)
            await unavailable(request.scope, request.receive, send)
            return
        async with answer:
            response = StreamingResponse(answer.content.iter_any(), answer.status)
            response.raw_headers = _secured(end_to_end(answer.raw_headers))
            await response(request.scope, request.receive, send)

    async def _pass_websocket(self, browser: WebSocket) -> None:
        offered = (
            (name, value)
            for name, value in end_to_end(browser.scope["headers"])
            if not name.startswith(b"sec-websocket-")
        )
        try:
            dagster = await self._client.ws_connect(
                self._address(browser.scope),
                protocols=browser.scope["subprotocols"],
                headers=as_text(offered),
                max_msg_size=0,
            )
        except aiohttp.ClientError:
            await browser.close()
            return
        async with dagster:
            await browser.accept(subprotocol=dagster.protocol)
            async with create_task_group() as directions:
                directions.start_soon(_to_dagster, browser, dagster, directions)
                directions.start_soon(_to_browser, dagster, browser, directions)

    @property
    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("The application's lifespan has not begun.")
        return self._session

    def _address(self, scope: Scope) -> URL:
        """Return the webserver's address of a request.

        It is encoded from the path that the rules have seen, so that both read the same path.
        """
        query = scope["query_string"].decode("latin-1")
        path = quote(scope["path"]) + (f"?{query}" if query else "")
        return URL(self._webserver + path, encoded=True)


async def _refuse(refused: RefusedRequestError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).close()  # before it is accepted: a 403
        return
    response: Response = PlainTextResponse(refused.reason, refused.status)
    if refused.is_foreign_navigation:
        response = HTMLResponse(FOREIGN_NAVIGATION, refused.status)
    response.raw_headers = _secured(response.raw_headers)
    await response(scope, receive, send)


async def _to_dagster(
    browser: WebSocket, dagster: aiohttp.ClientWebSocketResponse, both: TaskGroup
) -> None:
    while (message := await browser.receive())["type"] == "websocket.receive":
        if message.get("text") is not None:
            await dagster.send_str(message["text"])
        else:
            await dagster.send_bytes(message["bytes"])
    await dagster.close()
    both.cancel_scope.cancel()


async def _to_browser(
    dagster: aiohttp.ClientWebSocketResponse, browser: WebSocket, both: TaskGroup
) -> None:
    try:
        async for message in dagster:
            if message.type is aiohttp.WSMsgType.TEXT:
                await browser.send_text(message.data)
            else:
                await browser.send_bytes(message.data)
        code = dagster.close_code or NORMAL_CLOSURE
        await browser.close(NORMAL_CLOSURE if code in NOT_AN_ERROR else code)
    except WebSocketDisconnect:
        pass  # the browser has left
    both.cancel_scope.cancel()


def _secured(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response, which no page of another site may read or embed."""
    kept = [
        (name, value)
        for name, value in headers
        if name not in REPLACED and not name.startswith(b"access-control-")
    ]
    return [*kept, *SECURITY_HEADERS]
