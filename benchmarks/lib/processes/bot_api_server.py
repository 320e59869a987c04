"""A Bot API server on loopback: no updates, and the same message as the result of other calls."""

import asyncio
import json
import time
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection

from aiohttp import web

from lib.processes.server_process import serve_in_process

POLL_SECONDS = 10
"""The time after which a poll ends without updates."""


def serve_bot_api() -> AbstractContextManager[str]:
    """Provide the URL of a server in a process of its own."""
    return serve_in_process(_serve)


def _serve(parent: Connection) -> None:
    message = {
        "message_id": 1,
        "date": int(time.time()),
        "chat": {"id": 5, "type": "private", "first_name": "Ana"},
        "text": "A partição de ontem foi reconstruída.",
    }
    sent = json.dumps({"ok": True, "result": message}).encode()
    none = json.dumps({"ok": True, "result": []}).encode()

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        is_poll = request.path.endswith("/getUpdates")
        await asyncio.sleep(POLL_SECONDS if is_poll else 0)
        return web.Response(body=none if is_poll else sent, content_type="application/json")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)

    async def run() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        parent.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())
