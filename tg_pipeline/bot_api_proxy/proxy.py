"""`BotApiProxy`: the proxy as a web application, which streams requests and responses.

A request is sent once, whatever happens: a second message would be worse than an error. So nothing
is retried here, neither by the HTTP library, nor on another connection.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from anyio import CapacityLimiter, create_task_group, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Router
from starlette.types import Message, Receive, Scope, Send
from yarl import URL

from lambda_ingest.synthetic.bot_methods import only_reads
from lambda_ingest.synthetic.call_params import (
    SET_WEBHOOK,
    BodyReader,
    read_form,
    recordable,
    without_secrets,
)
from tg_pipeline.bot_api_proxy.addresses import CallAddress, parse_path
from tg_pipeline.bot_api_proxy.recorder import CallRecorder, Report, UpdateStore
from tg_pipeline.bot_api_proxy.responses import (
    UNAUTHORIZED,
    UnreadableAnswerError,
    accepted_encodings,
    decoded,
    outcome_of,
    updates_in,
    username_in,
)
from tg_pipeline.bot_api_proxy.spool import SpooledCall
from tg_pipeline.http_headers import as_text, end_to_end
from tg_pipeline.telegram.clock import clock_error
from tg_pipeline.telegram.polling import NotStoredError
from tg_pipeline.telegram.redaction import secret_half

HEALTH_PATH: Final = "/healthz"

CONNECT_SECONDS: Final = 10.0

SILENCE_SECONDS: Final = 3600.0
"""How long Telegram may say nothing. A bot has a limit of its own; this one only ends what would
never end. A long poll is silent for 50 s and more, and a large upload for as long as it takes."""

REUSE_SECONDS: Final = 2.0
"""How long a connection to Telegram may be idle and used again. Servers keep them for a minute or
more, so that a request does not meet one that is just being closed."""

MAX_KEPT_BYTES: Final = 4 * 1024 * 1024
"""Of a response, for the record. The largest are some KB per message."""

MAX_QUERY_BYTES: Final = 1024 * 1024
"""Of the body of getUpdates, which is small."""

SPOOLING_THREADS: Final = 16

GET_UPDATES: Final = "getUpdates"
GET_ME: Final = "getMe"
DELETE_WEBHOOK: Final = "deleteWebhook"

_DROPPED: Final = frozenset({b"host", b"expect", b"accept-encoding"})
"""Headers of a bot's request that are not passed on as they are."""


class NoAnswerError(aiohttp.ClientConnectionError):
    """A request was sent, at least in part, and the connection ended without a response."""


async def _send_once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request; raise an error after which the HTTP library does not send it again.

    It would repeat a GET on another connection; but a message can be sent by a GET, too.
    """
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise  # not a byte was sent, and nothing is repeated
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise NoAnswerError(type(error).__name__) from None


@dataclass(slots=True)
class _Exchange:
    """A request of a bot on its way."""

    request: Request
    send: Send
    address: CallAddress
    spooled: SpooledCall | None = None
    has_response: bool = False
    """Whether the bot has got the beginning of a response."""
    ended_at: float = 0.0
    """When the request was complete."""


class BotApiProxy:
    """Passes the calls of bots on to the Bot API; records them, and the updates they get."""

    def __init__(
        self,
        upstream: str,
        updates: UpdateStore,
        recorder: CallRecorder,
        not_recorded: frozenset[str],
        on_bot: Callable[[int, str], None],
    ) -> None:
        """Prepare for a Bot API server at a URL.

        `not_recorded` has names of methods in lower case; those that only read are not recorded in
        any case. `on_bot` is called in a thread with a bot's id and username, whenever it asks.
        """
        self._upstream, self._updates, self._recorder = upstream, updates, recorder
        self._not_recorded, self._on_bot = not_recorded, on_bot
        self._report: Report = recorder.report
        self._session: aiohttp.ClientSession | None = None
        self._stopping = asyncio.Event()
        # Threads of their own: those that store updates may all wait for a slow store.
        self._spooling = CapacityLimiter(SPOOLING_THREADS)

    def application(self) -> Router:
        """Return the application, whose lifespan holds the connections to Telegram."""
        return Router(default=self._handle, redirect_slashes=False, lifespan=self._lifespan)

    def stop_polls(self) -> None:
        """End the calls that wait for updates; to be called in the event loop."""
        self._stopping.set()

    @asynccontextmanager
    async def _lifespan(self, _: object) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS
        )
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=REUSE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=timeout,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            middlewares=(_send_once,),
        ) as self._session:
            yield

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == HEALTH_PATH:
            await self._health()(scope, receive, send)
            return
        address = parse_path(scope["path"])
        if address is None:
            await _refusal(404, "Not Found")(scope, receive, send)
        elif not self._updates.writers.serves(address.bot_id):
            await _refusal(403, "Forbidden: this proxy serves another bot (TELEGRAM_BOT_ID)")(
                scope, receive, send
            )
        else:
            await self._pass(_Exchange(Request(scope, receive), send, address))

    def _health(self) -> Response:
        """Return the counts of calls that are not recorded yet, or never will be."""
        waiting, lost = self._recorder.waiting, self._recorder.not_recorded
        return JSONResponse({"status": "up", "spooled": waiting, "not_recorded": lost})

    async def _pass(self, exchange: _Exchange) -> None:
        method = exchange.address.method
        try:
            if method == GET_UPDATES:
                await self._pass_updates(exchange)
            elif not method or only_reads(method) or method.lower() in self._not_recorded:
                await self._pass_unrecorded(exchange)
            else:
                await self._pass_call(exchange)
        except (aiohttp.ClientError, ClientDisconnect, TimeoutError) as error:
            # Without the end of a response that has begun, the server closes the connection.
            if not exchange.has_response:
                await self._respond(exchange, _bad_gateway(error))

    # Updates: stored, then passed on

    async def _pass_updates(self, exchange: _Exchange) -> None:
        body = bytearray()
        async for chunk in exchange.request.stream():
            body += chunk
            if len(body) > MAX_QUERY_BYTES:
                await self._respond(exchange, _refusal(413, "Request Entity Too Large"))
                return

        async def fetch() -> tuple[aiohttp.ClientResponse, bytes, datetime]:
            sent_at = datetime.now(UTC)
            async with await self._request(exchange, bytes(body) or None) as answer:
                return answer, await answer.read(), sent_at

        fetched = await self._unless_left(exchange.request.receive, fetch)
        if fetched is None:
            await self._respond(exchange, _refusal(502, "Bad Gateway: the proxy stops"))
            return
        answer, content, sent_at = fetched
        refused = await self._store(exchange.address.bot_id, answer, content, sent_at)
        if refused:
            await self._respond(exchange, refused)
            return
        exchange.has_response = True
        await exchange.send(_start(answer))
        await exchange.send({"type": "http.response.body", "body": content})

    async def _store(
        self, bot_id: int, answer: aiohttp.ClientResponse, content: bytes, sent_at: datetime
    ) -> Response | None:
        """Store the updates of a response; return the error that the bot gets if that fails."""
        error = clock_error(sent_at, answer.headers.get("Date"), datetime.now(UTC))
        try:
            text = decoded(content, answer.headers.get("Content-Encoding", ""))
            updates = updates_in(answer.status, text)
            if updates:
                await to_thread.run_sync(self._updates.store, bot_id, updates, error)
        except UnreadableAnswerError as unreadable:
            self._report(f"A response to getUpdates can't be stored: {unreadable}.")
            return _refusal(502, f"Bad Gateway: the response can't be stored, {unreadable}")
        except NotStoredError as unstored:
            self._report(f"{unstored} The bot does not get these updates; nothing is lost.")
            return _refusal(500, "Internal Server Error: the proxy can't store the updates")
        return None

    async def _unless_left(
        self,
        receive: Receive,
        work: Callable[[], Awaitable[tuple[aiohttp.ClientResponse, bytes, datetime]]],
    ) -> tuple[aiohttp.ClientResponse, bytes, datetime] | None:
        """Return the result of work, or None if the bot has hung up, or the proxy stops.

        Telegram takes a poll that nobody waits for any more for a second poller.
        """
        results = []
        failures: list[Exception] = []

        async def do() -> None:
            try:
                results.append(await work())
            except (aiohttp.ClientError, TimeoutError) as error:
                failures.append(error)  # not as a group of errors
            group.cancel_scope.cancel()

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        async def stop() -> None:
            await self._stopping.wait()
            group.cancel_scope.cancel()

        async with create_task_group() as group:
            for each in (do, watch, stop):
                group.start_soon(each)
        if failures:
            raise failures[0]
        return results[0] if results else None

    # Calls: in the spool, passed on, and recorded

    async def _pass_call(self, exchange: _Exchange) -> None:
        try:
            if _has_body(exchange.request):
                answer = await self._request(exchange, self._recorded_body(exchange))
            else:
                await self._begin(exchange, {})
                answer = await self._request(exchange, None)
        except aiohttp.ClientConnectorError:
            if exchange.spooled:  # not a byte was sent
                await to_thread.run_sync(self._recorder.discard, exchange.spooled)
            raise
        except (aiohttp.ClientError, TimeoutError):
            if exchange.spooled:
                self._recorder.finish(exchange.spooled)
            raise
        async with answer:
            is_over = False
            try:
                content = await self._stream(exchange, answer)
                is_over = True
            finally:
                if exchange.spooled and not is_over:
                    self._recorder.finish(exchange.spooled)
            self._finish(exchange, answer, content)

    async def _recorded_body(self, exchange: _Exchange) -> AsyncIterator[bytes]:
        """Yield a request's body; its last piece only when the call is in the spool."""
        reader = BodyReader(exchange.request.headers.get("content-type", ""))
        held = b""
        async for piece in exchange.request.stream():
            if piece:
                reader.feed(piece)
                if held:
                    yield held
                held = piece
        await self._begin(exchange, reader.params())
        yield held

    async def _begin(self, exchange: _Exchange, in_body: dict[str, Any]) -> None:
        """Return when the call is in the spool, or can't be."""
        address = exchange.address
        in_query = read_form(exchange.request.scope["query_string"].decode("latin-1"))
        params = recordable(address.method, in_query | in_body)
        exchange.spooled = await to_thread.run_sync(
            self._recorder.begin,
            address.bot_id,
            address.method,
            without_secrets(params, _secrets(address)),
            limiter=self._spooling,
        )
        exchange.ended_at = time.monotonic()

    def _finish(
        self, exchange: _Exchange, answer: aiohttp.ClientResponse, content: bytes | None
    ) -> None:
        """Have the call land with its outcome."""
        if content is not None:
            try:
                content = decoded(content, answer.headers.get("Content-Encoding", ""))
            except UnreadableAnswerError:
                content = None
        milliseconds = round((time.monotonic() - exchange.ended_at) * 1000)
        outcome = outcome_of(answer.status, content, milliseconds, _secrets(exchange.address))
        if outcome.ok:
            self._report_webhook(exchange.address.method)
        if exchange.spooled is None:
            return
        if answer.status == UNAUTHORIZED:  # not the bot's token, so not the bot's call
            self._recorder.discard(exchange.spooled)
        else:
            self._recorder.finish(exchange.spooled, outcome)

    def _report_webhook(self, method: str) -> None:
        if method == SET_WEBHOOK:
            self._report(
                "The bot has set its webhook through the proxy: its updates arrive there, and no "
                "longer here."
            )
        elif method == DELETE_WEBHOOK:
            self._report(
                "The bot has deleted its webhook through the proxy: its updates arrive when it "
                "polls."
            )

    # Anything else

    async def _pass_unrecorded(self, exchange: _Exchange) -> None:
        request = exchange.request
        body = request.stream() if _has_body(request) else None
        async with await self._request(exchange, body) as answer:
            content = await self._stream(exchange, answer)
            if exchange.address.method != GET_ME or content is None:
                return
            try:
                text = decoded(content, answer.headers.get("Content-Encoding", ""))
            except UnreadableAnswerError:
                return
        if username := username_in(text):
            await to_thread.run_sync(self._on_bot, exchange.address.bot_id, username)

    async def _request(
        self, exchange: _Exchange, body: AsyncIterator[bytes] | bytes | None
    ) -> aiohttp.ClientResponse:
        """Send a request, once."""
        if self._session is None:
            raise RuntimeError("The application's lifespan has not begun.")
        scope = exchange.request.scope
        headers = [
            (name, value)
            for name, value in end_to_end(scope["headers"])
            if name not in _DROPPED and (body is not None or name != b"content-length")
        ]
        encodings = exchange.request.headers.get("accept-encoding")
        if encodings is not None:
            headers.append((b"accept-encoding", accepted_encodings(encodings).encode("latin-1")))
        return await self._session.request(
            scope["method"],
            self._address(scope),
            headers=as_text(headers),
            data=body,
            allow_redirects=False,
        )

    def _address(self, scope: Scope) -> URL:
        query = scope["query_string"].decode("latin-1")
        path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
        return URL(self._upstream + path + (f"?{query}" if query else ""), encoded=True)

    async def _stream(self, exchange: _Exchange, answer: aiohttp.ClientResponse) -> bytes | None:
        """Pass a response on as it arrives; return its body, None if it is too long to be kept.

        If the bot hangs up meanwhile, the rest is read all the same, as the call was made.
        """
        exchange.has_response = True
        await exchange.send(_start(answer))
        kept: bytearray | None = bytearray()
        async for piece in answer.content.iter_any():
            if kept is not None:
                kept += piece
                if len(kept) > MAX_KEPT_BYTES:
                    kept = None
            await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
        await exchange.send({"type": "http.response.body", "body": b""})
        return None if kept is None else bytes(kept)

    async def _respond(self, exchange: _Exchange, response: Response) -> None:
        await response(exchange.request.scope, exchange.request.receive, exchange.send)


def _start(answer: aiohttp.ClientResponse) -> Message:
    return {
        "type": "http.response.start",
        "status": answer.status,
        "headers": end_to_end(answer.raw_headers),
    }


def _refusal(status: int, description: str) -> Response:
    """Return an error as the Bot API writes one."""
    body = {"ok": False, "error_code": status, "description": description}
    return JSONResponse(body, status)


def _bad_gateway(error: Exception) -> Response:
    """Return the error of a call that Telegram did not answer; of `error`, only the kind is told.

    Its text may contain the address, and so the token.
    """
    return _refusal(502, f"Bad Gateway: no response from the Bot API ({type(error).__name__})")


def _has_body(request: Request) -> bool:
    headers = request.headers
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _secrets(address: CallAddress) -> Iterable[str]:
    return (secret_half(address.token),)
