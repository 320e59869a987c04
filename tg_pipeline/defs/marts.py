"""The marts as assets: those of a day beside the layers of that day, the others from all days."""

from collections.abc import Iterator
from typing import Final

import dagster as dg

from tg_pipeline.builds.marts import MartBuildResult, mart_builder
from tg_pipeline.defs.layers import TRY_AGAIN
from tg_pipeline.defs.mart_pictures import mart_picture
from tg_pipeline.defs.mart_specs import MARTS, law_checks, mart_spec
from tg_pipeline.defs.partitions import MONTH_A_RUN, SETTINGS, daily_partitions, days_of
from tg_pipeline.defs.pools import pool_of
from tg_pipeline.defs.report import (
    DayReport,
    Stopwatch,
    check_balances,
    clear_failures,
    report_day,
)
from tg_pipeline.defs.resources import LakeResource
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.mart import Mart

Results = Iterator[dg.MaterializeResult[None]]

marts_job = dg.define_asset_job(
    "marts_job",
    selection=dg.AssetSelection.groups(MARTS),
    description="Builds the marts that are made of all days.",
)


def daily_mart(mart: Mart) -> dg.AssetsDefinition:
    """Make the asset of a mart with a partition a day."""

    @dg.multi_asset(
        name=mart.name,
        specs=[mart_spec(mart)],
        check_specs=law_checks(mart),
        partitions_def=daily_partitions,
        backfill_policy=MONTH_A_RUN,
        pool=pool_of(mart),
        retry_policy=TRY_AGAIN,
    )
    def build_days(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        watch, days = Stopwatch(), [*days_of(context)]
        with clear_failures(lake.uri):
            tables = lake.lake()
            with mart_builder(tables, SETTINGS.timezone) as builder:
                built = builder.build_days(mart, days)
            seconds = watch.lap() / len(days)
            for day, each in zip(days, built, strict=True):
                report = DayReport(mart, day, each.written, seconds)
                picture = mart_picture(tables, mart, day)
                report_day(context, tables, report, list(mart.columns), picture)
        yield _result(mart, built)

    return build_days


def whole_mart(mart: Mart) -> dg.AssetsDefinition:
    """Make the asset of a mart that is one object for all days."""

    @dg.multi_asset(
        name=mart.name,
        specs=[mart_spec(mart)],
        check_specs=law_checks(mart),
        pool=pool_of(mart),
        retry_policy=TRY_AGAIN,
    )
    def build_all(context: dg.AssetExecutionContext, lake: LakeResource) -> Results:
        watch = Stopwatch()
        with clear_failures(lake.uri):
            tables = lake.lake()
            with mart_builder(tables, SETTINGS.timezone) as builder:
                built = builder.build(mart)
            report = DayReport(mart, None, built.written, watch.lap())
            picture = mart_picture(tables, mart, None)
            report_day(context, tables, report, list(mart.columns), picture)
        yield _result(mart, [built])

    return build_all


def _result(mart: Mart, built: list[MartBuildResult]) -> dg.MaterializeResult[None]:
    balances = [each.conservation for each in built if each.conservation]
    rule = mart.conservation_rule
    checks = [check_balances(rule.name, balances)] if rule else []
    return dg.MaterializeResult(check_results=checks)


assets: Final = [*map(daily_mart, DAILY_MARTS), *map(whole_mart, CUMULATIVE_MARTS)]

defs = dg.Definitions(assets=assets, jobs=[marts_job])
