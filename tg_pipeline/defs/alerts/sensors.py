"""Sensors that report failed runs and a missing day, if TG_ADMIN_CHAT_ID or TG_ALERT_URL is set."""

import time
from collections.abc import Sequence
from typing import Final

import dagster as dg

from tg_pipeline.builds.alerts import AlertChannel, AlertDeliveryError, alert_channels
from tg_pipeline.defs.alerts.failures import failed_run, failure_reason
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.updates.checks import freshness_job

INTERVAL: Final = 30
"""Seconds."""

WILL_RETRY: Final = "dagster/will_retry"
"""The tag of a failed run that says whether Dagster retries it."""

TAG_CHECKS: Final = 5
TAG_CHECK_DELAY: Final = 0.5
"""Seconds. Dagster sets the tag right after it records the failure."""

ALERTED: Final = "tg_pipeline/alerted_"
"""Prefix of the tags that record which channel was sent an alert about a run."""


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
        description="Reports that the last day that was due is missing.",
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
    errors = []
    for channel in channels:
        tag = f"{ALERTED}{channel.name}"
        record = instance.get_run_record_by_id(run_id)
        if record is None or record.dagster_run.tags.get(tag) == run_id:
            continue
        instance.add_run_tags(run_id, {tag: run_id})
        try:
            channel.send(failed_run(instance, record, SETTINGS.token))
        except AlertDeliveryError as error:
            errors.append(str(error))
    if errors:
        raise AlertError(" ".join(errors))


def definitions(channels: Sequence[AlertChannel]) -> dg.Definitions:
    """Return the sensors; nothing without a channel."""
    if not channels:
        return dg.Definitions()
    return dg.Definitions(sensors=[failure_sensor(channels), missing_day_sensor(channels)])


defs = definitions(alert_channels(SETTINGS))
