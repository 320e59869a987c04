"""The file-system calls of an operation: their order, what survives a power cut, and a kill at any.

The operation runs in a child of a fork server, which waits at a gate until strace has attached, so
that only its own calls are counted.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from tg_pipeline_tests.chaos.processes import ProcessPool, ProcessStart, RunningProcess

TRACED: Final = (
    "openat,write,pwrite64,writev,fsync,fdatasync,link,linkat,rename,renameat,renameat2,"
    "unlink,unlinkat,mkdir,mkdirat,rmdir,utimensat,ftruncate"
)
OF_OPEN_FILES: Final = {"write", "pwrite64", "writev", "fsync", "fdatasync", "ftruncate"}

ACKNOWLEDGED: Final = "acknowledged"
"""What an operation writes when it reports success."""

SECONDS: Final = 60.0

_CALL: Final = re.compile(r"(?P<thread>\d+) +(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>.*)")
_TEXT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OPEN_FILE: Final = re.compile(r"\d+<([^>]*)>")
_FOLDER: Final = re.compile(r"(?:AT_FDCWD|\d+)<([^>]*)>, $")
_UNFINISHED: Final = re.compile(r"(\d+) +(.*) <unfinished \.\.\.>")
_RESUMED: Final = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")


@dataclass(frozen=True)
class SystemCall:
    """A call that succeeded or failed."""

    thread: int
    name: str
    number: int
    """How many calls of that name its thread made before, plus 1."""
    paths: tuple[str, ...]
    """What it names, absolute: of an open file, or of each path."""
    arguments: str
    has_failed: bool

    @property
    def changes_something(self) -> bool:
        return self.name != "openat" or "O_CREAT" in self.arguments or "O_TRUNC" in self.arguments

    @property
    def is_acknowledgement(self) -> bool:
        return self.name == "write" and f'"{ACKNOWLEDGED}' in self.arguments


@dataclass
class CrashLab:
    """Runs operations of `operations.py` under strace."""

    pool: ProcessPool
    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def trace(self, operation: str, place: Path) -> list[SystemCall]:
        """Run an operation to its end; return its calls that concern the place."""
        log = self.folder / f"trace-{next(self._numbers)}"
        process = self._run(operation, place, "-y", "-o", str(log))
        assert process.code == 0, process.text()
        calls = list(_parse(log.read_text("utf-8", "backslashreplace")))
        inside = [
            call
            for call in calls
            if call.is_acknowledgement or any(_is_in(path, place) for path in call.paths)
        ]
        assert inside[-1].is_acknowledgement, "the operation reports success at its end"
        return inside

    def kill_at(self, call: SystemCall, operation: str, place: Path) -> bool:
        """Run an operation until it is about to make a call; return whether it was killed."""
        injection = f"inject={call.name}:signal=KILL:when={call.number}"
        process = self._run(operation, place, "-o", os.devnull, "-e", injection)
        assert process.code in {0, -signal.SIGKILL}, process.text()
        return process.code != 0

    def _run(self, operation: str, place: Path, *options: str) -> RunningProcess:
        gate = self.folder / f"gate-{next(self._numbers)}"
        os.mkfifo(gate)
        arguments = {"name": operation, "place": str(place), "gate": str(gate)}
        process = self.pool.start(ProcessStart(operation, "operation", arguments))
        strace = shutil.which("strace")
        assert strace
        with gate.open("wb", buffering=0) as opened:
            tracer = subprocess.Popen(
                [strace, "-f", "-qq", "-p", str(process.pid), "-e", f"trace={TRACED}", *options],
                stderr=subprocess.PIPE,
            )
            _wait_until_traced(process, tracer)
            opened.write(b"!")
        deadline = time.monotonic() + SECONDS
        while process.code is None:
            assert time.monotonic() < deadline, f"{operation} does not end"
            time.sleep(0.002)
        tracer.communicate(timeout=SECONDS)
        gate.unlink()
        return process


def can_trace() -> bool:
    """Return whether strace is installed and may attach to a process."""
    strace = shutil.which("strace")
    if strace is None:
        return False
    done = subprocess.run([strace, "-qq", "-o", os.devnull, "true"], check=False)
    return done.returncode == 0


def _wait_until_traced(process: RunningProcess, tracer: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + SECONDS
    status = Path(f"/proc/{process.pid}/status")
    while "TracerPid:\t0\n" in status.read_text("ascii"):
        assert tracer.poll() is None, tracer.communicate()[1]
        assert time.monotonic() < deadline, "strace does not attach"
        time.sleep(0.002)


def _is_in(path: str, place: Path) -> bool:
    return path == str(place) or path.startswith(f"{place}/")


def _parse(log: str) -> Iterator[SystemCall]:
    seen = Counter[tuple[int, str]]()
    begun: dict[str, str] = {}
    for line in log.splitlines():
        if unfinished := _UNFINISHED.fullmatch(line):
            begun[unfinished[1]] = unfinished[2]
            continue
        whole = line
        if resumed := _RESUMED.fullmatch(line):
            whole = f"{resumed[1]} {begun.pop(resumed[1], '')}{resumed[2]}"
        if found := _CALL.fullmatch(whole):
            thread, name = int(found["thread"]), found["name"]
            seen[thread, name] += 1
            yield SystemCall(
                thread,
                name,
                seen[thread, name],
                tuple(_paths(name, found["arguments"])),
                found["arguments"],
                has_failed=found["result"].startswith("-1"),
            )


def _paths(name: str, arguments: str) -> Iterator[str]:
    if opened := _OPEN_FILE.match(arguments) if name in OF_OPEN_FILES else None:
        yield opened[1]
        return
    for text in _TEXT.finditer(arguments):
        folder = _FOLDER.search(arguments[: text.start()])
        yield os.path.normpath(Path(folder[1] if folder else "/", text[1]))


# What survives a power cut


@dataclass
class _File:
    """A file: its content may be only in memory."""

    is_synced: bool = False


@dataclass
class DurableDisk:
    """The calls of an operation, replayed on a disk that loses all that was not flushed.

    The content of a file survives from the `fsync` after its last write on, and a name from the
    `fsync` of its folder on. What was there before is taken for durable.
    """

    files: dict[str, _File] = field(default_factory=dict)
    """The files that were written, by each name."""
    volatile: set[str] = field(default_factory=set)
    """The names of files and folders that are not durable."""
    problems: list[str] = field(default_factory=list)

    def replay(self, calls: list[SystemCall], is_final: "re.Pattern[str]") -> None:
        """Apply calls; names that match are those of objects, which must never be half."""
        for call in calls:
            if not call.has_failed:
                self._apply(call, is_final)

    def lost_at_once(self, path: str) -> list[str]:
        """Return what of an object's path a power cut would lose now."""
        parents = [path, *map(str, Path(path).parents)]
        lost = [f"the name {each}" for each in parents if each in self.volatile]
        file = self.files.get(path)
        return [*lost, f"the content of {path}"] if file and not file.is_synced else lost

    def _apply(self, call: SystemCall, is_final: "re.Pattern[str]") -> None:
        match call.name:
            case "openat" if "O_CREAT" in call.arguments:
                self._create(call.paths[0])
            case "write" | "pwrite64" | "writev" | "ftruncate":
                self._change(call.paths[0], is_final)
            case "utimensat":
                pass  # of a file that is synced afterwards, or else only its time is lost
            case "fsync" | "fdatasync":
                self._sync(call.paths[0])
            case "mkdir" | "mkdirat":
                self.volatile.add(call.paths[-1])
            case "link" | "linkat" | "rename" | "renameat" | "renameat2":
                self._name(call, is_final)
            case "unlink" | "unlinkat" | "rmdir":
                self.files.pop(call.paths[-1], None)
                self.volatile.discard(call.paths[-1])

    def _create(self, path: str) -> None:
        if path not in self.files:
            self.files[path] = _File(is_synced=True)
            self.volatile.add(path)

    def _change(self, path: str, is_final: "re.Pattern[str]") -> None:
        if path in self.files:
            self.files[path].is_synced = False
        if is_final.search(path):
            self.problems.append(f"{path} is written under its own name")

    def _sync(self, path: str) -> None:
        if path in self.files:
            self.files[path].is_synced = True
        inside = {name for name in self.volatile if os.path.dirname(name) == path}  # noqa: PTH120
        self.volatile -= inside

    def _name(self, call: SystemCall, is_final: "re.Pattern[str]") -> None:
        source, target = call.paths[-2:]
        file = self.files.get(source)
        if file and is_final.search(target) and not file.is_synced:
            self.problems.append(f"{target} gets its name before its content is synced")
        if file:
            self.files[target] = file
            self.volatile.add(target)
        if call.name.startswith("rename"):
            self.files.pop(source, None)
            self.volatile.discard(source)
