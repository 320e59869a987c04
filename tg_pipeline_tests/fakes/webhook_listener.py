"""A webhook that keeps the requests it receives, and responds as a test says."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Self

from aiohttp import web

from tg_pipeline_tests.fakes.loopback import Loopback


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    body: bytes
    headers: Mapping[str, str]


Respond = Callable[[ReceivedRequest], Awaitable[web.Response]]


async def accept(_: ReceivedRequest) -> web.Response:
    return web.Response()


def responding(*responses: Callable[[], web.Response]) -> Respond:
    remaining = list(responses)

    async def respond(_: ReceivedRequest) -> web.Response:
        return remaining.pop(0)() if remaining else web.Response()

    return respond


class Listener:
    def __init__(self, respond: Respond = accept) -> None:
        self._respond = respond
        self._site = Loopback(self._application)
        self.received: list[ReceivedRequest] = []

    def __enter__(self) -> Self:
        self._site.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._site.__exit__()

    @property
    def url(self) -> str:
        return f"{self._site.url}/hook"

    @property
    def bodies(self) -> list[bytes]:
        return [each.body for each in self.received]

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/hook", self._receive)
        return application

    async def _receive(self, request: web.Request) -> web.Response:
        received = ReceivedRequest(await request.read(), dict(request.headers))
        self.received.append(received)
        return await self._respond(received)
