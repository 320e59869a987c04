"""The HTTP server: where it listens, whom it waits for, and how it stops."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

import uvicorn
from starlette.types import ASGIApp

from tg_pipeline.serve.connection import Connection

CONNECTIONS: Final = 1_000
"""Open at a time: ten times what Telegram makes at most. Those above get 503 and come again."""

SECONDS_TO_FINISH: Final = 85
"""What a stop leaves to the answers under way: to send a body and to answer it, and some more."""


class Certificate(NamedTuple):
    """A certificate and its key, for a door without a TLS proxy in front."""

    certificate: Path
    key: Path


class _StopError(BaseException):
    """A signal to stop came while no server was there to take it."""


def listen(host: str, port: int) -> socket.socket:
    """Give a socket bound to an address, port 0 to any that is free; raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


@contextmanager
def until_stopped() -> Iterator[None]:
    """Have SIGINT and SIGTERM end what is done here, and be no error.

    While the server runs it takes them itself, and raises them once more when it is done.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _StopError

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
    try:
        yield
    except _StopError:
        return


def serve(app: ASGIApp, listening: socket.socket, certificate: Certificate | None) -> None:
    """Answer requests until SIGINT or SIGTERM, and those under way after it."""
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        access_log=False,
        log_level="warning",
        lifespan="off",
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    uvicorn.Server(config).run(sockets=[listening])
