"""`CallSpool`: calls on the local disk, from before they are passed on until they have landed.

A call is a file with a line, which is durable before the call reaches Telegram. A second line has
the outcome, too. The file is emptied when the call has landed, so what a killed proxy leaves is
landed by the next one: without an outcome if there is no second line.

An empty file is kept for another call, as a new one would cost a second sync: that of the folder.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

from filelock import FileLock, Timeout

from lambda_ingest.local_disk import create_folder, sync
from lambda_ingest.synthetic.bot_calls import BotCall, CallSource
from tg_pipeline.exceptions import CommandError

CALL: Final = ".call"
"""The end of the name of a call's file."""

LOCK: Final = "lock"

IDENTITY_BYTES: Final = 12
"""Of the random number that tells calls of one millisecond apart."""

SPARE_FILES: Final = 16
"""As many as calls are written at once; more are deleted."""

_ERRORS: Final = ("error_code", "description", "parameters")


@dataclass(frozen=True, slots=True)
class SpooledCall:
    """A call, and the bot that made it."""

    name: str
    """The name of its file, without the end."""

    bot_id: int
    call: BotCall

    def to_line(self) -> bytes:
        """Return a line of a file."""
        call = self.call
        fields = {
            "bot_id": self.bot_id,
            "method": call.method,
            "params": dict(call.params),
            "called_at_ms": _milliseconds(call.called_at),
            "identity": call.identity.decode("ascii"),
            "ok": call.ok,
            "result": call.result,
            "error": dict(call.error),
            "ms": call.milliseconds,
        }
        return json.dumps(fields, separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, name: str, line: bytes) -> "SpooledCall":
        """Read a line of a file; raises ValueError, KeyError or TypeError if it is damaged."""
        fields = json.loads(line)
        call = BotCall(
            method=fields["method"],
            params=fields["params"],
            source=CallSource.PROXY,
            called_at=datetime.fromtimestamp(fields["called_at_ms"] / 1000, UTC),
            identity=fields["identity"].encode("ascii"),
            ok=fields["ok"],
            result=fields["result"],
            error=fields["error"],
            milliseconds=fields["ms"],
        )
        return cls(name, fields["bot_id"], call)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a call after it: nothing, if `ok` is None."""

    ok: bool | None
    result: Any = None
    error: Mapping[str, Any] = field(default_factory=dict)
    milliseconds: int | None = None


UNKNOWN: Final = Outcome(None)


class CallSpool:
    """The calls of a folder that have not landed; for several threads."""

    def __init__(self, folder: Path, max_bytes: int, now: Callable[[], datetime]) -> None:
        """Open a folder, which no other proxy may use; raises CommandError and OSError."""
        create_folder(folder)
        self._folder, self._max_bytes, self._now = folder, max_bytes, now
        self._lock = FileLock(folder / LOCK)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise CommandError(
                f"Another proxy uses {folder} at this moment: set TG_PROXY_SPOOL to another folder."
            ) from None
        self._counting = Lock()
        sizes = {path.stem: path.stat().st_size for path in self._files()}
        self._bytes = sum(sizes.values())
        # Those of a killed proxy, too, whose names were perhaps not durable yet.
        self._spare = [name for name, size in sizes.items() if not size]
        sync(folder)

    def close(self) -> None:
        """Delete the spare files, and let another proxy use the folder."""
        for name in self._spare:
            with suppress(OSError):
                self._path(name).unlink()
        self._spare.clear()
        self._lock.release()

    def begin(self, bot_id: int, method: str, params: Mapping[str, Any]) -> SpooledCall | None:
        """Write a call durably, before it is made; None if the spool is full. Raises OSError."""
        identity = secrets.token_hex(IDENTITY_BYTES).encode("ascii")
        called_at = self._now()
        called_at = called_at.replace(microsecond=called_at.microsecond // 1000 * 1000)
        new_name = f"{_milliseconds(called_at):015}-{identity.decode('ascii')}"
        spooled = SpooledCall(
            new_name, bot_id, BotCall(method, params, CallSource.PROXY, called_at, identity)
        )
        line = spooled.to_line()
        with self._counting:
            if self._bytes + len(line) > self._max_bytes:
                return None
            self._bytes += len(line)
            spare = self._spare.pop() if self._spare else None
        path = self._path(spare or new_name)
        try:
            if spare:
                _append(path, line)
            else:
                _append(path, line, os.O_CREAT | os.O_EXCL)
                sync(self._folder)
        except OSError:
            with self._counting:
                self._bytes -= len(line)
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise
        return replace(spooled, name=spare) if spare else spooled

    def complete(self, spooled: SpooledCall, outcome: Outcome) -> None:
        """Write a call's outcome durably, before it lands; raises OSError."""
        call = replace(
            spooled.call,
            ok=outcome.ok,
            result=outcome.result,
            error={name: outcome.error[name] for name in _ERRORS if name in outcome.error},
            milliseconds=outcome.milliseconds,
        )
        line = replace(spooled, call=call).to_line()
        with self._counting:
            self._bytes += len(line)
        _append(self._path(spooled.name), line)

    def read(self, name: str) -> SpooledCall | None:
        """Read a call, with its outcome if that is known; None if it was never passed on.

        Raises OSError, and ValueError, KeyError or TypeError if its file is damaged.
        """
        # What follows the last line break was being written when the proxy was killed.
        lines = self._path(name).read_bytes().split(b"\n")[:-1]
        return SpooledCall.from_line(name, lines[-1]) if lines else None

    def delete(self, name: str, *, keeps_file: bool = True) -> None:
        """Delete a call, when it has landed or was not made; raises OSError.

        With `keeps_file`, its file can be used again, so the name must not be used any more.
        """
        path = self._path(name)
        try:
            size = path.stat().st_size
            is_kept = keeps_file and len(self._spare) < SPARE_FILES
            if is_kept:
                os.truncate(path, 0)
            else:
                path.unlink()
        except FileNotFoundError:
            return
        with self._counting:
            self._bytes -= size
            if is_kept:
                self._spare.append(name)

    def names(self) -> list[str]:
        """Return the names of the calls in the folder, without spare files."""
        return sorted(path.stem for path in self._files() if path.stat().st_size)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{CALL}"

    def _files(self) -> list[Path]:
        return [path for path in self._folder.iterdir() if path.suffix == CALL]


def _append(path: Path, line: bytes, flags: int = 0) -> None:
    """Add a line to a file, durably; raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
