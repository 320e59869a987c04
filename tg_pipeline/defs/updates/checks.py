"""Checks that block nothing: freshness; drift, missing ids and unequal copies in each build."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import dagster as dg

from tg_pipeline.builds.layers import DedupedBuildResult
from tg_pipeline.builds.monitoring.completeness import GapRules, IdGap, summaries
from tg_pipeline.builds.monitoring.outside_days import find_outside_days
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.staleness import DAILY_HOUR, last_scheduled_day
from tg_pipeline.defs.metadata import DRIFT_LOGGER, alert_metadata, markdown_table
from tg_pipeline.defs.partitions import SETTINGS, partitions_at
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.lake.floors import read_floors
from tg_pipeline.landing.zone import list_objects
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.drift import Drift, describe_drift
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.messages import DEFAULT_LANGUAGE

GRACE_HOURS: Final = 2
"""Hours after the nightly tick at which its day must be built."""

MAX_NAMED_DAYS: Final = 5
"""Days that a sentence names."""


ALL_FIELDS_ARE_KNOWN: Final = "all_fields_are_known"

drift_check: Final = dg.AssetCheckSpec(
    ALL_FIELDS_ARE_KNOWN,
    asset=ENRICHED_UPDATES.name,
    description=(
        "Every update type, and every field of the first level of its content, is documented in "
        "the Bot API that this version knows. What is new is kept in raw_updates, but no column "
        "reads it. New fields deeper in an object are not found."
    ),
)
"""A warning: nothing is lost, and later tables are built."""


def drift_result(found: Mapping[date, tuple[Drift, ...]]) -> dg.AssetCheckResult:
    """Return what no column reads, by day, with a masked example; also log it in one line."""
    drifts = [(day, drift) for day, each in found.items() for drift in each]
    rows = [[str(day), d.place, f"{d.updates:,}", f"`{d.example}`"] for day, d in drifts]
    if drifts:
        DRIFT_LOGGER.warning(
            "enriched_updates: no column reads %s", describe_drift(d for _, d in drifts)
        )
    return dg.AssetCheckResult(
        check_name=ALL_FIELDS_ARE_KNOWN,
        passed=not drifts,
        severity=dg.AssetCheckSeverity.WARN,
        description="" if not drifts else f"New: {describe_drift(d for _, d in drifts)}.",
        metadata={
            "days": len(found),
            "unread": dg.MetadataValue.md(
                markdown_table(["day", "type or field", "updates", "example"], rows)
            ),
        },
    )


UPDATE_IDS_ARE_COMPLETE: Final = "update_ids_are_complete"

CHECKED_AGAIN: Final = timedelta(days=2)
"""Days before those of a run whose gaps are looked at again: on the first evening it is not known
yet whether Telegram delivers the missing updates late."""

MAX_GAP_ROWS: Final = 50
"""Rows of the table of gaps on a run's page."""

update_ids_check: Final = dg.AssetCheckSpec(
    UPDATE_IDS_ARE_COMPLETE,
    asset=RAW_UPDATES.name,
    description=(
        "Telegram numbers the updates of a bot in sequence, so a missing id is an update that was "
        "not stored. Gaps are shown with their likely cause; only losses without another possible "
        "reason fail. Checked for the days of the run and the two days before."
    ),
)
"""A warning: what is missing can't be built, and what is there is built."""


def gap_rules(now: datetime, checked_from: date, parameters: LayerParameters) -> GapRules:
    """Return what decides whether missing ids are a loss, from the settings."""
    return GapRules(
        now=now,
        zone=SETTINGS.zone,
        checked_from=checked_from,
        start_date=SETTINGS.start_date,
        has_filter=bool(SETTINGS.ingest.chat_ids),
        forgets_people=bool(parameters.tombstones),
        floors=parameters.floors,
    )


def update_ids_result(gaps: Sequence[IdGap]) -> dg.AssetCheckResult:
    """Return whether updates were lost, and the gaps with their days and causes."""
    losses = [gap for gap in gaps if gap.is_failure]
    rows = [
        [str(gap.bot_id), f"{gap.first}-{gap.last}", f"{gap.ids:,}", str(gap.before), gap.reason]
        for gap in [*losses, *(gap for gap in gaps if not gap.is_failure)][:MAX_GAP_ROWS]
    ]
    return dg.AssetCheckResult(
        check_name=UPDATE_IDS_ARE_COMPLETE,
        passed=not losses,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(summaries(losses)),
        metadata={
            "lost_updates": sum(gap.ids for gap in losses),
            "gaps": dg.MetadataValue.md(
                markdown_table(["bot", "ids", "count", "before", "cause"], rows)
            ),
        },
    )


COPIES_ARE_EQUAL: Final = "copies_are_equal"

copies_check: Final = dg.AssetCheckSpec(
    COPIES_ARE_EQUAL,
    asset=DEDUPED_UPDATES.name,
    description=(
        "All copies of an update have the same JSON. Where they differ, one of them may be of "
        "another update, or of another bot."
    ),
)
"""A warning: the copies stay in raw_updates, and later tables are built."""


def copies_result(built: Mapping[date, DedupedBuildResult]) -> dg.AssetCheckResult:
    """Return how many copies differ from the row that is kept, by day, with a few examples."""
    unequal = {day: each for day, each in built.items() if each.conflicts}
    rows = [
        [str(day), f"{each.conflicts:,}", ", ".join(f"{bot}: {n:,}" for bot, n in each.examples)]
        for day, each in unequal.items()
    ]
    return dg.AssetCheckResult(
        check_name=COPIES_ARE_EQUAL,
        passed=not unequal,
        severity=dg.AssetCheckSeverity.WARN,
        description=_describe_conflicts(unequal) if unequal else "",
        metadata={
            "days": len(built),
            "conflicts": sum(each.conflicts for each in unequal.values()),
            "unequal": dg.MetadataValue.md(
                markdown_table(["day", "copies", "bot: update ids, for example"], rows)
            ),
        },
    )


def _describe_conflicts(unequal: Mapping[date, DedupedBuildResult]) -> str:
    count = sum(each.conflicts for each in unequal.values())
    days = ", ".join(map(str, sorted(unequal)[:MAX_NAMED_DAYS]))
    more = (
        f" and {len(unequal) - MAX_NAMED_DAYS} more days" if len(unequal) > MAX_NAMED_DAYS else ""
    )
    return (
        f"Copies with other content than the row that is kept: {count:,}, landed on {days}{more}. "
        "They stay in raw_updates. Possible reasons: two bots landed under one bot id; the bot got "
        "no update for a week, and its numbers started again among earlier ones; or other privacy "
        "settings applied when the copy landed."
    )


@dg.asset_check(
    asset=ENRICHED_UPDATES.name,
    name="yesterday_is_there",
    description="The last scheduled day has its partition, even if it is empty.",
)
def latest_partition_exists(
    landing: dg.ResourceParam[LandingResource],
    lake: dg.ResourceParam[LakeResource],
    clock: dg.ResourceParam[ClockResource],
) -> dg.AssetCheckResult:
    """Check that the partition of the last scheduled day exists.

    It does not block: a backfill in the UI runs it too, and may build that day last.
    """
    day = last_scheduled_day(clock.now(), SETTINGS.zone)
    if day < SETTINGS.start_date:
        return dg.AssetCheckResult(passed=True, description="No day is due yet.")
    with lake.lake().open(ENRICHED_UPDATES.name, day) as partition:
        exists, rows = partition.exists, partition.rows
    landed = len(list_objects(landing.store(), day))

    def describe(language: str) -> str:
        fmt = Formatter(language)
        return "" if exists else fmt.plural(landed, fmt.messages.alerts.missing_day, day=day)

    return dg.AssetCheckResult(
        passed=exists,
        description=describe(DEFAULT_LANGUAGE),
        metadata={
            "day": day.isoformat(),
            "rows": rows,
            "landed_objects": landed,
            **alert_metadata(describe),
        },
    )


@dg.asset_check(
    asset=ENRICHED_UPDATES.name,
    name="no_day_is_outside",
    description="Nothing landed before TG_START_DATE or in the future, where no run reads it.",
)
def no_day_is_outside(
    landing: dg.ResourceParam[LandingResource],
    lake: dg.ResourceParam[LakeResource],
    clock: dg.ResourceParam[ClockResource],
) -> dg.AssetCheckResult:
    """Check that every landed object has a partition."""
    store = landing.store()
    partitions = partitions_at(clock.now(), read_floors(store))
    found = [each for each in find_outside_days(store, lake.lake(), partitions) if each.is_failure]

    def describe(language: str) -> str:
        return " ".join(each.describe(language) for each in found)

    return dg.AssetCheckResult(
        passed=not found,
        description=describe(DEFAULT_LANGUAGE),
        metadata={
            "objects": sum(each.objects for each in found),
            **alert_metadata(describe),
        },
    )


freshness_job = dg.define_asset_job(
    "freshness_job",
    selection=dg.AssetSelection.checks(latest_partition_exists, no_day_is_outside),
    description="Checks that the last scheduled day is built, and that no landed day is left out.",
)

freshness_schedule = dg.ScheduleDefinition(
    job=freshness_job,
    cron_schedule=f"0 {DAILY_HOUR + GRACE_HOURS} * * *",
    execution_timezone=SETTINGS.timezone,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)

defs = dg.Definitions(
    asset_checks=[latest_partition_exists, no_day_is_outside],
    jobs=[freshness_job],
    schedules=[freshness_schedule],
)
