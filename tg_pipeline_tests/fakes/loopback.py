"""Serve an aiohttp application on loopback, from a thread and an event loop of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from threading import Condition, Thread
from typing import Any, Self, TypeVar

from aiohttp import web

Result = TypeVar("Result")

CALL_TIMEOUT = 30.0
"""Seconds that a call into the loop may take; it only ever takes milliseconds."""


class Loopback:
    def __init__(self, application: Callable[[], web.Application]) -> None:
        self._application = application
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runner: web.AppRunner | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self._loop = loop = asyncio.new_event_loop()
        self._thread = Thread(target=_run_loop, args=(loop,), name="loopback", daemon=True)
        self._thread.start()
        try:
            self.url = self.run(self._serve())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.run(self._close())
        finally:
            self._stop()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        if self._loop is None:
            work.close()
            raise RuntimeError("the server is not running: enter it with `with`")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_TIMEOUT)

    def do(self, act: Callable[[], Result]) -> Result:
        async def call() -> Result:
            return act()

        return self.run(call())

    async def _serve(self) -> str:
        self._runner = web.AppRunner(
            self._application(), access_log=None, handler_cancellation=True, shutdown_timeout=1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def _close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _stop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.get_loop().run_forever()


class Changes:
    """Lets a test's thread wait for changes in the server's thread."""

    def __init__(self) -> None:
        self._condition = Condition()

    def announce(self) -> None:
        with self._condition:
            self._condition.notify_all()

    def wait_until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition holds; return whether it did in time."""
        with self._condition:
            return self._condition.wait_for(holds, seconds)
