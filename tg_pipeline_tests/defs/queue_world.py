"""A world around the queue: objects that land, runs that build them or fail, and a clock."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from obstore.store import MemoryStore

from tg_pipeline.builds.staleness import ONE_DAY
from tg_pipeline.defs.due_runs import plan
from tg_pipeline.defs.late_days import Look
from tg_pipeline.defs.queue_turn import Pace, Surroundings, Turn, take_turn
from tg_pipeline.defs.tried_days import DueDay, TriedDays
from tg_pipeline.events.memory import Memory
from tg_pipeline.events.messages import LandingAddress
from tg_pipeline.lake.landing_zone import iter_days
from tg_pipeline_tests.defs.forms import ZONE
from tg_pipeline_tests.fakes.sqs import BUCKET, FakeQueue, landed, tick_of

FIRST: Final = datetime(2026, 10, 20, 12, tzinfo=ZONE)
NIGHT: Final = time(3)


class World:
    """What a landing zone, a lake and Dagster's history hold, in short.

    It looks at no day of itself, as the listing does: only what the queue names is ever built.
    """

    def __init__(self, seed: int) -> None:
        self.now = FIRST
        self.queue = FakeQueue(self.seconds, Random(seed))  # noqa: S311
        self.landed: Counter[date] = Counter()
        self.built: Counter[date] = Counter()
        self.nightly: Counter[date] = Counter()
        self.asked_late: dict[tuple[date, int], int] = defaultdict(int)
        self.cursor = ""
        self.is_busy = False
        """Whether a backfill is under way."""

    def seconds(self) -> float:
        """Give the clock's seconds."""
        return self.now.timestamp()

    def land(self, days_ago: int, copies: int) -> None:
        """Land an object; its message comes once or more often."""
        day = self.now.astimezone(ZONE).date() - days_ago * ONE_DAY
        self.landed[day] += 1
        self.queue.send(*[landed(day, f"7-{self.landed[day]}.json")] * copies)

    def wait(self, span: timedelta, ticks: int = 1) -> None:
        """Let time go by; each night the tick comes, as often as it is said."""
        end = self.now + span
        while (tick := self._next_night()) <= end:
            self.now = tick
            self.queue.send(*[tick_of(tick)] * ticks)
        self.now = end

    def turn(self) -> Turn:
        """Take a turn with the memory that was recorded last."""
        around = Surroundings(
            self.now,
            LandingAddress.of(f"s3://{BUCKET}"),
            MemoryStore(),
            self._look,
            lambda day: self.nightly[day] > 0,
            is_busy=self.is_busy,
        )
        return take_turn(self.queue, Memory.read(self.cursor), around, Pace())

    def record(self, turn: Turn) -> None:
        """Record what a turn remembers."""
        self.cursor = turn.decision.memory.as_cursor()

    def run(self, turn: Turn, *, fails: bool = False) -> None:
        """Run what a turn asks for."""
        for request in turn.decision.requests:
            if request.partition_key:
                days = [date.fromisoformat(request.partition_key)]
                self.nightly[days[0]] += 1
            else:
                ends = (
                    request.tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end")
                )
                days = list(iter_days(*map(date.fromisoformat, ends)))
                for day in days:
                    self.asked_late[day, self.landed[day]] += 1
            for day in days if not fails else []:
                self.built[day] = self.landed[day]

    def settle(self) -> None:
        """Let two days go by without a tick, while all works and nobody backfills."""
        self.is_busy = False
        for _ in range(60):
            turn = self.turn()
            self.run(turn)
            self.record(turn)
            self.wait(timedelta(hours=1), ticks=0)

    def _look(self, touched: Collection[date], tried: TriedDays) -> Look:
        due = [day for day in sorted(touched) if self.built[day] != self.landed[day]]
        states = [DueDay(day, str(self.landed[day]), str(self.built[day])) for day in due]
        return Look(len(touched), plan(states, [], tried))

    def _next_night(self) -> datetime:
        local = self.now.astimezone(ZONE)
        tonight = datetime.combine(local.date(), NIGHT, ZONE)
        return tonight if tonight > local else tonight + ONE_DAY
