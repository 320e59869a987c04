"""A webhook of somebody who wants to know of failed runs."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

GOOGLE_CHAT = "chat.googleapis.com"
"""Knows `text`, of all that we say, and answers 400 to anything else:
https://github.com/pydantic/logfire/issues/1540
"""


class Hook:
    """Takes what is posted, answering with `status`; as a proxy it answers for Google Chat."""

    def __init__(self) -> None:
        self.status = 200
        self.heard: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=lambda: self._server.serve_forever(poll_interval=0.05))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Give the address, whose path is a secret as Slack's are."""
        return f"http://127.0.0.1:{self._server.server_port}/services/SECRET-PATH"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.heard.append(body)
                strange = self.headers["Host"].lower() == GOOGLE_CHAT and body.keys() != {"text"}
                self.send_response(400 if strange else hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
