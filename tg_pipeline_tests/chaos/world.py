"""`ChaosWorld`: runs the plan of a seed against real processes, and settles at the end.

Each kind of process has a slot, which starts the next one when the last has ended. All starts,
signals and faults are made by one loop; only updates are sent by threads.
"""

import heapq
import json
import signal
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final, TextIO
from zoneinfo import ZoneInfo

from tg_pipeline_tests.chaos import plan
from tg_pipeline_tests.chaos.clock import VirtualClock
from tg_pipeline_tests.chaos.deliveries import DeliveryQueue, PendingDelivery, Senders
from tg_pipeline_tests.chaos.processes import ProcessPool, ProcessStart, RunningProcess
from tg_pipeline_tests.chaos.reference import Reference, SentUpdate
from tg_pipeline_tests.chaos.sites import REBUILT, ChaosSite
from tg_pipeline_tests.fakes.ports import free_port
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.lambda_ingest.events import SECRET

ZONE: Final = ZoneInfo("America/Sao_Paulo")
TOKEN: Final = "8:of-a-test-bot"  # noqa: S105 - it opens nothing
POLLED_BOT: Final = 8
PATH: Final = "/telegram"

STEP_SECONDS: Final = 0.4
"""Between two times at which updates happen."""

CLEARANCE_DAYS: Final = 30
"""Days before the first update that belong to the partitions: wrong clocks reach back to them."""

STOPPED_SECONDS: Final = 0.5
"""How long a stopped process is left before it is killed."""

INGESTION: Final = ("serve", "poll", "lambda")
LIFETIME: Final = 4.0
"""Seconds that an ingestion process lives, at most."""

MAX_DUE: Final = 500
"""Deliveries that wait although they are due: with more, no further update happens. Those that are
due at a later time don't count, since the clock stands still meanwhile."""

BUILDERS: Final = 2
MAX_RUNS: Final = 4
"""Runs after which nothing may be left to build: the first builds it, the second finds nothing."""

COPIED_BOT: Final = 9
"""The bot of the updates that are only in copied files."""

END_SECONDS: Final = 240.0
"""How long a process may take that is not disturbed."""


@dataclass
class Tally:
    """What was done to the processes."""

    started: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    """By themselves, with success."""
    failed: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    terminated: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)
    limited: Counter[str] = field(default_factory=Counter)
    """Started with a limit on the size of files."""


@dataclass(eq=False)
class ProcessSlot:
    """The processes of one kind, one after the other."""

    next_start: Callable[[], tuple[ProcessStart, plan.Fate] | None]
    when_done: Callable[[RunningProcess], None] = lambda _: None
    current: RunningProcess | None = None
    not_before: float = 0.0


class ChaosWorld:
    """The processes, their surroundings, and what they were sent."""

    def __init__(self, seed: str, site: ChaosSite, days: int, seconds: float, out: TextIO) -> None:
        """Prepare a world whose updates happen on some days, all before today."""
        self.site, self.seed, self._out = site, seed, out
        self._random = Random(f"{seed} world")
        today = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        self.last = today - timedelta(hours=1)
        self.first = today - timedelta(days=days)
        self._steps = max(int(seconds / STEP_SECONDS), 1)
        self.start_date = (self.first - timedelta(days=CLEARANCE_DAYS)).date()
        self.clock = VirtualClock(site.folder / "clock")
        self.clock.set(self.first)
        self.reference = Reference(ZONE, self.last)
        self.queue = DeliveryQueue(self.clock, Random(f"{seed} queue"))
        self.senders = Senders(self.queue, self.reference, self.clock, Random(f"{seed} senders"))
        self.tally, self.problems = Tally(), list[str]()
        self._port, self._socket = free_port(), site.folder / "lambda"
        self._actions: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._telegram = TelegramServer(TOKEN)
        self._files: deque[list[PendingDelivery]] = deque()
        self._requested: deque[list[str]] = deque()
        self._outputs = site.outputs
        self._copies, self._copied = count(), 0

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings of all processes."""
        return {
            "TG_START_DATE": str(self.start_date),
            "TG_TIMEZONE": str(ZONE),
            "TELEGRAM_BOT_ID": str(plan.BOT),
            "TELEGRAM_SECRET_TOKEN": SECRET,
            "TG_WEBHOOK_PATH": PATH,
            "TELEGRAM_API_URL": self._telegram.url,
        }

    def run(self, seconds: float, deadline: float) -> None:
        """Disturb everything for some time, then let everything settle until a deadline."""
        self._deadline = deadline
        with ExitStack() as stack:
            stack.enter_context(self._telegram)
            environment = self.site.environment | self.settings
            self.pool = stack.enter_context(ProcessPool(environment, self._outputs))
            stack.enter_context(self.senders.running(self._port, PATH, self._socket))
            self._disturb(time.monotonic() + seconds)
            self._settle()
            self._rebuild()

    # The plan, carried out

    def _disturb(self, end: float) -> None:
        slots = [
            *map(self._ingestion_slot, INGESTION),
            self._landing_slot(),
            *(self._building_slot(f"builder {number}") for number in range(BUILDERS)),
        ]
        happens = plan.updates(self.seed, plan.clock(self.seed, self.first, self.last, self._steps))
        self._plan_faults(end)
        next_step = next_line = time.monotonic()
        while (now := time.monotonic()) < end:
            while self._actions and self._actions[0][0] <= now:
                heapq.heappop(self._actions)[2]()
            if now >= next_step and self.queue.due() < MAX_DUE:
                next_step = now + STEP_SECONDS
                self._happen(*next(happens))
            if now >= next_line:
                next_line = now + 10
                self.print_progress()
            for slot in slots:
                self._advance(slot, now)
            time.sleep(0.005)
        self._actions.clear()
        self.site.free()
        for slot in slots:
            if slot.current:
                self._signal(slot.current, signal.SIGKILL)
                self._wait(slot.current)
                slot.when_done(slot.current)

    def _advance(self, slot: ProcessSlot, now: float) -> None:
        if slot.current and slot.current.code is not None:
            done, slot.current = slot.current, None
            self._count_end(done)
            slot.when_done(done)
        if slot.current is None and now >= slot.not_before:
            planned = slot.next_start()
            if planned is None:
                slot.not_before = now + 0.05
                return
            what, fate = planned
            slot.current = self.start(what)
            self._plan_fate(slot.current, fate)

    def start(self, what: ProcessStart) -> RunningProcess:
        self.tally.started[what.name] += 1
        self.tally.limited[what.name] += bool(what.file_limit)
        return self.pool.start(what)

    def _count_end(self, process: RunningProcess) -> None:
        if process.code == 0:
            self.tally.ended[process.name] += 1
        elif process.code and process.code > 0:
            self.tally.failed[process.name] += 1
            if "Traceback (most recent call last)" in process.text():
                self._note_traceback(process)

    def _note_traceback(self, process: RunningProcess) -> None:
        """Report a traceback of a command: its users are to see one clear sentence."""
        if process.name in {"run", "status", "land", "serve", "poll"}:
            last = process.text().strip().splitlines()[-1]
            self.tally.failed[f"{process.name} with a traceback: {last[:150]}"] += 1

    def _plan_fate(self, process: RunningProcess, fate: plan.Fate) -> None:
        if fate.signal is None:
            return
        self._later(fate.after, lambda: self._meet(process, fate))

    def _meet(self, process: RunningProcess, fate: plan.Fate) -> None:
        assert fate.signal is not None
        self._signal(process, fate.signal)
        if fate.signal != signal.SIGSTOP:
            return
        if fate.resumed_after is None:
            self._later(STOPPED_SECONDS, lambda: self._signal(process, signal.SIGKILL))
        else:
            again = fate.resumed_after
            self._later(again, lambda: self._signal(process, signal.SIGCONT))
            self._later(again + LIFETIME, lambda: self._signal(process, signal.SIGKILL))

    def _signal(self, process: RunningProcess, number: int) -> None:
        if not self.pool.signal(process, number):
            return
        counts = {
            signal.SIGKILL: self.tally.killed,
            signal.SIGTERM: self.tally.terminated,
            signal.SIGSTOP: self.tally.stopped,
        }
        if number in counts:
            counts[signal.Signals(number)][process.name] += 1

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._actions, (time.monotonic() + seconds, next(self._numbers), act))

    def _wait(self, process: RunningProcess, seconds: float = END_SECONDS) -> bool:
        deadline = min(time.monotonic() + seconds, self._deadline)
        while process.code is None and time.monotonic() < deadline:
            time.sleep(0.005)
        return process.code is not None

    # Faults of the store

    def _plan_faults(self, end: float) -> None:
        random = Random(f"{self.seed} disk")
        at = 0.0
        while self.site.can_be_full and at < end - time.monotonic():
            at += random.uniform(3, 12)
            left = int(10 ** random.uniform(0, 5.5))
            lasts = random.uniform(0.2, 2)
            self._later(at, lambda left=left: self.site.fill(left))  # type: ignore[misc]
            self._later(at + lasts, self.site.free)

    # Updates

    def _happen(self, now: datetime, updates: list[plan.PlannedUpdate]) -> None:
        self.clock.set(now)
        for planned in updates:
            if planned.channels[0] == plan.POLL:
                self._push(planned, now)
            else:
                self._send(planned, now)
        if self._random.random() < 0.15:
            body = self._random.choice([b"not JSON", b"[]", b'{"a": 1}', b"\xff"])
            body += b" " * next(self._copies)
            self.reference.no_updates[body] = False
            self.queue.put(PendingDelivery(None, body, plan.WEBHOOK, now))
        if self._random.random() < 0.15:
            self._copy_file(now)

    def _send(self, planned: plan.PlannedUpdate, now: datetime) -> None:
        first, *copies = planned.channels
        body = planned.body(planned.update_id)
        key = (plan.BOT, planned.update_id)
        update = SentUpdate(key, body, planned.event_second, planned.is_message)
        self.reference.add(update)
        self.queue.put(PendingDelivery(update, body, first, now))
        for channel in copies:
            self.queue.put(PendingDelivery(update, body, channel, now + planned.copy_delay))
        if planned.is_contested:
            other = json.dumps({"update_id": planned.update_id, "other": {}}).encode()
            self.reference.contested.add(key)
            self.reference.no_updates[other] = False
            self.queue.put(PendingDelivery(None, other, first, now + planned.copy_delay / 2))

    def _push(self, planned: plan.PlannedUpdate, now: datetime) -> None:
        update_id = self._telegram.push(planned.body(0))
        if update_id is None:
            return  # of a type that the bot has not asked for
        self.reference.add(
            SentUpdate(
                (POLLED_BOT, update_id),
                self._telegram.sent[update_id],
                planned.event_second,
                planned.is_message,
                arrivals=[now],
                may_be_later=True,
            )
        )

    def _copy_file(self, now: datetime) -> None:
        """Put a file with updates and unreadable lines into a day's folder, as an operator may."""
        number, day = next(self._copies), self.reference.day_of(now)
        updates: list[SentUpdate] = []
        for _ in range(self._random.randint(1, 5)):
            key = (COPIED_BOT, self._copied + 1 + len(updates))
            body = json.dumps({"update_id": key[1], "poll": {"id": "1"}}).encode()
            updates.append(SentUpdate(key, body, None, is_message=False, copied_to=day))
        bad = self._random.randint(0, 2)
        lines = [each.body for each in updates] + [b"unreadable"] * bad
        self._random.shuffle(lines)
        name = f"telegram/context_date={day}/{COPIED_BOT}-copy{number}.ndjson"
        if not self.site.put(name, b"\n".join(lines)):
            return
        self._copied += len(updates)
        self.reference.bad_lines[day] += bad
        for update in updates:
            update.is_acknowledged = True
            self.reference.add(update)

    def _note_confirmed(self) -> None:
        """Record which polled updates were confirmed."""
        pending = set(self._telegram.pending)
        for key, update in self.reference.updates.items():
            if key[0] == POLLED_BOT:
                update.is_acknowledged = key[1] not in pending

    # What runs

    def _ingestion_slot(self, name: str) -> ProcessSlot:
        fates = plan.fates(self.seed, name, 1, LIFETIME)
        limits = plan.file_limits(self.seed, name)
        clocks = plan.wrong_clocks(self.seed, name)

        def start() -> tuple[ProcessStart, plan.Fate]:
            wrong_by = next(clocks)
            self.reference.wrong_by.add(wrong_by)
            what = self._ingestion(name, wrong_by)
            return replace(
                what,
                environment=what.environment | self.site.failing,
                file_limit=next(limits),
            ), next(fates)

        return ProcessSlot(start)

    def _ingestion(self, name: str, wrong_by: float = 0.0) -> ProcessStart:
        arguments: dict[str, Any] = {
            "clock": str(self.site.folder / "clock"),
            "wrong_by": wrong_by,
        }
        if name == "serve":
            return ProcessStart(name, name, arguments | {"port": self._port, "path": PATH})
        if name == "lambda":
            return ProcessStart(name, name, arguments | {"address": str(self._socket)})
        return ProcessStart(name, name, arguments, {"TELEGRAM_BOT_TOKEN": TOKEN})

    def _landing_slot(self) -> ProcessSlot:
        fates = plan.fates(self.seed, "land", 0.6, 0.8)
        limits = plan.file_limits(self.seed, "land")
        files: deque[list[PendingDelivery]] = deque()

        def start() -> tuple[ProcessStart, plan.Fate] | None:
            chosen = self.queue.take(plan.FILE, 40)
            if not chosen:
                return None
            files.append(chosen)
            return self._landing(chosen, next(limits)), next(fates)

        def done(process: RunningProcess) -> None:
            self._finish_landing(files.popleft(), process)

        return ProcessSlot(start, done)

    def _landing(self, chosen: list[PendingDelivery], limit: int = 0) -> ProcessStart:
        path = self._outputs / f"export-{next(self._copies)}.ndjson"
        path.write_bytes(b"\n".join(json.dumps(json.loads(each.body)).encode() for each in chosen))
        for each in chosen:
            if each.update:
                each.update.landings.append(datetime.now(UTC))
        arguments = ["land", str(path)]
        if self._random.random() < 0.3:
            arguments += ["--batch", "10"]
        return ProcessStart(
            "land", "command", {"arguments": arguments}, self.site.failing, file_limit=limit
        )

    def _finish_landing(self, chosen: list[PendingDelivery], process: RunningProcess) -> bool:
        has_landed = process.code == 0 or "rejected and kept" in process.text()
        for each in chosen:
            if each.update:
                each.update.landings.append(datetime.now(UTC))
                each.update.is_acknowledged |= has_landed
            elif has_landed:
                self.reference.no_updates[each.body] = True
            self.queue.done(each, is_acknowledged=has_landed)
        return has_landed

    def _building_slot(self, name: str) -> ProcessSlot:
        random = Random(f"{self.seed} {name}")
        fates = plan.fates(self.seed, name, 0.65, 1.5)
        limits = plan.file_limits(self.seed, name)
        cursor, requests = self._outputs / "cursor", self._outputs / f"requests {name}"

        def start() -> tuple[ProcessStart, plan.Fate]:
            what = self._build(random, str(cursor), str(requests))
            return replace(what, environment=self.site.failing, file_limit=next(limits)), next(
                fates
            )

        def done(process: RunningProcess) -> None:
            if process.name != "scan" or process.code != 0:
                return
            found = json.loads(requests.read_text("utf-8"))
            for first, last in found["ranges"]:
                begin, end = date.fromisoformat(first), date.fromisoformat(last)
                days = [str(begin + timedelta(days=n)) for n in range((end - begin).days + 1)]
                self._requested.append(days)
            if random.random() < 0.8:
                cursor.write_text(found["cursor"], "utf-8")

        return ProcessSlot(start, done)

    def _build(self, random: Random, cursor: str, requests: str) -> ProcessStart:
        if self._requested and random.random() < 0.7:
            days = self._requested.popleft()
            return ProcessStart("build", "build", {"days": days, "with_all_marts": False})
        match random.choices(range(5), [40, 25, 20, 8, 7])[0]:
            case 0:
                arguments = {"days": [], "with_all_marts": random.random() < 0.5}
                return ProcessStart("build", "build", arguments)
            case 1:
                span = (self.clock.now() - self.first).days + 1
                days = [
                    str(self.reference.day_of(self.first + timedelta(days=random.randrange(span))))
                    for _ in range(random.randint(1, 3))
                ]
                arguments = {"days": sorted(set(days)), "with_all_marts": False}
                return ProcessStart("build", "build", arguments)
            case 2:
                return ProcessStart("scan", "tick", {"cursor": cursor, "requests": requests})
            case 3:
                return ProcessStart("run", "command", {"arguments": ["run"]})
        return ProcessStart("status", "command", {"arguments": ["status", "--check"]})

    # The end

    def _settle(self) -> None:
        self.print("Settling: nothing is disturbed any more.")
        self._deliver_everything()
        for number in range(MAX_RUNS):
            text = self._command("run", f"run {number}", ["run"])
            if "nothing to build" in text:
                break
        else:
            self.problems.append(f"{MAX_RUNS} runs in a row found something to build")
        self._command("status", "status", ["status", "--check"])

    def _deliver_everything(self) -> None:
        self.queue.is_patient = False
        self.clock.set(self.last)
        servers = [self.start(self._ingestion(name)) for name in INGESTION]
        deadline = min(time.monotonic() + END_SECONDS, self._deadline)
        while (len(self.queue) or self._telegram.pending) and time.monotonic() < deadline:
            if ended := [server for server in servers if server.code is not None]:
                self.problems += [f"{each.name} ended: {each.text()[-300:]}" for each in ended]
                break
            while chosen := self.queue.take(plan.FILE, 500):
                landing = self.start(replace(self._landing(chosen), environment={}))
                self._wait(landing)
                if not self._finish_landing(chosen, landing):
                    self.problems.append(f"land failed at the end: {landing.text()[-300:]}")
            time.sleep(0.05)
        self._note_confirmed()
        if left := len(self.queue) + len(self._telegram.pending):
            self.problems.append(f"{left} updates were never accepted, with nothing disturbed")
        for server in servers:
            self.pool.signal(server, signal.SIGTERM)
            if not self._wait(server, 20):
                self.problems.append(f"{server.name} did not stop on SIGTERM")

    def _command(self, name: str, what: str, arguments: list[str], **environment: str) -> str:
        """Run a command without a disturbance, and return what it prints."""
        process = self.start(ProcessStart(name, "program", {"arguments": arguments}, environment))
        if not self._wait(process):
            self.pool.signal(process, signal.SIGKILL)
        text = process.text()
        if process.code != 0:
            self.problems.append(f"{what} ended with {process.code}: {text[-500:]}")
        return text

    def _rebuild(self) -> None:
        """Build everything again in another lake."""
        self._command("run", "the rebuild", ["run"], TG_LAKE_URI=f"{self.site.root_uri}/{REBUILT}")

    def print(self, line: str) -> None:
        self._out.write(f"{line}\n")
        self._out.flush()

    def print_progress(self) -> None:
        self._note_confirmed()
        updates = self.reference.updates.values()
        acknowledged = sum(update.is_acknowledged for update in updates)
        self.print(
            f"  {self.reference.day_of(self.clock.now())}: {self.tally.killed.total()} kills, "
            f"{self.site.faults.total()} faults, {len(updates)} updates, "
            f"{acknowledged} acknowledged, {len(self.queue)} waiting"
        )
