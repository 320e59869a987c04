"""An HTTP server on loopback that sends prepared responses, byte by byte: a bot, or a bucket."""

import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import BinaryIO, Self


@dataclass(frozen=True)
class Heard:
    start: str
    headers: dict[str, str]
    """By name, in lower case."""

    body: bytes
    connection: int


HANG_UP = None
Reply = Callable[[Heard, Event], Iterable[bytes | None]]
"""Returns the pieces to send, or HANG_UP; the event is set at the end of the test."""


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    named = {"content_length": str(len(body))} | headers
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in named.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def always(*pieces: bytes | None) -> Reply:
    return lambda _, __: pieces


def after_breaking(landing: Path, response: bytes) -> Reply:
    """Respond, after the updates of a landing zone have become a file, which nothing lands in."""

    def answer(_: Heard, __: Event) -> Iterable[bytes]:
        landed = landing / "telegram"
        if landed.is_dir():
            landed.rename(landing.with_name("broken"))
            landed.write_text("not a folder")
        return [response]

    return answer


class Bot:
    def __init__(self, reply: Reply, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.heard: list[Heard] = []
        self._reply = reply
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads: list[Thread] = []
        self._over = Event()

    def __enter__(self) -> Self:
        self._start(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join()

    @property
    def url(self) -> str:
        """The URL, with a token in its path, as many bots have it."""
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}/hook/7:open-sesame"

    def is_left(self, number: int) -> bool:
        """Return whether the client has closed its connection, while nothing is read from it."""
        connection = self._connections[number - 1]
        connection.setblocking(False)  # noqa: FBT003 - has no name
        try:
            return connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def hang_up(self) -> None:
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection = self._secured(self._listener.accept()[0])
                self._connections.append(connection)
                self._start(partial(self._attend, connection, len(self._connections)))

    def _attend(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as requests:
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            while (heard := _read(requests, number)) and self._answered(connection, heard):
                pass

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)

    def _answered(self, connection: socket.socket, heard: Heard) -> bool:
        self.heard.append(heard)
        for piece in self._reply(heard, self._over):
            if piece is HANG_UP:
                return False
            connection.sendall(piece)
        return not self._over.is_set()

    def _start(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()


def _read(requests: BinaryIO, number: int) -> Heard | None:
    start = requests.readline().decode("latin-1").strip()
    if "HTTP/" not in start:
        return None
    lines = iter(lambda: requests.readline().decode("latin-1").strip(), "")
    headers = {name.lower(): value.strip() for name, _, value in (s.partition(":") for s in lines)}
    return Heard(start, headers, requests.read(int(headers.get("content-length", 0))), number)
