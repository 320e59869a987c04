"""The assets: landing → raw_updates → deduped_updates → enriched_updates, a partition a day."""

from collections.abc import Iterator
from typing import Final

import dagster as dg

from tg_pipeline.builds.layers import (
    build_deduped_updates,
    build_enriched_updates,
    build_raw_updates,
    deduped_conservation,
    enriched_conservation,
    raw_conservation,
)
from tg_pipeline.defs.partitions import (
    MONTH_A_RUN,
    SETTINGS,
    WITH_DAY_BEFORE,
    daily_partitions,
    days_of,
)
from tg_pipeline.defs.pictures import hour_plot, messages_per_hour
from tg_pipeline.defs.pools import pool_of
from tg_pipeline.defs.report import (
    Count,
    DayReport,
    Stopwatch,
    check_balances,
    clear_failures,
    report_day,
    report_landing,
)
from tg_pipeline.defs.resources import LakeResource, LandingResource
from tg_pipeline.defs.specs import (
    DEDUPED_ROWS_ARE_CONSERVED,
    LANDED_LINES_ARE_CONSERVED,
    RAW_ROWS_ARE_CONSERVED,
    conservation_check,
    landing_zone,
    layer_spec,
)
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES

RAW_PREVIEW: Final = ["update_id", "update_type", "received_at", "payload"]
QUARANTINE_PREVIEW: Final = ["object_key", "line", "reason", "bytes"]
ENRICHED_PREVIEW: Final = ["event_at", "update_type", "user_first_name", "chat_title", "text"]

TRY_AGAIN: Final = dg.RetryPolicy(
    max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL
)
"""A store that falters is back in seconds; a build that is repeated redoes nothing."""


class RawUpdatesConfig(dg.Config):
    """How raw_updates is built."""

    full: bool = False
    """Read all landed objects of the day anew, instead of those not read yet."""


@dg.multi_asset(
    name=RAW_UPDATES.name,
    specs=[layer_spec(RAW_UPDATES, landing_zone), layer_spec(QUARANTINE, landing_zone)],
    check_specs=[
        conservation_check(
            LANDED_LINES_ARE_CONSERVED,
            RAW_UPDATES,
            "Landed lines = rows of raw_updates + rows of quarantine.",
        )
    ],
    partitions_def=daily_partitions,
    backfill_policy=MONTH_A_RUN,
    pool=pool_of(RAW_UPDATES),
    retry_policy=TRY_AGAIN,
)
def raw_updates(
    context: dg.AssetExecutionContext,
    config: RawUpdatesConfig,
    landing: LandingResource,
    lake: LakeResource,
) -> Iterator[dg.MaterializeResult[None]]:
    """Read what has landed and is not read yet."""
    watch, balances = Stopwatch(), []
    with clear_failures(lake.uri):
        store, tables = landing.store(), lake.lake()
        for day in days_of(context):
            built = build_raw_updates(store, tables, day, bot_id=landing.bot_id, full=config.full)
            balances.append(raw_conservation(day, built))
            report_landing(context, day, built)
            counts = {
                "quarantined": built.quarantined.rows,
                "objects": built.objects,
                "new_objects_read": built.objects_read,
            }
            raw = DayReport(RAW_UPDATES, day, built.raw, watch.lap())
            report_day(context, tables, raw, RAW_PREVIEW, counts)
            bad = DayReport(QUARANTINE, day, built.quarantined, watch.lap())
            report_day(context, tables, bad, QUARANTINE_PREVIEW, {})
    yield dg.MaterializeResult(
        RAW_UPDATES.name, check_results=[check_balances(LANDED_LINES_ARE_CONSERVED, balances)]
    )
    yield dg.MaterializeResult(QUARANTINE.name)


@dg.multi_asset(
    name=DEDUPED_UPDATES.name,
    specs=[
        layer_spec(
            DEDUPED_UPDATES, dg.AssetDep(RAW_UPDATES.name, partition_mapping=WITH_DAY_BEFORE)
        )
    ],
    check_specs=[
        conservation_check(
            RAW_ROWS_ARE_CONSERVED,
            DEDUPED_UPDATES,
            "Rows of raw_updates = rows of deduped_updates + duplicates.",
        )
    ],
    partitions_def=daily_partitions,
    backfill_policy=MONTH_A_RUN,
    pool=pool_of(DEDUPED_UPDATES),
    retry_policy=TRY_AGAIN,
)
def deduped_updates(
    context: dg.AssetExecutionContext, lake: LakeResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Keep of each update the copy that landed first."""
    watch, balances = Stopwatch(), []
    with clear_failures(lake.uri):
        tables = lake.lake()
        for day in days_of(context):
            built = build_deduped_updates(tables, day)
            balances.append(deduped_conservation(day, built))
            report = DayReport(DEDUPED_UPDATES, day, built.deduped, watch.lap())
            report_day(context, tables, report, RAW_PREVIEW, {"duplicates": built.duplicates})
    yield dg.MaterializeResult(check_results=[check_balances(RAW_ROWS_ARE_CONSERVED, balances)])


@dg.multi_asset(
    name=ENRICHED_UPDATES.name,
    specs=[layer_spec(ENRICHED_UPDATES, DEDUPED_UPDATES.name)],
    check_specs=[
        conservation_check(
            DEDUPED_ROWS_ARE_CONSERVED,
            ENRICHED_UPDATES,
            "Rows of deduped_updates = rows of enriched_updates.",
        )
    ],
    partitions_def=daily_partitions,
    backfill_policy=MONTH_A_RUN,
    pool=pool_of(ENRICHED_UPDATES),
    retry_policy=TRY_AGAIN,
)
def enriched_updates(
    context: dg.AssetExecutionContext, lake: LakeResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Flatten every update."""
    watch, balances = Stopwatch(), []
    with clear_failures(lake.uri):
        tables = lake.lake()
        for day in days_of(context):
            built = build_enriched_updates(tables, day)
            balances.append(enriched_conservation(day, built))
            hours = hour_plot(messages_per_hour(tables, day, SETTINGS.zone))
            counts: dict[str, Count] = {
                "fields_nulled": built.fields_nulled,
                "hours": dg.MetadataValue.md(hours),
            }
            report = DayReport(ENRICHED_UPDATES, day, built.enriched, watch.lap())
            report_day(context, tables, report, ENRICHED_PREVIEW, counts)
    yield dg.MaterializeResult(check_results=[check_balances(DEDUPED_ROWS_ARE_CONSERVED, balances)])


defs = dg.Definitions(assets=[landing_zone, raw_updates, deduped_updates, enriched_updates])
