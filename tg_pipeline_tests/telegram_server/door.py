"""The HTTP side of the server: a URL names a bot and a method, and a call is answered."""

from typing import Any, NamedTuple

from aiohttp import web

from tg_pipeline_tests.telegram_server.answers import Answer, ApiError
from tg_pipeline_tests.telegram_server.bot import Bot
from tg_pipeline_tests.telegram_server.changes import Changes
from tg_pipeline_tests.telegram_server.params import read_params
from tg_pipeline_tests.telegram_server.troubles import Troubles

LARGEST_BODY = 64 * 1024 * 1024


class Call(NamedTuple):
    """A request that was seen, and what it asked for."""

    method: str
    params: dict[str, Any]


class Door:
    """Lets those in who know the token, and meet no trouble."""

    def __init__(self, token: str, bot: Bot, troubles: Troubles, changes: Changes) -> None:
        self._token, self._bot = token, bot
        self._troubles, self._changes = troubles, changes
        self.calls: list[Call] = []

    def application(self) -> web.Application:
        """Give the application that answers at /bot<token>/<method>."""
        application = web.Application(client_max_size=LARGEST_BODY)
        for verb in ("GET", "POST"):
            application.router.add_route(verb, "/bot{token}/{method}", self._handle)
        application.router.add_route("*", "/{elsewhere:.*}", self._nowhere)
        application.on_shutdown.append(self._close)
        return application

    async def _handle(self, request: web.Request) -> web.Response:
        try:
            answer = await self._answer(request)
        except ApiError as error:
            answer = error.answer()
        if answer is None:
            return _hang_up(request)
        headers = {"Content-Type": "application/json", **answer.headers}
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    async def _answer(self, request: web.Request) -> Answer | None:
        if request.match_info["token"] != self._token:
            raise ApiError(401, "Unauthorized")
        method = request.match_info["method"]
        params = dict(request.query) | await read_params(request)
        self.calls.append(Call(method, params))
        self._changes.announce()
        trouble = self._troubles.met_by(method)
        if trouble and not trouble.is_done:
            return trouble.answer
        answer = await self._bot.call(method, params)
        return trouble.answer if trouble else answer

    async def _close(self, _: web.Application) -> None:
        await self._bot.receiving.close()

    async def _nowhere(self, _: web.Request) -> web.Response:
        answer = ApiError(404, "Not Found").answer()
        return web.Response(status=404, body=answer.body, content_type="application/json")


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
