"""Daily marts: the queries of `marts/sql`, run by Spark over a day of enriched_updates."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import msgspec
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame

from lambda_ingest.store import StoreError
from tg_pipeline.builds.layers import Conservation
from tg_pipeline.builds.mart_sources import MartDefinition, days_before, matches, source_partition
from tg_pipeline.builds.marts import MartBuildResult
from tg_pipeline.lake.partitions import Lake, PartitionStats
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import DAILY_MARTS, MAX_LOOKBACK_DAYS
from tg_pipeline.marts.duckdb_engine import DAY
from tg_pipeline.marts.mart import Mart, MartParameters
from tg_pipeline.parallel.layers import A_SECOND_OR_TWO, TaskSize, row_groups
from tg_pipeline.parallel.shards import write_shard
from tg_pipeline.parallel.tasks import ROWS, Failure, RowGroups, TaskReport
from tg_pipeline.spark.dialect import columns_ddl, columns_used, in_spark_sql
from tg_pipeline.spark.jobs import REPORTS, SparkJobs, as_row, errors_of_spark, new_key
from tg_pipeline.storage.object_io import ReplacedError

MIN_PARTITIONS: Final = 2
MAX_PARTITIONS: Final = 400
"""Partitions of a shuffle: as many as there are tasks that read rows, within these bounds."""

VIEW: Final = "task binary"
"""The column of a data frame with RowGroups."""


@dataclass(slots=True)
class MartsOnSpark:
    """Builds daily marts of a day."""

    jobs: SparkJobs
    parameters: MartParameters
    size: TaskSize = A_SECOND_OR_TWO
    _enriched: DataFrame | None = None
    """What all marts read of enriched_updates: Spark keeps it, since to read it costs the most."""

    def build(self, mart: Mart, day: date) -> MartBuildResult:
        """Build a day of a mart, unless it is up to date; raises StoreError."""
        try:
            return self._build(mart, day)
        except StoreError:
            self._forget()
            raise

    def _forget(self) -> None:
        """Read enriched_updates again when it is needed."""
        if self._enriched is not None:
            self._enriched.unpersist()
            self._enriched = None

    def _build(self, mart: Mart, day: date) -> MartBuildResult:
        lake = self.jobs.lake
        days = days_before([day], mart.lookback_days)
        footers = dict(zip(days, lake.footers(ENRICHED_UPDATES.name, days), strict=True))
        definition = MartDefinition.of(mart, self.parameters)
        sources = [source_partition(day, ENRICHED_UPDATES, each, footers[each]) for each in days]
        expected = definition.footer(sources)
        stored = lake.footer(mart.name, day)
        with errors_of_spark():
            if stored and matches(stored, expected):
                written, is_new = PartitionStats(stored.rows, stored.bytes), False
            else:
                written, is_new = self._write(mart, day, expected), True
            if lake.footers(ENRICHED_UPDATES.name, days) != list(footers.values()):
                raise ReplacedError(
                    f"enriched_updates was replaced while {mart.name} was being made: try again."
                )
            conservation = self._count(mart, day)
        return MartBuildResult(day, written, is_new, conservation)

    def _write(self, mart: Mart, day: date, footer: dict[str, str]) -> PartitionStats:
        query = in_spark_sql(mart.sql, self.parameters.used_by(mart.sql))
        self._view_enriched(mart, day)
        rows = self.jobs.spark.sql(query)
        # It also has the earlier days that the mart looks back to.
        rows = rows.where(rows[DAY.name] == day).drop(DAY.name)
        write = partial(_write_rows, self.jobs.lake_uri, self.jobs.folder, mart.schema)
        with self.jobs.lake.writer(mart.name, day, mart.schema) as output:
            for report in self.jobs.collect(rows.mapInArrow(write, REPORTS)):
                for batch in self.jobs.rows(report, ROWS):
                    output.write(batch)
            return output.commit(**footer)

    def _count(self, mart: Mart, day: date) -> Conservation | None:
        """Return both counts of the mart's conservation rule; None without one."""
        rule = mart.conservation_rule
        if rule is None:
            return None
        self._view_enriched(mart, day)
        entered = self._number(rule.input_rows, day)
        columns = columns_used(rule.output_rows, mart.schema)
        self._read(mart, [day], columns).createOrReplaceTempView(mart.name)
        return Conservation(day, entered, self._number(rule.output_rows, day))

    def _number(self, query: str, day: date) -> int:
        rows = self.jobs.spark.sql(in_spark_sql(query, self.parameters.used_by(query))).collect()
        return next((int(number or 0) for found, number in rows if found == day), 0)

    def _view_enriched(self, mart: Mart, day: date) -> None:
        """Create a view of the days of enriched_updates that a mart is made from."""
        if self._enriched is None:
            days = days_before([day], MAX_LOOKBACK_DAYS)
            self._enriched = self._read(ENRICHED_UPDATES, days, READ_BY_MARTS).persist()
        first = min(days_before([day], mart.lookback_days))
        own = self._enriched.where(self._enriched[DAY.name] >= first)
        own.createOrReplaceTempView(ENRICHED_UPDATES.name)

    def _read(self, table: Table, days: Sequence[date], columns: list[str]) -> DataFrame:
        """Return some columns of a table's days, which executors read from the lake."""
        spark, lake = self.jobs.spark, self.jobs.lake
        groups: list[tuple[bytes]] = []
        for day in days:
            with lake.open(table.name, day) as part:
                found = row_groups(part, table.name, day, self.size.rows)
                groups += [(msgspec.msgpack.encode(each),) for each in found]
        if table is ENRICHED_UPDATES:
            partitions = str(min(max(len(groups), MIN_PARTITIONS), MAX_PARTITIONS))
            spark.conf.set("spark.sql.shuffle.partitions", partitions)
        schema = pa.schema([*(table.schema.field(name) for name in columns), DAY])
        tasks = spark.sparkContext.parallelize(groups, max(len(groups), 1))
        read = partial(_read_rows, self.jobs.lake_uri, columns)
        return spark.createDataFrame(tasks, VIEW).mapInArrow(read, columns_ddl(schema))


def _read_by_marts() -> list[str]:
    """Return the columns of enriched_updates that daily marts and their rules read."""
    rules = (mart.conservation_rule for mart in DAILY_MARTS)
    queries = [mart.sql for mart in DAILY_MARTS] + [rule.input_rows for rule in rules if rule]
    found = {name for each in queries for name in columns_used(each, ENRICHED_UPDATES.schema)}
    return [name for name in ENRICHED_UPDATES.schema.names if name in found]


READ_BY_MARTS: Final = _read_by_marts()


def _read_rows(
    lake_uri: str, columns: list[str], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Yield columns of row groups, on an executor."""
    lake = Lake(lake_uri)
    for batch in batches:
        for task in batch["task"].to_pylist():
            groups = msgspec.msgpack.decode(task, type=RowGroups)
            with lake.open(groups.table, groups.day) as part:
                for rows in groups.batches(part, columns):
                    day = pa.repeat(pa.scalar(groups.day, DAY.type), rows.num_rows)
                    yield pa.record_batch([*rows.columns, day], names=[*columns, DAY.name])


def _write_rows(
    lake_uri: str, folder: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Write the sorted rows of a Spark partition as a shard, on an executor."""
    context = TaskContext.get()
    number = context.partitionId() if context else 0
    try:
        lake, key = Lake(lake_uri), new_key(folder, number)
        with write_shard(lake, key, schema) as write:
            for batch in batches:
                columns = zip(batch.columns, schema, strict=True)
                arrays = [column.cast(field.type) for column, field in columns]
                write(pa.record_batch(arrays, schema=schema))
        report = TaskReport({ROWS: key})
    except StoreError as error:
        report = TaskReport(failure=Failure.of(error))
    yield as_row(number, report)
