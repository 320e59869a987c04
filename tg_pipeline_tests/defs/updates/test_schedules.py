"""The nightly schedule requests the day before."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

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
