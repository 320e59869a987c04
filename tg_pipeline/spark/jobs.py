"""Runs tasks on executors, a few waves ahead of the driver, which reads their shards in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final
from uuid import uuid4

import msgspec
import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from lambda_ingest.store import StoreError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.parallel.shards import read_shard
from tg_pipeline.parallel.tasks import ShardPlace, Task, TaskReport, raise_failure, run_task

WAVES: Final = 2
"""Spark jobs at a time: while the driver reads the shards of one, executors run the other."""

TASKS_PER_CORE: Final = 2
"""Tasks of a wave for each core: some take longer than others."""

TASKS: Final = "number long, task binary"
REPORTS: Final = "number long, report binary"


@dataclass(frozen=True, slots=True)
class SparkJobs:
    """Runs tasks whose shards are kept below `folder` in a lake."""

    spark: SparkSession
    lake: Lake
    lake_uri: str
    folder: str

    @property
    def cores(self) -> int:
        """The cores of the executors that Spark has now."""
        return max(int(self.spark.sparkContext.defaultParallelism), 1)

    def run(self, task: Task, ranges: Iterable[bytes]) -> Iterator[TaskReport]:
        """Run a task for each range, and yield the reports in the order of the ranges.

        Who takes a report reads its shards. Raises StoreError.
        """
        numbered = iter(enumerate(ranges))
        pending: deque[Future[list[TaskReport]]] = deque()
        with ThreadPoolExecutor(WAVES) as pool:
            try:
                while wave := list(islice(numbered, TASKS_PER_CORE * self.cores)):
                    pending.append(pool.submit(self._run_wave, task, wave))
                    if len(pending) == WAVES:
                        yield from pending.popleft().result()
                while pending:
                    yield from pending.popleft().result()
            finally:
                if pending:
                    self.spark.sparkContext.cancelAllJobs()

    def rows(self, report: TaskReport, name: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a shard, which is removed then; raises StoreError."""
        return read_shard(self.lake, report.shards[name])

    def _run_wave(self, task: Task, wave: list[tuple[int, bytes]]) -> list[TaskReport]:
        with errors_of_spark():
            tasks = self.spark.sparkContext.parallelize(wave, len(wave))
            run = partial(_run_tasks, task, self.lake_uri, self.folder)
            return self.collect(self.spark.createDataFrame(tasks, TASKS).mapInArrow(run, REPORTS))

    def collect(self, reports: DataFrame) -> list[TaskReport]:
        """Return the REPORTS of tasks in the order of their numbers; raises StoreError."""
        with errors_of_spark():
            rows = sorted((row["number"], bytes(row["report"])) for row in reports.collect())
        found = [msgspec.msgpack.decode(report, type=TaskReport) for _, report in rows]
        raise_failure(found)
        return found


def _run_tasks(
    task: Task, lake_uri: str, folder: str, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Run tasks on an executor. A task that is tried again has shards of its own."""
    lake = Lake(lake_uri)
    for batch in batches:
        for number, given in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            place = ShardPlace(lake, new_key(folder, number))
            yield as_row(number, run_task(task, lake, place, given))


def new_key(folder: str, number: int) -> str:
    """Return the beginning of the keys of a task's shards, other ones for each try."""
    return f"{folder}/{number:06}-{uuid4().hex}"


def as_row(number: int, report: TaskReport) -> pa.RecordBatch:
    """Return a report as a row of REPORTS."""
    content = pa.array([msgspec.msgpack.encode(report)], pa.binary())
    return pa.record_batch({"number": pa.array([number], pa.int64()), "report": content})


@contextmanager
def errors_of_spark() -> Iterator[None]:
    """Raise errors of Spark as a StoreError. They may quote rows, so only their kind is named."""
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise StoreError(
            f"Spark failed ({type(error).__name__}): the log of the executor says why."
        ) from error
