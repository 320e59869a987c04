"""A stand-in for Dagster's webserver, which answers everyone and records what it was asked."""

import asyncio
import gzip
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web

from tg_pipeline.ui_guard.server import HiddenAddress, guard
from tg_pipeline_tests.fakes.loopback import Loopback

PUBLIC: Final = "https://dagster.example.com"
PAGE: Final = b"a page"
ANSWERED: Final = gzip.compress(PAGE, mtime=0)


@dataclass
class Webserver:
    """Reached at `url` through the guard, whose port is `port`."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    more: asyncio.Event = field(default_factory=asyncio.Event)
    """A stream sends its second part once this is set."""

    server: Loopback = field(init=False)

    def __post_init__(self) -> None:
        self.server = Loopback(self.application)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def application(self) -> web.Application:
        application = web.Application(client_max_size=10_000_000)
        application.router.add_route("*", "/stream", self._stream)
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    def send_more(self) -> None:
        self.server.do(self.more.set)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path_qs}")
        if request.headers.get("Upgrade") == "websocket":
            return await self._echo(request)
        self.headers, self.body = dict(request.headers), await request.read()
        headers = {
            "Content-Encoding": "gzip",
            "Access-Control-Allow-Origin": "*",
            "X-Frame-Options": "ALLOWALL",
            "Content-Security-Policy": "default-src 'self'",
        }
        return web.Response(body=ANSWERED, headers=headers)

    async def _echo(self, request: web.Request) -> web.StreamResponse:
        channel = web.WebSocketResponse(protocols=("graphql-ws",))
        await channel.prepare(request)
        async for message in channel:
            if message.type is WSMsgType.BINARY:
                await channel.send_bytes(message.data)
            elif message.data == "end":
                await channel.close(code=4400)
            else:
                await channel.send_str(f"echo {message.data}")
        return channel

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first ")
        await self.more.wait()
        await response.write(b"second")
        return response


@contextmanager
def guarded_webserver(public: str = PUBLIC) -> Iterator[Webserver]:
    webserver = Webserver()
    with (
        webserver.server as server,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        webserver.port = listener.getsockname()[1]
        address = urlsplit(server.url)
        assert address.hostname
        assert address.port
        hidden = HiddenAddress(address.hostname, address.port)
        with guard(listener, hidden, [public], lambda: None):
            yield webserver
