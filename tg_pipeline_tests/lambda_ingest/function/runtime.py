"""AWS Lambda on loopback: its Runtime API, and a process with the genuine runtime client."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Self
from uuid import uuid4

HANDLER = "lambda_ingest.handler.lambda_handler"
VERSION = "/2018-06-01/runtime"
ARN = "arn:aws:lambda:sa-east-1:123456789012:function:ingest"
TIMEOUT = 30.0
"""Seconds until an invocation times out, and until the tests stop waiting for one."""


@dataclass(frozen=True)
class RuntimeMessage:
    """A message of the runtime: the response to an invocation, or an error of its start."""

    about: str
    """The invocation and the kind of message: `<id>/response`, `init/error`."""

    body: Any
    error_type: str | None


@dataclass(frozen=True)
class _Invocation:
    request_id: str
    event: bytes


class RuntimeApi:
    def __init__(self) -> None:
        self._invocations: Queue[_Invocation | None] = Queue()
        self._messages: Queue[RuntimeMessage] = Queue()
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
        return f"127.0.0.1:{self._server.server_port}"

    def invoke(self, event: object) -> Any:
        (answer,) = self.invoke_all([event])
        return answer

    def invoke_all(self, events: Iterable[object]) -> list[Any]:
        waiting = [_Invocation(str(uuid4()), json.dumps(event).encode()) for event in events]
        for invocation in waiting:
            self._invocations.put(invocation)
        messages = [self.next_message() for _ in waiting]
        assert [each.about for each in messages] == [
            f"{each.request_id}/response" for each in waiting
        ]
        return [each.body for each in messages]

    def invoke_raw(self, event: bytes) -> RuntimeMessage:
        self._invocations.put(_Invocation(str(uuid4()), event))
        return self.next_message()

    def next_message(self) -> RuntimeMessage:
        return self._messages.get(timeout=TIMEOUT)

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
                api._messages.put(RuntimeMessage(about, json.loads(body), error_type))

            def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        return Handler


class Runtime:
    def __init__(self, settings: dict[str, str], log: Path) -> None:
        self.api = RuntimeApi()
        self._settings = settings
        self._log = log

    def __enter__(self) -> Self:
        self.api.__enter__()
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "awslambdaric", HANDLER],
                env={
                    "PATH": os.environ["PATH"],
                    "AWS_LAMBDA_FUNCTION_NAME": "ingest",
                    "AWS_LAMBDA_RUNTIME_API": self.api.address,
                    **self._settings,
                },
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self.api.__exit__()

    def exit_code(self) -> int:
        return self._process.wait(TIMEOUT)

    def log(self) -> str:
        return self._log.read_text("utf-8")

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log().splitlines()]
