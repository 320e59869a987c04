"""A webhook that keeps what is brought to it, and answers as a test says."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Self

from aiohttp import web

from tg_pipeline_tests.telegram_server.loopback import Loopback


@dataclass(frozen=True, slots=True)
class Brought:
    """A request as it came, and the connection it came by."""

    body: bytes
    headers: Mapping[str, str]
    connection: object


Reply = Callable[[Brought], Awaitable[web.Response]]


async def accept(_: Brought) -> web.Response:
    """Take an update, and say nothing."""
    return web.Response()


class Listener:
    """Listens at `url` while it is entered."""

    def __init__(self, reply: Reply = accept) -> None:
        self._reply = reply
        self._site = Loopback(self._application)
        self.brought: list[Brought] = []

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
        """The bodies, in the order in which they came."""
        return [each.body for each in self.brought]

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/hook", self._take)
        return application

    async def _take(self, request: web.Request) -> web.Response:
        peer = request.transport.get_extra_info("peername") if request.transport else None
        brought = Brought(await request.read(), dict(request.headers), peer)
        self.brought.append(brought)
        return await self._reply(brought)


def replying(*replies: Callable[[], web.Response]) -> Reply:
    """Give each reply once, and then accept all that comes."""
    ahead = list(replies)

    async def reply(_: Brought) -> web.Response:
        return ahead.pop(0)() if ahead else web.Response()

    return reply
