"""The guard's own server, and the address that it hides Dagster's webserver at."""

import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

import uvicorn

from tg_pipeline.ui_guard.proxy import GuardedProxy
from tg_pipeline.ui_guard.rules import origins_of

SHUTDOWN_SECONDS: Final = 2
"""The time that requests in progress have; the UI's own WebSockets never end by themselves."""

ONLY_LOOPBACK: Final = "127.0.0.1"


class HiddenAddress(NamedTuple):
    """A loopback address and port for Dagster's webserver that a web page can't guess."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The URL of a webserver that listens here."""
        return f"http://{self.host}:{self.port}"

    @property
    def options(self) -> tuple[str, ...]:
        """The options of `dagster dev` and `dagster-webserver` for this address."""
        return ("--host", self.host, "--port", str(self.port))

    @property
    def is_hidden(self) -> bool:
        """Whether the address is one of many: macOS has a single one unless others are added."""
        return self.host != ONLY_LOOPBACK

    @classmethod
    def choose(cls) -> "HiddenAddress":
        """Return one of the 16 million addresses of 127.0.0.0/8, with a free port of it.

        A page can probe ports of 127.0.0.1 in seconds, but would probe all ports of all addresses
        for years; and to rebind a name of its own to an address, it has to know the address.
        """
        host = "127." + ".".join(str(1 + secrets.randbelow(254)) for _ in range(3))
        with suppress(OSError):
            return cls(host, _free_port(host))
        return cls(ONLY_LOOPBACK, _free_port(ONLY_LOOPBACK))


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def guard(
    listener: socket.socket,
    webserver: HiddenAddress,
    public_origins: Iterable[str],
    on_end: Callable[[], None],
) -> Iterator[None]:
    """Serve the guard in a thread until the end of the block; `on_end` is called when it ends."""
    origins = origins_of(listener.getsockname()[1], public_origins)
    config = uvicorn.Config(
        GuardedProxy(webserver.url, origins).application(),
        http="h11",
        ws="websockets-sansio",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    server = uvicorn.Server(config)

    def serve() -> None:
        try:
            server.run([listener])
        finally:
            on_end()

    thread = threading.Thread(target=serve, name="guard")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
