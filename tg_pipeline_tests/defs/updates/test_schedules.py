"""The nightly schedule requests the day before."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from tg_pipeline.builds.staleness import last_scheduled_day
from tg_pipeline.defs.updates.schedules import DAILY_CRON, daily_updates_schedule

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def test_the_nightly_tick_asks_for_the_day_before() -> None:
    tick = datetime(2026, 10, 10, 3, 0, tzinfo=SAO_PAULO)

    request = daily_updates_schedule(dg.build_schedule_context(scheduled_execution_time=tick))

    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2026-10-09"
    assert (daily_updates_schedule.cron_schedule, DAILY_CRON) == ("0 3 * * *", "0 3 * * *")
    assert daily_updates_schedule.execution_timezone == "America/Sao_Paulo"


def test_a_tick_before_the_first_partition_asks_for_nothing() -> None:
    tick = datetime(2026, 10, 1, 3, 0, tzinfo=SAO_PAULO)

    answer = daily_updates_schedule(dg.build_schedule_context(scheduled_execution_time=tick))

    assert isinstance(answer, dg.SkipReason)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-10-10T05:59:59+00:00", date(2026, 10, 8)),
        ("2026-10-10T06:00:00+00:00", date(2026, 10, 9)),
        ("2026-10-11T02:59:59+00:00", date(2026, 10, 9)),
    ],
)
def test_a_day_is_due_from_its_nightly_tick_on(now: str, day: date) -> None:
    assert last_scheduled_day(datetime.fromisoformat(now), SAO_PAULO) == day
