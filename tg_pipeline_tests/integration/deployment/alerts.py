"""Somebody's webhook for alerts, on loopback: it keeps what is posted to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Alerts:
    """The address, and the bodies that came, oldest first."""

    url: str
    bodies: list[bytes] = field(default_factory=list)


@contextmanager
def alerts_webhook() -> Iterator[Alerts]:
    """Run a webhook that takes all that it is sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Alerts(f"http://127.0.0.1:{server.server_port}/alerts", bodies)
        server.shutdown()
