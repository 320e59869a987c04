"""Starts the product's processes by forking one that has imported it: in milliseconds.

Commands are lines of JSON on standard input, answers and the ends of processes lines on standard
output. Only this process signals its children, and only before it has reaped them, so that no
signal ever reaches another process that got the same number.
"""

import ctypes
import json
import os
import resource
import selectors
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, Final

PR_SET_PDEATHSIG: Final = 1
"""https://man7.org/linux/man-pages/man2/prctl.2.html"""


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent ends, however that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class ForkServer:
    """The parent of all processes of a world."""

    def __init__(self) -> None:
        self._children: set[int] = set()
        self._wakeup, self._woken = socket.socketpair()
        for end in (self._wakeup, self._woken):
            end.settimeout(0)

    def serve(self) -> None:
        """Serve until standard input ends; then kill all children."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        self._answer({"ready": os.getpid()})
        with selectors.DefaultSelector() as ready:
            ready.register(sys.stdin.fileno(), selectors.EVENT_READ)
            ready.register(self._wakeup, selectors.EVENT_READ)
            pending = b""
            while True:
                ready.select()
                self._reap()
                with suppress(BlockingIOError):
                    self._wakeup.recv(4096)
                if not _is_readable(sys.stdin.fileno()):
                    continue
                chunk = os.read(sys.stdin.fileno(), 1 << 16)
                if not chunk:
                    break
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    self._do(json.loads(line))
        self._kill_all()

    def _do(self, command: dict[str, Any]) -> None:
        if command["do"] == "start":
            pid = self._start(command)
            self._answer({"id": command["id"], "pid": pid})
            return
        self._reap()
        is_alive = command["pid"] in self._children
        if is_alive:
            with suppress(ProcessLookupError):
                os.killpg(command["pid"], command["signal"])
        self._answer({"id": command["id"], "delivered": is_alive})

    def _start(self, command: dict[str, Any]) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._children.add(pid)
            with suppress(OSError):
                os.setpgid(pid, pid)  # the child does it too: the first call counts
            return pid
        os.setpgid(0, 0)
        die_with_parent()
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        self._become_child(command)
        from tg_pipeline_tests.chaos.entries import ENTRIES  # noqa: PLC0415

        sys.exit(ENTRIES[command["entry"]](**command["arguments"]))

    def _become_child(self, command: dict[str, Any]) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._wakeup.close()
        self._woken.close()
        nothing = os.open(os.devnull, os.O_RDONLY)
        output = os.open(command["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(nothing, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.environ.update(command["environment"])
        if limit := command["file_limit"]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self._children.discard(pid)
            self._answer({"exited": pid, "code": os.waitstatus_to_exitcode(status)})

    def _kill_all(self) -> None:
        for pid in self._children:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        while self._children:
            pid, _ = os.waitpid(-1, 0)
            self._children.discard(pid)

    def _answer(self, answer: dict[str, Any]) -> None:
        os.write(sys.stdout.fileno(), f"{json.dumps(answer)}\n".encode())


def _is_readable(descriptor: int) -> bool:
    with selectors.DefaultSelector() as ready:
        ready.register(descriptor, selectors.EVENT_READ)
        return bool(ready.select(0))


def main() -> None:
    """Import the product, and serve."""
    die_with_parent()
    # Ends with the parent, not with a Ctrl-C that the parent handles.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import tg_pipeline_tests.chaos.entries  # noqa: F401, PLC0415

    ForkServer().serve()


if __name__ == "__main__":
    main()
