"""A step that builds marts one after another, with one DuckDB, and records each of them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from time import perf_counter

import dagster as dg

from tg_pipeline.builds.layers import Conservation
from tg_pipeline.builds.mart_sources import buildable_days
from tg_pipeline.builds.marts import MartBuilder, MartBuildResult, mart_builder
from tg_pipeline.builds.monitoring.damage import LostPartitionError, Repairs
from tg_pipeline.defs.marts.charts import mart_chart
from tg_pipeline.defs.metadata import (
    DAMAGE_LOGGER,
    PartitionMetadata,
    add_partition_metadata,
    as_dagster_failure,
    conservation_result,
    is_stopped,
    log_expired,
)
from tg_pipeline.defs.partitions import SETTINGS, partition_dates
from tg_pipeline.defs.spark import SparkSteps
from tg_pipeline.lake.partitions import Lake, PartitionName, PartitionStats
from tg_pipeline.marts.mart import Mart, MartParameters

Results = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


@dataclass(frozen=True, slots=True)
class MartsStep:
    """What a step builds its marts from."""

    context: dg.AssetExecutionContext
    repairs: Repairs
    parameters: MartParameters
    spark: SparkSteps

    def run(self, marts: Sequence[Mart]) -> Results:
        """Build those of the marts (each after its sources) that the run asks for.

        A mart that fails, or whose rows are not conserved, keeps those from being built that are
        made from it, and no other. Raises the first failure at the end.
        """
        lost: set[str] = set()
        failures: list[Exception] = []
        asked = [mart for mart in marts if self._is_asked(mart)]
        with ExitStack() as stack:
            shared = _SharedBuilder(stack, self.repairs.lake, self.parameters)
            for mart in asked:
                if missing := next((each.name for each in mart.sources if each.name in lost), None):
                    self.context.log.warning("%s is not built without %s", mart.name, missing)
                    lost.add(mart.name)
                    continue
                try:
                    with as_dagster_failure(SETTINGS.lake_uri, mart.name):
                        balances = self._build(shared, mart, [each.name for each in asked])
                except Exception as error:
                    if is_stopped(error):
                        raise
                    lost.add(mart.name)
                    failures.append(error)
                    continue
                if not all(balance.holds for balance in balances):
                    lost.add(mart.name)
                yield from self._results(mart, balances)
        if failures:
            raise failures[0]

    def _is_asked(self, mart: Mart) -> bool:
        return self._is_recorded(mart) or self._is_checked(mart)

    def _is_recorded(self, mart: Mart) -> bool:
        return dg.AssetKey(mart.name) in self.context.selected_asset_keys

    def _is_checked(self, mart: Mart) -> bool:
        checks = self.context.selected_asset_check_keys
        return dg.AssetKey(mart.name) in {check.asset_key for check in checks}

    def _results(self, mart: Mart, balances: list[Conservation]) -> Results:
        """Yield what the run asks for: the mart, its check, or both."""
        rule = mart.conservation_rule
        checks = []
        if rule and self._is_checked(mart):
            checks.append(conservation_result(rule.name, mart, balances))
        if self._is_recorded(mart):
            yield dg.MaterializeResult(asset_key=mart.name, check_results=checks)
        else:
            yield from checks

    def _build(
        self, shared: "_SharedBuilder", mart: Mart, asked: Sequence[str]
    ) -> list[Conservation]:
        """Build a mart, or the days of the run, and record them; return the counts of its rule."""
        started = perf_counter()
        kept = self._kept_days(mart) if mart.is_daily else []
        large = [day for day in kept if self.spark.takes_marts(day)]
        built = [self.spark.mart(mart.name, day, asked) for day in large]
        days = [day for day in kept if day not in large]
        if days or not mart.is_daily:
            with shared.open() as builder:
                built += self._build_what_can_be(builder, mart, days)
        if self._is_recorded(mart):
            recorded = built if mart.is_daily else _in_all(built)
            seconds = (perf_counter() - started) / max(len(recorded), 1)
            for each in recorded:
                self._record(PartitionMetadata(mart, each.partition, each.written, seconds), mart)
        return [each.conservation for each in built if each.conservation]

    def _record(self, partition: PartitionMetadata, mart: Mart) -> None:
        lake, names_people = self.repairs.lake, SETTINGS.privacy.shows_previews
        chart = mart_chart(lake, mart, partition.day, names_people=names_people)
        add_partition_metadata(self.context, lake, partition, list(mart.columns), chart)

    def _kept_days(self, mart: Mart) -> list[date]:
        """Return the days of the run that can be built; the others have expired, and are logged."""
        asked = list(partition_dates(self.context))
        days = buildable_days(self.repairs.lake, mart, asked, self.repairs.parameters.floors)
        for day in asked:
            if day not in days:
                log_expired(self.context, mart, day)
        return days

    def _build_what_can_be(
        self, builder: MartBuilder, mart: Mart, days: list[date]
    ) -> list[MartBuildResult]:
        """Build a mart; a daily one without the days that need a day that is damaged for good.

        Raises LostPartitionError if nothing can be built.
        """
        if not mart.is_daily:
            return self.repairs.run(None, partial(builder.build, mart))
        while True:
            try:
                return self.repairs.run(None, partial(builder.build_days, mart, days))
            except LostPartitionError as lost:
                left = [day for day in days if not _is_made_from(day, lost.day, mart)]
                if not left:
                    raise
                DAMAGE_LOGGER.warning("%s is built without some days: %s", mart.name, lost)
                days = left


def _is_made_from(day: date, source: PartitionName, mart: Mart) -> bool:
    return not isinstance(source, date) or 0 <= (day - source).days <= mart.lookback_days


def _in_all(built: list[MartBuildResult]) -> list[MartBuildResult]:
    """Return one result with the rows of all partitions, in the place of the newest one."""
    rows = sum(each.written.rows for each in built)
    size = sum(each.written.bytes for each in built)
    return [replace(each, written=PartitionStats(rows, size)) for each in built[-1:]]


class _SharedBuilder:
    """A builder that the marts of a step share; after an error, the next mart gets a new one."""

    def __init__(self, stack: ExitStack, lake: Lake, parameters: MartParameters) -> None:
        """Close the builder with the `stack`."""
        self._stack, self._lake, self._parameters = stack, lake, parameters
        self._builder: MartBuilder | None = None

    @contextmanager
    def open(self) -> Iterator[MartBuilder]:
        """Open the builder, unless it is open; errors of DuckDB are raised as StoreError."""
        if self._builder is None:
            builder = mart_builder(self._lake, self._parameters)
            self._builder = self._stack.enter_context(builder)
        try:
            yield self._builder
        except BaseException:
            self._builder = None
            with self._stack.pop_all():
                raise
