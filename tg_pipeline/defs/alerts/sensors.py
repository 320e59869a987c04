"""Sensors that report failed runs, a missing day and lost updates.

They exist if TG_ADMIN_CHAT_ID or TG_ALERT_URL is set.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import dagster as dg

from tg_pipeline.builds.monitoring.alerts import (
    AlertChannel,
    AlertDeliveryError,
    FailedRun,
    alert_channels,
)
from tg_pipeline.builds.monitoring.completeness import GapCause, IdGap, look_for_gaps
from tg_pipeline.builds.parameters import layer_parameters
from tg_pipeline.defs.alerts.failures import failed_run, failure_reason
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import (
    SENSOR_TIMEOUT,
    ClockResource,
    LakeResource,
    LandingResource,
)
from tg_pipeline.defs.updates.checks import UPDATE_IDS_ARE_COMPLETE, freshness_job, gap_rules
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.storage.errors import translate_errors
from tg_pipeline.storage.idempotency import IdempotencyStore

INTERVAL: Final = 30
"""Seconds."""

WILL_RETRY: Final = "dagster/will_retry"
"""The tag of a failed run that says whether Dagster retries it."""

TAG_CHECKS: Final = 5
TAG_CHECK_DELAY: Final = 0.5
"""Seconds. Dagster sets the tag right after it records the failure."""

ALERTED: Final = "tg_pipeline/alerted_"
"""Prefix of the tags that record which channel was sent an alert about a run."""


ALERTED_UPDATES: Final = 1
"""Lost updates from which on an alert is sent: each is one that nobody will ever count."""

GAPS_REPORTED: Final = timedelta(days=31)
"""How old the losses are that are reported: the days of `tg-pipeline status`."""

REPORTED_GAPS: Final = "alerts/gaps"
"""The folder of the lake with an idempotency key for each loss that was reported."""

SHOWN_GAPS: Final = 2
"""Losses that an alert describes; it counts the others."""


class AlertError(Exception):
    """An alert could not be delivered; the message says to which channel and why."""


def failure_sensor(channels: Sequence[AlertChannel]) -> dg.SensorDefinition:
    """Return the sensor that reports each run that failed and won't be retried."""

    @dg.run_failure_sensor(
        name="failure_sensor",
        minimum_interval_seconds=INTERVAL,
        # A run of `tg-pipeline run` belongs to no code location.
        monitor_all_code_locations=True,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reports runs that failed for good.",
    )
    def sensor(context: dg.RunFailureSensorContext) -> None:
        if not will_retry(context.instance, context.dagster_run.run_id):
            send_alerts(context.instance, channels, context.dagster_run.run_id)

    return sensor


def missing_day_sensor(channels: Sequence[AlertChannel]) -> dg.SensorDefinition:
    """Return the sensor that reports a failed check of freshness_job, whose run succeeds.

    The check doesn't block, since backfills evaluate it too, so its run can't fail.
    """

    @dg.run_status_sensor(
        name="missing_day_sensor",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[freshness_job],
        minimum_interval_seconds=INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reports that the last day that was due is missing, or a day is left out.",
    )
    def sensor(context: dg.RunStatusSensorContext) -> None:
        if failure_reason(context.instance, context.dagster_run.run_id):
            send_alerts(context.instance, channels, context.dagster_run.run_id)

    return sensor


def will_retry(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Return whether Dagster retries a failed run; waits a moment until Dagster has decided.

    Dagster can't retry a run that was started outside a code location, whatever its tag says.
    """
    run = instance.get_run_by_id(run_id)
    for _ in range(TAG_CHECKS):
        if run is None or not instance.run_retries_enabled or WILL_RETRY in run.tags:
            break
        time.sleep(TAG_CHECK_DELAY)
        run = instance.get_run_by_id(run_id)
    return run is not None and run.tags.get(WILL_RETRY) == "true" and bool(run.remote_job_origin)


def send_alerts(
    instance: dg.DagsterInstance, channels: Sequence[AlertChannel], run_id: str
) -> None:
    """Send an alert about a run to each channel, at most once; raises AlertError at the end.

    A tag is set before an alert is sent, so that a sensor that is killed or times out while it
    sends doesn't send it again. It contains the run's id, since re-executing a run copies its tags.
    """

    def claim(channel: AlertChannel) -> FailedRun | None:
        """Record that an alert is sent, and return it; None if one was sent."""
        tag = f"{ALERTED}{channel.name}"
        record = instance.get_run_record_by_id(run_id)
        if record is None or record.dagster_run.tags.get(tag) == run_id:
            return None
        instance.add_run_tags(run_id, {tag: run_id})
        return failed_run(instance, record, SETTINGS.token)

    send_to_all(channels, claim)


def lost_updates_sensor(channels: Sequence[AlertChannel]) -> dg.SensorDefinition:
    """Return the sensor that reports each gap of lost updates once, in the morning.

    By then it is known which of the missing updates were only late.
    """

    @dg.run_status_sensor(
        name="lost_updates_sensor",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[freshness_job],
        minimum_interval_seconds=INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reports updates that were lost: ids that are missing for no other reason.",
    )
    def sensor(
        context: dg.RunStatusSensorContext,
        landing: dg.ResourceParam[LandingResource],
        lake: dg.ResourceParam[LakeResource],
        clock: dg.ResourceParam[ClockResource],
    ) -> None:
        now, store, tables = clock.now(), landing.store(SENSOR_TIMEOUT), lake.lake(SENSOR_TIMEOUT)
        parameters = layer_parameters(SETTINGS, store)
        first = now.astimezone(SETTINGS.zone).date() - GAPS_REPORTED
        rules = replace(gap_rules(now, first, parameters), language=SETTINGS.language)
        found = look_for_gaps(store, tables, parameters, rules)
        with translate_errors(tables.store):
            new = unreported(found, IdempotencyStore(tables.store, clock.now))
        if new:
            alert = lost_updates(new, context.dagster_run.run_id, now)
            send_to_all(channels, lambda _: alert)

    return sensor


def unreported(gaps: Sequence[IdGap], reported: IdempotencyStore) -> list[IdGap]:
    """Return the losses that no alert was sent about yet, and record that one is sent.

    They are recorded before it is sent, so a sensor that is killed doesn't send it again. Holes in
    files that were landed are shown by the status only.
    """
    losses = [gap for gap in gaps if gap.is_failure and gap.cause is not GapCause.IMPORTED]
    keys = {f"{REPORTED_GAPS}/{gap.bot_id}-{gap.first}-{gap.last}": gap for gap in losses}
    new = [(key, gap) for key, gap in keys.items() if reported.read(key) is None]
    if sum(gap.ids for _, gap in new) < ALERTED_UPDATES:
        return []
    return [gap for key, gap in new if reported.acquire(key)]


def lost_updates(gaps: Sequence[IdGap], run_id: str, now: datetime) -> FailedRun:
    """Return what an alert says about losses."""
    days = {min(gap.after for gap in gaps), max(gap.before for gap in gaps)}
    more, fmt = len(gaps) - SHOWN_GAPS, Formatter(gaps[0].language)
    shown = [str(gap) for gap in gaps[:SHOWN_GAPS]]
    rest = [fmt.plural(more, fmt.messages.gaps.more)] if more > 0 else []
    return FailedRun(
        run_id=run_id,
        job=UPDATE_IDS_ARE_COMPLETE,
        days=tuple(map(str, sorted(days))),
        failed_at=now,
        reason=" ".join([*shown, *rest]),
    )


def send_to_all(
    channels: Sequence[AlertChannel], alert_for: Callable[[AlertChannel], FailedRun | None]
) -> None:
    """Send an alert to each channel that has one; raises AlertError at the end."""
    errors = []
    for channel in channels:
        try:
            if alert := alert_for(channel):
                channel.send(alert)
        except AlertDeliveryError as error:
            errors.append(str(error))
    if errors:
        raise AlertError(" ".join(errors))


def definitions(channels: Sequence[AlertChannel]) -> dg.Definitions:
    """Return the sensors; nothing without a channel."""
    if not channels:
        return dg.Definitions()
    return dg.Definitions(
        sensors=[
            make(channels) for make in (failure_sensor, missing_day_sensor, lost_updates_sensor)
        ]
    )


defs = definitions(alert_channels(SETTINGS))
