"""Late and changed days: what lands after a day was built is built too."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

import dagster as dg

from lambda_ingest.landing import MAX_AGE
from tg_pipeline.builds.changes import DayState, day_states
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.resources import ClockResource, LakeResource, LandingResource
from tg_pipeline.defs.schedules import last_due_day, updates_job
from tg_pipeline.lake.landing_zone import iter_days

WATCHED_DAYS: Final = MAX_AGE.days + 1
"""Nothing from the network lands on an older day; what a person lands, a person has built."""

AFTER_THE_TICK: Final = timedelta(hours=1)
"""The nightly run comes first; this looks at what it left, or left out."""

LOOK_EVERY: Final = 300
"""Seconds. A look lists the watched days, and a bucket charges for listings."""


@dg.sensor(
    job=updates_job,
    minimum_interval_seconds=LOOK_EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Builds days on which something landed late, and days that were missed.",
)
def late_updates_sensor(
    landing: LandingResource, lake: LakeResource, clock: ClockResource
) -> dg.SensorResult | dg.SkipReason:
    """Ask for each watched day whose landing zone is not what it was built from."""
    states = day_states(landing.store(), lake.lake(), watched_days(clock.now()))
    requests = list(requests_for([state for state in states if state.is_changed], clock.now()))
    if not requests:
        return dg.SkipReason(f"Nothing new on the {len(states)} days up to the last one due.")
    return dg.SensorResult(run_requests=requests)


def watched_days(now: datetime) -> list[date]:
    """Give the days to look at: due for an hour, and young enough to change by themselves."""
    last = last_due_day(now, SETTINGS.zone, AFTER_THE_TICK)
    first = max(last - timedelta(days=WATCHED_DAYS - 1), SETTINGS.start_date)
    return list(iter_days(first, last))


def requests_for(changed: list[DayState], now: datetime) -> Iterator[dg.RunRequest]:
    """Give a run for each changed day, and for the day behind it, whose repeats it decides.

    The key names the change, so that one change asks once however often it is seen.
    """
    due = last_due_day(now, SETTINGS.zone, AFTER_THE_TICK)
    asked = {state.day for state in changed}
    for state in changed:
        yield _request(state.day, state)
        behind = state.day + timedelta(days=1)
        if behind not in asked and behind <= due:
            yield _request(behind, state)


def _request(day: date, cause: DayState) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{day}:{cause.day}:{cause.listing}", partition_key=day.isoformat()
    )


defs = dg.Definitions(sensors=[late_updates_sensor])
