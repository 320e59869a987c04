"""The proxy's own server: it logs no requests, since a bot's token is in the path of each."""

import socket
from typing import Final

import uvicorn

from tg_pipeline.bot_api_proxy.proxy import BotApiProxy

KEEP_ALIVE_SECONDS: Final = 3600
"""How long a bot's connection may be idle: longer than any bot keeps one, so that the proxy never
closes a connection which a bot is about to use."""

SHUTDOWN_SECONDS: Final = 10
"""The time that calls in progress have. Then they are cut off, and land without an outcome."""


class ProxyServer(uvicorn.Server):
    """Serves a proxy until SIGINT or SIGTERM; calls in progress are finished then."""

    def __init__(self, proxy: BotApiProxy) -> None:
        """Prepare to serve."""
        super().__init__(
            uvicorn.Config(
                proxy.application(),
                loop="asyncio",
                http="httptools",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                log_level="error",
                server_header=False,
                date_header=False,  # Telegram's own is passed on
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self._proxy = proxy

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the calls that wait for updates, and finish the others."""
        self._proxy.stop_polls()
        await super().shutdown(sockets)
