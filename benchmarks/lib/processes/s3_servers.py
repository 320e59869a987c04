"""Local S3 servers: rclone, which serves folders as buckets, and a stub that discards objects."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from time import sleep
from typing import Final

from lib.processes.server_process import serve_in_process

KEY_ID: Final = "benchmark-key"
KEY: Final = "benchmark-secret"
START_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class RcloneServer:
    """The address of a running server."""

    address: str

    @property
    def environment(self) -> dict[str, str]:
        """The standard variables that make an AWS client use the server."""
        return {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.address,
        }


@contextmanager
def serve_with_rclone(folder: Path) -> Iterator[RcloneServer]:
    """Serve each folder in `folder` as a bucket."""
    port = _free_port()
    command = [str(Path(sys.executable).with_name("rclone")), "serve", "s3", str(folder)]
    options = ["--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY_ID},{KEY}", "--config", ""]
    with subprocess.Popen([*command, *options, "--log-level", "ERROR"]) as process:
        try:
            _wait_for(port, process)
            yield RcloneServer(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def serve_discarding() -> AbstractContextManager[str]:
    """Serve a bucket that discards each object, in its own process; yield the address.

    Almost all the time of a request is then the client's.
    """
    return serve_in_process(_discard)


class _DiscardingHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline().split(b";")[0], 16):
                self.rfile.read(size + len(b"\r\n"))
            self.rfile.readline()
        else:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(200)
        self.send_header("ETag", '"0"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


def _discard(sender: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _DiscardingHandler)
    sender.send(server.server_port)
    server.serve_forever()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(int(START_SECONDS / POLL_SECONDS)):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        sleep(POLL_SECONDS)
    raise RuntimeError("rclone has not started")
