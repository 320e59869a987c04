"""`ProcessPool`: the processes of a world, started and signalled through its fork server."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Final, Self

ANSWER_SECONDS: Final = 60.0
"""How long the fork server may take to answer; it takes milliseconds, but starts in seconds."""


@dataclass(eq=False)
class RunningProcess:
    """A process of the product."""

    pid: int
    name: str
    output: Path
    code: int | None = None
    """The exit code once it has ended; negative for a signal."""

    def text(self) -> str:
        """Return what it printed; nothing if it was killed before it could."""
        return self.output.read_text("utf-8", "replace") if self.output.exists() else ""


@dataclass(frozen=True)
class ProcessStart:
    """What is started: an entry of `entries.py`, and in what surroundings."""

    name: str
    """Of the kind of process, for the counts."""
    entry: str
    arguments: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    file_limit: int = 0
    """The size in bytes that its files may have, as on a full disk; 0 for any."""


class ProcessPool:
    """The fork server and its children; all of them end with the `with` block."""

    def __init__(self, environment: Mapping[str, str], outputs: Path) -> None:
        self._environment, self._outputs = environment, outputs
        self._ids, self._lock = count(1), Lock()
        self._answers: dict[int, SimpleQueue[dict[str, Any]]] = {}
        self._processes: dict[int, RunningProcess] = {}
        self._early_exits: dict[int, int] = {}

    def __enter__(self) -> Self:
        self._outputs.mkdir(parents=True, exist_ok=True)
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tg_pipeline_tests.chaos.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(self._environment),
        )
        self._answers[0] = SimpleQueue()
        self._reader = Thread(target=self._read, name="fork server", daemon=True)
        self._reader.start()
        self._answers[0].get(timeout=ANSWER_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin
        self._server.stdin.close()
        try:
            self._server.wait(ANSWER_SECONDS)
        finally:
            self._server.kill()  # its children die with it
            self._server.wait()
        self._reader.join(ANSWER_SECONDS)
        if self._server.stdout:
            self._server.stdout.close()

    def start(self, what: ProcessStart) -> RunningProcess:
        number = next(self._ids)
        output = self._outputs / f"{number:06}-{what.name}.log"
        answer = self._ask(
            number,
            do="start",
            entry=what.entry,
            arguments=what.arguments,
            environment=what.environment,
            file_limit=what.file_limit,
            output=str(output),
        )
        process = RunningProcess(answer["pid"], what.name, output)
        with self._lock:
            self._processes[process.pid] = process
            if process.pid in self._early_exits:
                process.code = self._early_exits.pop(process.pid)
        return process

    def signal(self, process: RunningProcess, number: int) -> bool:
        """Send a signal to a process and its children; return whether it was still running."""
        if process.code is not None:
            return False
        return bool(
            self._ask(next(self._ids), do="signal", pid=process.pid, signal=number)["delivered"]
        )

    def _ask(self, number: int, **command: Any) -> dict[str, Any]:
        answers = self._answers[number] = SimpleQueue[dict[str, Any]]()
        line = f"{json.dumps({'id': number, **command})}\n".encode()
        assert self._server.stdin
        with self._lock:
            self._server.stdin.write(line)
            self._server.stdin.flush()
        try:
            return answers.get(timeout=ANSWER_SECONDS)
        except Empty:
            raise RuntimeError("The fork server does not answer.") from None
        finally:
            del self._answers[number]

    def _read(self) -> None:
        assert self._server.stdout
        for line in self._server.stdout:
            answer = json.loads(line)
            if "exited" in answer:
                self._end(answer["exited"], answer["code"])
            else:
                self._answers[answer.get("id", 0)].put(answer)

    def _end(self, pid: int, code: int) -> None:
        with self._lock:
            process = self._processes.pop(pid, None)
            if process is None:
                self._early_exits[pid] = code
            else:
                process.code = code
