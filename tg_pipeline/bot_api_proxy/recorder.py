"""`CallRecorder`: record a bot's calls beside its work; `UpdateStore`: store its updates before it.

A call must never fail or wait because of the store: it is in the spool when it is passed on, and
lands from there. Updates are the other way round: the bot gets them only when they are stored.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock, Thread
from typing import Any, Final

from lambda_ingest.landing import TrustLevel
from lambda_ingest.synthetic.bot_calls import bot_call_lines
from lambda_ingest.writer import LandingWriter
from tg_pipeline.bot_api_proxy.spool import UNKNOWN, CallSpool, Outcome, SpooledCall
from tg_pipeline.landing.update_storage import check_clock, store_durably
from tg_pipeline.landing.writer import Delivery
from tg_pipeline.telegram.polling import NotStoredError

Report = Callable[[str], None]
"""Takes one sentence for the operator."""

REPORT_INTERVAL: Final = 60.0
"""Seconds between two reports about one kind of trouble."""

LAND_AT_ONCE: Final = 64
"""Calls that land together."""

MAX_RETRY_SECONDS: Final = 30.0
"""Between two attempts to land, at most; the first pause is half a second, and each doubles."""

FLUSH_SECONDS: Final = 5.0
"""How long the end waits for calls to land; the others wait in the spool for the next start."""


@dataclass(frozen=True, slots=True)
class Writers:
    """The landing zone, for the updates and the calls of several bots."""

    writer: LandingWriter
    """Of updates from the network; its bot counts if `is_only_bot`."""

    uri: str
    is_only_bot: bool
    """Whether calls of other bots are refused."""

    def serves(self, bot_id: int) -> bool:
        """Return whether a bot's calls are passed on."""
        return not self.is_only_bot or bot_id == self.writer.bot_id

    def of_updates(self, bot_id: int) -> LandingWriter:
        """Return the writer of a bot's updates."""
        return replace(self.writer, bot_id=bot_id)

    def of_calls(self, bot_id: int) -> LandingWriter:
        """Return the writer of a bot's calls."""
        return replace(self.writer, bot_id=bot_id, trust=TrustLevel.PROXY)


@dataclass(frozen=True, slots=True)
class UpdateStore:
    """Stores the updates that a bot is about to get."""

    writers: Writers
    now: Callable[[], datetime]
    report: Report

    def store(self, bot_id: int, updates: list[bytes], clock_error: timedelta | None) -> None:
        """Return when all updates are durable; raises NotStoredError."""
        check_clock(clock_error)
        now, writer = self.now(), self.writers.of_updates(bot_id)
        deliveries = [Delivery(body, now, "getUpdates") for body in updates]
        for outcome in store_durably(writer, self.writers.uri, deliveries):
            taken = outcome.taken
            if moved := taken.new_migration:
                self.report(
                    f"Chat {moved.old} became {moved.new}; its messages are kept as well from now "
                    "on."
                )
            if taken.privacy_warning:
                self.report(taken.privacy_warning)


@dataclass(slots=True)
class Throttle:
    """Passes a report about one kind of trouble on, if the last one is old enough."""

    report: Report
    clock: Callable[[], float] = time.monotonic
    _last: float | None = None

    def __call__(self, sentence: str) -> None:
        """Report, or not."""
        now = self.clock()
        if self._last is None or now - self._last >= REPORT_INTERVAL:
            self._last = now
            self.report(sentence)

    def reset(self) -> bool:
        """Let the next report pass; return whether there was one before."""
        was_reported, self._last = self._last is not None, None
        return was_reported


@dataclass(slots=True)
class CallRecorder:
    """Takes calls into the spool, and lands them in threads of its own."""

    spool: CallSpool
    writers: Writers
    report: Report
    not_recorded: int = 0
    """Calls that were made, but are recorded nowhere."""

    _outcomes: "queue.SimpleQueue[tuple[SpooledCall, Outcome] | None]" = field(
        default_factory=queue.SimpleQueue
    )
    _ready: "queue.SimpleQueue[str | None]" = field(default_factory=queue.SimpleQueue)
    _waiting: int = 0
    _counting: Lock = field(default_factory=Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[Thread] = field(default_factory=list)
    _full: Throttle = field(init=False)
    _broken: Throttle = field(init=False)
    _unstored: Throttle = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the reports."""
        self._full, self._broken, self._unstored = (Throttle(self.report) for _ in range(3))

    @property
    def waiting(self) -> int:
        """How many calls are in the spool, made or about to be made."""
        return self._waiting

    def start(self) -> int:
        """Start the threads, which land what an earlier proxy left first; return how many calls."""
        left = self.spool.names()
        self._waiting = len(left)
        for name in left:
            self._ready.put(name)
        for work in (self._complete_all, self._land_all):
            thread = Thread(target=work, daemon=True, name=work.__name__)
            thread.start()
            self._threads.append(thread)
        return len(left)

    def stop(self) -> None:
        """Land what is ready, within FLUSH_SECONDS, and end the threads."""
        deadline = time.monotonic() + FLUSH_SECONDS
        self._outcomes.put(None)
        self._threads[0].join(max(0.0, deadline - time.monotonic()))
        self._ready.put(None)
        self._threads[1].join(max(0.0, deadline - time.monotonic()))
        self._stopping.set()
        self._threads[1].join(max(1.0, deadline - time.monotonic()))
        self.spool.close()
        if self._waiting:
            self.report(f"Calls in the spool, which land at the next start: {self._waiting:,}.")
        if self.not_recorded:
            self.report(f"Calls that were passed on, but not recorded: {self.not_recorded:,}.")

    def begin(self, bot_id: int, method: str, params: Mapping[str, Any]) -> SpooledCall | None:
        """Return when a call is durable in the spool; None if it can't be recorded, but be made."""
        try:
            spooled = self.spool.begin(bot_id, method, params)
        except OSError as error:
            self._count_unrecorded()
            self._broken(f"Calls are not recorded: the spool can't be written to: {error}.")
            return None
        if spooled is None:
            self._count_unrecorded()
            self._full(
                "Calls are not recorded: the spool is full (TG_PROXY_SPOOL_BYTES), as calls can't "
                "land as fast as they are made."
            )
            return None
        with self._counting:
            self._waiting += 1
        return spooled

    def finish(self, spooled: SpooledCall, outcome: Outcome = UNKNOWN) -> None:
        """Have a call land with its outcome; returns at once."""
        self._outcomes.put((spooled, outcome))

    def discard(self, spooled: SpooledCall) -> None:
        """Delete a call that was not made."""
        self._delete(spooled.name)

    def _count_unrecorded(self) -> None:
        with self._counting:
            self.not_recorded += 1

    def _complete_all(self) -> None:
        while (item := self._outcomes.get()) is not None:
            spooled, outcome = item
            try:
                self.spool.complete(spooled, outcome)
            except OSError as error:
                # The call alone is in the spool, and lands at the next start.
                self._broken(f"The outcome of a call is not recorded: {error}.")
                continue
            self._ready.put(spooled.name)

    def _land_all(self) -> None:
        while (names := self._take()) is not None:
            failures = 0
            while True:
                try:
                    self._land(names)
                except NotStoredError as error:
                    self._unstored(
                        f"{error} Calls are passed on, and wait in the spool: {self._waiting:,}."
                    )
                    if self._stopping.wait(min(MAX_RETRY_SECONDS, 0.5 * 2**failures)):
                        return
                    failures = min(failures + 1, 10)
                else:
                    break
            if self._unstored.reset():
                self.report("Calls can be stored again.")

    def _take(self) -> list[str] | None:
        """Return the calls that are ready, at least one; None at the end."""
        first = self._ready.get()
        if first is None or self._stopping.is_set():
            return None
        names = [first]
        while len(names) < LAND_AT_ONCE:
            try:
                name = self._ready.get_nowait()
            except queue.Empty:
                break
            if name is None:
                self._ready.put(None)
                break
            names.append(name)
        return names

    def _land(self, names: list[str]) -> None:
        """Land calls and delete them; those that have landed before are landed as they were."""
        calls = [call for name in names if (call := self._read(name))]
        for bot_id in dict.fromkeys(call.bot_id for call in calls):
            # As if they arrived when they were made: so each has one key, however late it lands.
            deliveries = [
                Delivery(line, each.call.called_at, "a call")
                for each in calls
                if each.bot_id == bot_id
                for line in bot_call_lines(each.call)
            ]
            for _ in store_durably(self.writers.of_calls(bot_id), self.writers.uri, deliveries):
                pass
        for call in calls:
            self._delete(call.name)

    def _read(self, name: str) -> SpooledCall | None:
        try:
            call = self.spool.read(name)
        except FileNotFoundError:
            return None  # deleted by the attempt before, which failed later
        except (OSError, ValueError, KeyError, TypeError):
            self.report(f"A call in the spool can't be read, and stays there: {name}.")
            return None
        if call is None:
            # If this attempt fails, the next one reads the name again.
            self._delete(name, keeps_file=False)
        return call

    def _delete(self, name: str, *, keeps_file: bool = True) -> None:
        try:
            self.spool.delete(name, keeps_file=keeps_file)
        except OSError as error:
            self._broken(f"A call can't be deleted from the spool: {error}.")
        with self._counting:
            self._waiting -= 1
