"""The Runtime API of AWS Lambda on loopback: hands events to a runtime, and hears what it says.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any, Self
from uuid import uuid4

VERSION = "/2018-06-01/runtime"
ARN = "arn:aws:lambda:sa-east-1:123456789012:function:ingest"
TIMEOUT = 30.0
"""Seconds that the function has for an invocation, and that the tests wait for one."""


@dataclass(frozen=True)
class Said:
    """What a runtime posted: about an invocation, or about its own start."""

    about: str
    """The id of the invocation and the kind of the answer: `<id>/response`, `init/error`."""

    body: Any
    error_type: str | None


@dataclass(frozen=True)
class _Invocation:
    request_id: str
    event: bytes


class RuntimeApi:
    """Serves one runtime while it is entered."""

    def __init__(self) -> None:
        self._invocations: Queue[_Invocation | None] = Queue()
        self._said: Queue[Said] = Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=lambda: self._server.serve_forever(poll_interval=0.05))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._invocations.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Give what AWS_LAMBDA_RUNTIME_API says."""
        return f"127.0.0.1:{self._server.server_port}"

    def invoke(self, event: object) -> Any:
        """Give what the function answers to an event."""
        (answer,) = self.invoke_all([event])
        return answer

    def invoke_all(self, events: Iterable[object]) -> list[Any]:
        """Give what the function answers to each of the events, which wait for it in line."""
        waiting = [_Invocation(str(uuid4()), json.dumps(event).encode()) for event in events]
        for invocation in waiting:
            self._invocations.put(invocation)
        said = [self.heard() for _ in waiting]
        assert [each.about for each in said] == [f"{each.request_id}/response" for each in waiting]
        return [each.body for each in said]

    def invoke_raw(self, event: bytes) -> Said:
        """Give what the runtime says about bytes that may be no event."""
        self._invocations.put(_Invocation(str(uuid4()), event))
        return self.heard()

    def heard(self) -> Said:
        """Give the next thing that the runtime says."""
        return self._said.get(timeout=TIMEOUT)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                assert self.path == f"{VERSION}/invocation/next"
                invocation = api._invocations.get()
                if invocation is None:
                    self.close_connection = True
                    return
                deadline = int((time.time() + TIMEOUT) * 1000)
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                    "Lambda-Runtime-Deadline-Ms": str(deadline),
                    "Lambda-Runtime-Invoked-Function-Arn": ARN,
                    "Content-Type": "application/json",
                }
                self._reply(200, headers, invocation.event)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                error_type = self.headers["Lambda-Runtime-Function-Error-Type"]
                about = self.path.removeprefix(f"{VERSION}/").removeprefix("invocation/")
                self._reply(202, {}, b"")
                api._said.put(Said(about, json.loads(body), error_type))

            def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing of each request."""

        return Handler
