"""Worker processes of this machine (`TG_WORKERS`), which run the tasks of a large day."""

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import count
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from lambda_ingest.privacy.suppression import Tombstones
from lambda_ingest.store import StoreError
from tg_pipeline.builds.layers import IN_THIS_PROCESS, EnrichedRows, Enrichment, RowMarks
from tg_pipeline.builds.monitoring.day_size import listed_updates
from tg_pipeline.builds.raw_updates import LandingSource, SplitLines, split_here
from tg_pipeline.lake.partitions import Lake, Partition
from tg_pipeline.layers.enriched.pseudonyms import PersonalDataRules
from tg_pipeline.parallel.layers import EnrichByTasks, SplitByTasks, TaskSize
from tg_pipeline.parallel.parent import follow_parent
from tg_pipeline.parallel.shards import read_shard
from tg_pipeline.parallel.tasks import ShardPlace, Task, TaskReport, raise_failure, run_task
from tg_pipeline.storage.object_store import shared_uri

LEAST_UPDATES: Final = 250_000
"""Updates of a day from which several processes build it. Each takes most of a CPU second to start,
in which one process reads and enriches about fifty thousand updates."""

TASK_SIZE: Final = TaskSize(objects=1_000, bytes=2 * 1024 * 1024, rows=1)
"""What takes some tenths of a second, so that a day of LEAST_UPDATES is a task for each of many
processes: of compressed objects 20,000 to 40,000 updates, or one row group."""

TASKS_PER_WORKER: Final = 2
"""Tasks given to the workers ahead of the build. Times the size of a task, this bounds the space
that shards take."""


class WorkersKilledError(StoreError):
    """A worker process was killed: the message says what to do."""


class WorkerProcesses:
    """Runs tasks in processes that start with the first large day, and end with the block."""

    def __init__(self, lake: Lake, processes: int, least_updates: int = LEAST_UPDATES) -> None:
        """Prepare `processes` for days of `lake` with at least `least_updates`."""
        self._lake, self._processes, self._least_updates = lake, processes, least_updates
        self._running: _Running | None = None
        self._stack = ExitStack()

    def split_objects(
        self, landing: LandingSource, objects: pa.Table, tombstones: Tombstones
    ) -> Iterable[SplitLines]:
        """Return the lines of landed objects, which workers read if they are many.

        One of the SplitObjects.
        """
        # Names are looked at only if there are workers: a day may have millions.
        uri = shared_uri(landing.store) if self._processes > 1 else None
        if uri is None or not self.are_for(listed_updates(objects)):
            return split_here(landing, objects, tombstones)
        return SplitByTasks(self, uri, TASK_SIZE)(landing, objects, tombstones)

    def enrichment(self, day: date) -> Enrichment:
        """Return what enriches a day: workers, if it is large."""
        return _LargeDays(self, day)

    def are_for(self, updates: int) -> bool:
        """Return whether workers build a day of as many updates; none reaches a lake in memory."""
        is_large = self._processes > 1 and updates >= self._least_updates
        return is_large and shared_uri(self._lake.store) is not None

    def run(self, task: Task, ranges: Iterable[bytes]) -> Iterator[TaskReport]:
        """Run a task for each range, and yield the reports in the order of the ranges.

        Raises what a task raises, and WorkersKilledError.
        """
        pending: deque[Future[TaskReport]] = deque()
        running = self._start()
        try:
            for given in ranges:
                pending.append(running.submit(task, given))
                if len(pending) > TASKS_PER_WORKER * self._processes:
                    yield _first(pending)
            while pending:
                yield _first(pending)
        except BrokenProcessPool:
            self._end()
            raise WorkersKilledError(
                f"One of {self._processes} worker processes was killed, probably because memory "
                "ran out: set TG_WORKERS to a smaller number, or give the machine more memory."
            ) from None
        finally:
            for future in pending:
                future.cancel()

    def rows(self, report: TaskReport, name: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a shard, which is removed then; raises StoreError."""
        return read_shard(self._start().shards, report.shards[name])

    def __enter__(self) -> Self:
        """Return the processes, none of which is started."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes once they have finished what they are at, and remove the shards."""
        self._end()

    def _start(self) -> "_Running":
        if self._running is None:
            # Removed after the pool has ended: workers write into it.
            folder = self._stack.enter_context(self._lake.temp_dir())
            # Spawned: a fork would copy the threads' locks of the stores, and of Arrow.
            spawn = multiprocessing.get_context("spawn")
            pool = ProcessPoolExecutor(self._processes, spawn, initializer=follow_parent)
            self._stack.callback(pool.shutdown, cancel_futures=True)
            uri = shared_uri(self._lake.store) or ""
            self._running = _Running(pool, uri, Lake(folder.as_uri()), folder.as_uri(), count())
        return self._running

    def _end(self) -> None:
        self._running = None
        self._stack.close()


@dataclass(frozen=True, slots=True)
class _Running:
    """Processes, and the folder for their shards."""

    pool: ProcessPoolExecutor
    lake_uri: str
    shards: Lake
    shards_uri: str
    numbers: "count[int]"

    def submit(self, task: Task, given: bytes) -> Future[TaskReport]:
        key = f"{next(self.numbers)}"
        return self.pool.submit(_run_there, task, self.lake_uri, self.shards_uri, key, given)


def _first(pending: deque[Future[TaskReport]]) -> TaskReport:
    report = pending.popleft().result()
    raise_failure([report])
    return report


def _run_there(task: Task, lake_uri: str, shards_uri: str, key: str, given: bytes) -> TaskReport:
    """Run a task, in a worker."""
    return run_task(task, _open(lake_uri), ShardPlace(_open(shards_uri), key), given)


@cache
def _open(uri: str) -> Lake:
    """Open a lake once per process, which keeps its connections."""
    return Lake(uri)


@dataclass(frozen=True, slots=True)
class _LargeDays:
    """Enriches a large day in workers, and any other here: an Enrichment."""

    workers: WorkerProcesses
    day: date

    def shared_events(self, deduped: Partition) -> pa.Table:
        return self._of(deduped).shared_events(deduped)

    def enriched(
        self, deduped: Partition, marks: RowMarks, rules: PersonalDataRules
    ) -> Iterable[EnrichedRows]:
        return self._of(deduped).enriched(deduped, marks, rules)

    def _of(self, deduped: Partition) -> Enrichment:
        if self.workers.are_for(deduped.rows):
            return EnrichByTasks(self.workers, self.day, TASK_SIZE)
        return IN_THIS_PROCESS
