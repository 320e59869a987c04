"""The layers as assets: landing → raw_updates → deduped_updates → enriched_updates, by day."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from time import perf_counter
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.builds.expired_days import erase_from_expired_day
from tg_pipeline.builds.layers import (
    DedupedBuildResult,
    build_deduped_updates,
    build_enriched_updates,
    can_build_enriched,
    deduped_conservation,
    enriched_conservation,
    raw_conservation,
    read_known_ids,
)
from tg_pipeline.builds.monitoring.completeness import look_for_gaps
from tg_pipeline.builds.monitoring.damage import Repairs
from tg_pipeline.builds.parameters import layer_parameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates, has_raw
from tg_pipeline.defs.marts.charts import HOURS, hour_chart
from tg_pipeline.defs.metadata import (
    DAMAGE_LOGGER,
    LANDING,
    Count,
    PartitionMetadata,
    add_partition_metadata,
    as_dagster_failure,
    conservation_result,
    log_expired,
    record_landing,
    table_schema,
)
from tg_pipeline.defs.partitions import (
    MONTHLY_BACKFILL,
    SETTINGS,
    WITH_DAY_BEFORE,
    daily_partitions,
    partition_dates,
)
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.spark import SparkSteps
from tg_pipeline.defs.updates.checks import (
    ALL_FIELDS_ARE_KNOWN,
    CHECKED_AGAIN,
    COPIES_ARE_EQUAL,
    UPDATE_IDS_ARE_COMPLETE,
    copies_check,
    copies_result,
    drift_check,
    drift_result,
    gap_rules,
    update_ids_check,
    update_ids_result,
)
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.drift import Drift
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline.layers.schema import Layer, Table
from tg_pipeline.parallel.processes import WorkerProcesses

LAYERS: Final = "layers"
"""The asset group that the nightly run builds."""

OWNERS: Final = ["team:data"]
LANDED_LINES_ARE_CONSERVED: Final = "landed_lines_are_conserved"
RAW_ROWS_ARE_CONSERVED: Final = "raw_rows_are_conserved"
DEDUPED_ROWS_ARE_CONSERVED: Final = "deduped_rows_are_conserved"

LAYER_CHECKS: Final = [
    dg.AssetCheckKey(dg.AssetKey(RAW_UPDATES.name), LANDED_LINES_ARE_CONSERVED),
    dg.AssetCheckKey(dg.AssetKey(RAW_UPDATES.name), UPDATE_IDS_ARE_COMPLETE),
    dg.AssetCheckKey(dg.AssetKey(DEDUPED_UPDATES.name), RAW_ROWS_ARE_CONSERVED),
    dg.AssetCheckKey(dg.AssetKey(DEDUPED_UPDATES.name), COPIES_ARE_EQUAL),
    dg.AssetCheckKey(dg.AssetKey(ENRICHED_UPDATES.name), DEDUPED_ROWS_ARE_CONSERVED),
    dg.AssetCheckKey(dg.AssetKey(ENRICHED_UPDATES.name), ALL_FIELDS_ARE_KNOWN),
]
"""The checks that a run of the layers evaluates."""

RAW_PREVIEW: Final = ["update_id", "update_type", "received_at", "payload"]
QUARANTINE_PREVIEW: Final = ["object_key", "line", "reason", "bytes"]
ENRICHED_PREVIEW: Final = [
    *("event_at", "update_type", "content_type", "chat_type", "text_length"),
    *("user_first_name", "chat_title", "text"),
]

RETRY_POLICY: Final = dg.RetryPolicy(
    max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL
)
"""Most store outages last seconds; a repeated build does not redo what is written."""


FULL: Final = "full"
QUARANTINED: Final = "quarantined"
RAW_UPDATES_CONFIG: Final = {
    FULL: dg.Field(
        bool,
        default_value=False,
        description="Read all landed objects of the day again, instead of those not read yet.",
    ),
    QUARANTINED: dg.Field(
        bool,
        default_value=False,
        description="Read the objects with quarantined lines again, too.",
    ),
}
"""How raw_updates is built: values only, no names of environment variables."""


def layer_spec(layer: Layer, dep: dg.AssetSpec | dg.AssetDep | str) -> dg.AssetSpec:
    """Return the asset spec of a layer: dependencies, owner, kinds, columns and URI."""
    return dg.AssetSpec(
        layer.name,
        deps=[dep],
        description=layer.description,
        group_name=LAYERS,
        owners=OWNERS,
        kinds={"python", "parquet"},
        metadata={
            "dagster/column_schema": table_schema(layer),
            "dagster/uri": f"{SETTINGS.lake_uri}/{layer.name}",
        },
    )


def conservation_check(name: str, table: Table, description: str) -> dg.AssetCheckSpec:
    """Return a check that blocks downstream assets if rows were lost."""
    return dg.AssetCheckSpec(name, asset=table.name, description=description, blocking=True)


landing_zone = dg.AssetSpec(
    LANDING,
    description="Updates exactly as Telegram sent them, one object each, put there by ingestion.",
    group_name="landing",
    owners=OWNERS,
    kinds={"telegram", "json"},
    partitions_def=daily_partitions,
    metadata={"dagster/uri": SETTINGS.landing_uri},
)


def _workers(lake: LakeResource) -> WorkerProcesses:
    """Return the processes for the large days of a run."""
    return WorkerProcesses(lake.lake(), SETTINGS.workers)


@dg.multi_asset(
    name=RAW_UPDATES.name,
    specs=[layer_spec(RAW_UPDATES, landing_zone), layer_spec(QUARANTINE, landing_zone)],
    check_specs=[
        conservation_check(
            LANDED_LINES_ARE_CONSERVED,
            RAW_UPDATES,
            "Landed lines = rows of raw_updates + rows of quarantine + suppressed lines, which are "
            "those of forgotten people.",
        ),
        update_ids_check,
    ],
    partitions_def=daily_partitions,
    backfill_policy=MONTHLY_BACKFILL,
    retry_policy=RETRY_POLICY,
    config_schema=RAW_UPDATES_CONFIG,
)
def raw_updates(
    context: dg.AssetExecutionContext,
    landing: dg.ResourceParam[LandingResource],
    lake: dg.ResourceParam[LakeResource],
    clock: dg.ResourceParam[ClockResource],
) -> Iterator[dg.MaterializeResult[None]]:
    """Read the landed objects that are not read yet."""
    balances = []
    days = list(partition_dates(context))
    config = context.op_execution_context.op_config
    with as_dagster_failure(lake.uri), _workers(lake) as workers:
        tables, store = lake.lake(), landing.store()
        source = LandingSource(
            store, landing.bot_id, config[QUARANTINED], split_objects=workers.split_objects
        )
        parameters = layer_parameters(SETTINGS, store)
        repairs = Repairs(source, tables, parameters, DAMAGE_LOGGER.warning)
        spark = SparkSteps(context, source, tables)
        flags = [f"--{name}" for name in RAW_UPDATES_CONFIG if config[name]]
        for day in days:
            if not has_raw(tables, day, parameters.floors):
                log_expired(context, RAW_UPDATES, day)
                continue
            started = perf_counter()
            build = partial(build_raw_updates, source, tables, day, parameters, full=config[FULL])
            built = repairs.run_among(days, day, spark.raw(day, build, flags))
            if built is None:
                continue
            seconds = perf_counter() - started
            balances.append(raw_conservation(day, built))
            record_landing(context, day, built)
            counts = {
                "quarantined": built.quarantined.rows,
                "suppressed": built.suppressed,
                "objects": built.objects,
                "new_objects_read": built.objects_read,
            }
            raw = PartitionMetadata(RAW_UPDATES, day, built.raw, seconds)
            add_partition_metadata(context, tables, raw, RAW_PREVIEW, counts)
            bad = PartitionMetadata(QUARANTINE, day, built.quarantined, seconds)
            add_partition_metadata(context, tables, bad, QUARANTINE_PREVIEW, {})
        rules = gap_rules(clock.now(), days[0] - CHECKED_AGAIN, parameters)
        gaps = look_for_gaps(store, tables, parameters, rules)
    yield dg.MaterializeResult(
        RAW_UPDATES.name,
        check_results=[
            conservation_result(LANDED_LINES_ARE_CONSERVED, RAW_UPDATES, balances),
            update_ids_result([gap for gap in gaps if gap.before <= days[-1]]),
        ],
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
        ),
        copies_check,
    ],
    partitions_def=daily_partitions,
    backfill_policy=MONTHLY_BACKFILL,
    retry_policy=RETRY_POLICY,
)
def deduped_updates(
    context: dg.AssetExecutionContext,
    landing: dg.ResourceParam[LandingResource],
    lake: dg.ResourceParam[LakeResource],
) -> Iterator[dg.MaterializeResult[None]]:
    """Keep one copy of each update: of the earliest day, and of that day the first."""
    balances = []
    conflicts: dict[date, DedupedBuildResult] = {}
    with as_dagster_failure(lake.uri):
        source, tables = LandingSource(landing.store(), landing.bot_id), lake.lake()
        parameters = layer_parameters(SETTINGS, source.store)
        repairs = Repairs(source, tables, parameters, DAMAGE_LOGGER.warning)
        known = read_known_ids(tables, parameters.floors)
        known.save(tables)
        spark = SparkSteps(context, source, tables)
        days = list(partition_dates(context))
        for day in days:
            if not has_raw(tables, day, parameters.floors):
                log_expired(context, DEDUPED_UPDATES, day)
                continue
            started = perf_counter()
            build = partial(build_deduped_updates, tables, day, parameters, known)
            built = repairs.run_among(days, day, spark.deduped(day, build))
            if built is None:
                continue
            balances.append(deduped_conservation(day, built))
            conflicts[day] = built
            partition = PartitionMetadata(
                DEDUPED_UPDATES, day, built.deduped, perf_counter() - started
            )
            counts = {"duplicates": built.duplicates, "conflicts": built.conflicts}
            add_partition_metadata(context, tables, partition, RAW_PREVIEW, counts)
    yield dg.MaterializeResult(
        check_results=[
            conservation_result(RAW_ROWS_ARE_CONSERVED, DEDUPED_UPDATES, balances),
            copies_result(conflicts),
        ]
    )


@dg.multi_asset(
    name=ENRICHED_UPDATES.name,
    specs=[layer_spec(ENRICHED_UPDATES, DEDUPED_UPDATES.name)],
    check_specs=[
        conservation_check(
            DEDUPED_ROWS_ARE_CONSERVED,
            ENRICHED_UPDATES,
            "Rows of deduped_updates = rows of enriched_updates + calls and exported messages that "
            "the day has from a better origin.",
        ),
        drift_check,
    ],
    partitions_def=daily_partitions,
    backfill_policy=MONTHLY_BACKFILL,
    retry_policy=RETRY_POLICY,
)
def enriched_updates(
    context: dg.AssetExecutionContext,
    landing: dg.ResourceParam[LandingResource],
    lake: dg.ResourceParam[LakeResource],
) -> Iterator[dg.MaterializeResult[None]]:
    """Flatten every update."""
    balances = []
    drift: dict[date, tuple[Drift, ...]] = {}
    with as_dagster_failure(lake.uri), _workers(lake) as workers:
        source, tables = LandingSource(landing.store(), landing.bot_id), lake.lake()
        parameters = layer_parameters(SETTINGS, source.store)
        repairs = Repairs(source, tables, parameters, DAMAGE_LOGGER.warning)
        spark = SparkSteps(context, source, tables)
        days = list(partition_dates(context))
        for day in days:
            erase_from_expired_day(tables, day, parameters)
            if not can_build_enriched(tables, day, parameters.floors):
                log_expired(context, ENRICHED_UPDATES, day)
                continue
            started = perf_counter()
            build = partial(
                build_enriched_updates, tables, day, parameters, workers.enrichment(day)
            )
            built = repairs.run_among(days, day, spark.enriched(day, build))
            if built is None:
                continue
            balances.append(enriched_conservation(day, built))
            drift[day] = built.drift
            partition = PartitionMetadata(
                ENRICHED_UPDATES, day, built.enriched, perf_counter() - started
            )
            hours = hour_chart("messages", messages_per_hour(tables, day, SETTINGS.zone))
            counts: dict[str, Count] = {
                "shadowed": built.shadowed,
                "fields_nulled": built.fields_nulled,
                "names_unread": len(built.drift),
                "hours": dg.MetadataValue.md(hours),
            }
            add_partition_metadata(context, tables, partition, ENRICHED_PREVIEW, counts)
    yield dg.MaterializeResult(
        check_results=[
            conservation_result(DEDUPED_ROWS_ARE_CONSERVED, ENRICHED_UPDATES, balances),
            drift_result(drift),
        ]
    )


def messages_per_hour(lake: Lake, day: date, zone: ZoneInfo) -> list[int]:
    """Return the number of written messages in each of the 24 hours of the local day."""
    hours: Counter[int] = Counter()
    with lake.open(ENRICHED_UPDATES.name, day) as partition:
        for batch in partition.project(["is_written", "is_copy", "event_at"]):
            written = batch.filter(pc.and_not(batch["is_written"], batch["is_copy"]))
            local = written["event_at"].drop_null().cast(pa.timestamp("us", tz=zone.key))
            hours.update(pc.hour(local).to_pylist())
    return [hours[hour] for hour in range(HOURS)]


defs = dg.Definitions(assets=[landing_zone, raw_updates, deduped_updates, enriched_updates])
