"""A fake of Telegram's Bot API on loopback: bots call it, and tests act as their users."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any, NamedTuple, Self

from aiohttp import web

from tg_pipeline_tests.fakes.loopback import Changes, Loopback
from tg_pipeline_tests.fakes.telegram_api.bot import Bot
from tg_pipeline_tests.fakes.telegram_api.messages import SentMessage, UserMessage
from tg_pipeline_tests.fakes.telegram_api.protocol import Answer, ApiError, read_params
from tg_pipeline_tests.fakes.telegram_api.update_queue import Draft, UpdateQueue

TOKEN = "7:of-a-test-bot"  # noqa: S105 - it opens nothing
FIRST_UPDATE_ID = 500_000_001
WAIT_TIMEOUT = 60.0
NOT_JSON = b"<html><h1>502 Bad Gateway</h1></html>"
MAX_BODY = 64 * 1024 * 1024


class Call(NamedTuple):
    method: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """A planned fault of one call: another response, or a connection that drops."""

    answer: Answer | None
    method: str | None = None
    """None for any method."""

    is_executed: bool = False
    """Whether the call is executed all the same, and only its response is lost."""

    def applies_to(self, method: str) -> bool:
        return self.method is None or self.method.lower() == method.lower()


class HttpApi:
    def __init__(self, token: str, bot: Bot, changes: Changes) -> None:
        self._token, self._bot, self._changes = token, bot, changes
        self.faults: list[Fault] = []
        """Planned faults, in order; each happens once."""

        self.calls: list[Call] = []

        self.clock_offset = timedelta(0)
        """How far the server's clock is ahead of that of this machine."""

    def application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY)
        for verb in ("GET", "POST"):
            application.router.add_route(verb, "/bot{token}/{method}", self._handle)
        application.router.add_route("*", "/{elsewhere:.*}", self._not_found)
        application.on_shutdown.append(self._close)
        return application

    async def _handle(self, request: web.Request) -> web.Response:
        try:
            answer = await self._answer(request)
        except ApiError as error:
            answer = error.answer()
        if answer is None:
            return _hang_up(request)
        date = format_datetime(datetime.now(UTC) + self.clock_offset, usegmt=True)
        headers = {"Content-Type": "application/json", "Date": date, **answer.headers}
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    async def _answer(self, request: web.Request) -> Answer | None:
        if request.match_info["token"] != self._token:
            raise ApiError(401, "Unauthorized")
        method = request.match_info["method"]
        params = dict(request.query) | await read_params(request)
        self.calls.append(Call(method, params))
        self._changes.announce()
        fault = next((fault for fault in self.faults if fault.applies_to(method)), None)
        if fault:
            self.faults.remove(fault)
        if fault and not fault.is_executed:
            return fault.answer
        answer = await self._bot.call(method, params)
        return fault.answer if fault else answer

    async def _close(self, _: web.Application) -> None:
        await self._bot.receiving.close()

    async def _not_found(self, _: web.Request) -> web.Response:
        answer = ApiError(404, "Not Found").answer()
        return web.Response(status=404, body=answer.body, content_type="application/json")


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


class TelegramServer:
    """One bot's Bot API, served within a `with` block; its records can be read after it.

    A delivery may take `delivery_timeout` seconds, and is repeated within hundredths of a second.
    """

    def __init__(self, token: str = TOKEN, *, delivery_timeout: float = 5.0) -> None:
        self.token = token
        self._changes = Changes()
        self._queue = UpdateQueue(FIRST_UPDATE_ID, self._changes)
        bot_id = int(token.partition(":")[0])
        self._bot = Bot(bot_id, self._queue, delivery_timeout, self._changes)
        self._api = HttpApi(token, self._bot, self._changes)
        self._site = Loopback(self._api.application)

    def __enter__(self) -> Self:
        self._site.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._site.__exit__()

    @property
    def url(self) -> str:
        """The URL of the API; methods are at `<url>/bot<token>/<method>`."""
        return self._site.url

    @property
    def pending(self) -> list[int]:
        return self._queue.pending

    @property
    def sent(self) -> dict[int, bytes]:
        return dict(self._queue.sent)

    @property
    def messages(self) -> list[SentMessage]:
        return list(self._bot.messages.sent)

    @property
    def last_error(self) -> str:
        """Why the last delivery failed, if one did since the webhook was set."""
        return self._bot.receiving.last_error

    @property
    def calls(self) -> list[Call]:
        """The calls with the right token, including those that failed."""
        return list(self._api.calls)

    def set_clock(self, offset: timedelta) -> None:
        """Let the server's clock be ahead of that of this machine."""
        self._api.clock_offset = offset

    def push(self, update: Mapping[str, Any] | bytes) -> int | None:
        """Queue an update; return its id, or None if its type is not allowed.

        In bytes, the update_id is replaced; otherwise they are sent as they are, even if malformed.
        """
        draft = Draft.of(update)
        return self._site.do(lambda: self._bot.receiving.push(draft))

    def user_sends(self, chat_id: int, text: str, user_id: int | None = None) -> int | None:
        def send() -> int | None:
            message = UserMessage(chat_id, self._bot.messages.next_id(chat_id), text, user_id)
            return self._bot.receiving.push(Draft.of(message.update()))

        return self._site.do(send)

    def set_webhook(self, url: str, **params: Any) -> None:
        """Set the bot's webhook, without a recorded call."""
        self._site.run(self._bot.receiving.set_webhook({"url": url, **params}))

    def flood(self, seconds: int, method: str | None = None, times: int = 1) -> None:
        error = ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        self._plan_fault(Fault(error.answer(), method), times)

    def fail(
        self,
        status: int,
        times: int = 1,
        method: str | None = None,
        description: str = "",
        **parameters: int,
    ) -> None:
        error = ApiError(status, description or HTTPStatus(status).phrase, **parameters)
        self._plan_fault(Fault(error.answer(), method), times)

    def answer_with(
        self, body: bytes = NOT_JSON, status: int = 200, times: int = 1, method: str | None = None
    ) -> None:
        self._plan_fault(Fault(Answer(status, body), method), times)

    def hang_up(self, times: int = 1, method: str | None = None) -> None:
        """Let the next calls lose their connection, without being executed."""
        self._plan_fault(Fault(None, method), times)

    def lose_answers(self, times: int = 1, method: str | None = None) -> None:
        """Let the next calls be executed, but lose their connection before the response."""
        self._plan_fault(Fault(None, method, is_executed=True), times)

    def wait_until(self, holds: Callable[[], bool], timeout: float = WAIT_TIMEOUT) -> None:
        """Wait for a condition on this server; a TimeoutError contains its state."""
        if not self._changes.wait_until(holds, timeout):
            state = f"pending {self.pending}, last error {self.last_error!r}"
            raise TimeoutError(f"not within {timeout} s: {state}, {len(self.messages)} messages")

    def wait_until_delivered(self, timeout: float = WAIT_TIMEOUT) -> None:
        self.wait_until(lambda: not self.pending, timeout)

    def wait_for_calls(self, method: str, count: int = 1) -> None:
        self.wait_until(lambda: [call.method for call in self.calls].count(method) >= count)

    def _plan_fault(self, fault: Fault, times: int) -> None:
        self._site.do(lambda: self._api.faults.extend([fault] * times))
