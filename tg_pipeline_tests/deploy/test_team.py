"""A day of a team's deployment, on which everything is killed once."""

import json
import os
import signal
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dagster._core.scheduler.instigation import ScheduleInstigatorData

from tg_pipeline.builds.layers import build_raw_updates
from tg_pipeline.defs.schedules import DAILY_CRON
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline_tests.deploy.alerts import Alerts
from tg_pipeline_tests.deploy.history import History, Run
from tg_pipeline_tests.integration.browser.backfills import launch_backfill_of_everything

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from tg_pipeline_tests.deploy.alerts import Alerts
    from tg_pipeline_tests.deploy.team import Team

SCHEDULE = "daily_updates_schedule"
SENSOR = "late_updates_sensor"
HALF_A_DAY = timedelta(hours=12).total_seconds()


def test_nothing_is_lost_or_doubled_whatever_is_killed(
    team: "Team", browser: "Chrome", alerts: Alerts, tmp_path: Path
) -> None:
    history = History(team.ask)
    yesterday, late, older = team.days_ago(1, 1), team.days_ago(4, 2), team.days_ago(team.days, 5)

    # Given days that landed while nothing ran: once it runs, the sensor has them built
    team.land(*late)
    team.start()
    team.wait_until(lambda: history.runs("SUCCESS", sensor_name=SENSOR), "the sensor's run")

    # When backfills are asked for, one of which can't be written, then the daemon is killed, and
    # the nightly tick passes
    way = put_something_in_the_way(team)
    good = history.launch_backfill([RAW_UPDATES.name, QUARANTINE.name], late)
    bad = history.launch_backfill([RAW_UPDATES.name, QUARANTINE.name], [team.today])
    team.daemon.kill()
    team.land(*older, *yesterday)
    rewind_the_schedule(team)
    team.daemon.start()

    # Then the tick is made up for, and each backfill ends as it must
    team.wait_until(lambda: history.runs("SUCCESS", schedule_name=SCHEDULE), "the nightly run")
    team.wait_until(lambda: ended(history, good) and ended(history, bad), "the backfills end")
    assert history.backfills() == {good: "COMPLETED_SUCCESS", bad: "COMPLETED_FAILED"}
    (failed,) = history.runs(backfill=bad)
    assert failed.status == "FAILURE", "not tried for ever"
    team.wait_until(lambda: told_of(alerts, failed), "the failed run is told of")
    way.unlink()

    # When a backfill of everything is launched in the UI, and all that it needs is killed
    launch_backfill_of_everything(browser, team.url)
    team.wait_until(lambda: len(history.backfills()) == 3, "the backfill is there")
    everything = next(iter(history.backfills()))
    kill_a_run(team, history, everything)
    kill_the_code_server(team, history, everything)
    kill_the_webserver(team)
    kill_postgres(team, history, everything)

    # And somebody builds some of the same days by hand
    span = ["--from", str(late[0]), "--to", str(late[-1])]
    assert team.succeeds(["tg-pipeline", "run", *span]), team.probe.said()

    # Then the backfill ends green, with a month a run, and each was built once by each that asked
    team.wait_until(lambda: ended(history, everything), "the backfill ends")
    assert history.backfills()[everything] == "COMPLETED_SUCCESS", str(history)
    runs = history.runs("SUCCESS", backfill=everything)
    assert len([run for run in runs if RAW_UPDATES.name in run.tables]) == 2
    assert set(built(runs).values()) == {1}
    assert [run.days for run in history.runs("SUCCESS", sensor_name=SENSOR)] == [late]
    assert [run.days for run in history.runs("SUCCESS", schedule_name=SCHEDULE)] == [yesterday]

    # And somebody was told once of the run that failed for good, and of none that was made up for
    told = [json.loads(body) for body in alerts.bodies]
    of_whom = [(each["run_id"], each["days"]) for each in told]
    assert of_whom == [(failed.run_id, str(team.today))], f"{told}\n{history}"

    # And of each failed run that was not tried again somebody was told, once
    final = [run for run in history.runs("FAILURE") if run.tags.get("dagster/will_retry") != "true"]
    team.wait_until(lambda: all(told_of(alerts, run) for run in final), "the alerts")
    assert [told_of(alerts, run) for run in final] == [1] * len(alerts.bodies)

    # And the lake holds what has landed, byte for byte as if nothing had happened
    days = [*older, *late, *yesterday]
    plain = team.built_by_a_plain_build(tmp_path, days)
    for day in days:
        for layer in ALL_LAYERS:
            assert team.pipeline.digest(layer.name, day) == plain.digest(layer.name, day)
        again = build_raw_updates(team.pipeline.landing, team.pipeline.lake, day, bot_id=0)
        assert again.lines == again.raw.rows + again.quarantined.rows == again.objects > 0


def told_of(alerts: Alerts, run: Run) -> int:
    """Count the alerts about a run."""
    return sum(run.run_id.encode() in body for body in alerts.bodies)


def put_something_in_the_way(team: "Team") -> Path:
    """Let today's raw_updates be no folder, which no run can write to."""
    way = team.pipeline.folder / "lake" / RAW_UPDATES.name / f"context_date={team.today}"
    way.write_text("in the way")
    return way


def rewind_the_schedule(team: "Team") -> None:
    """Make it so that the daemon last looked at the schedules before the nightly tick."""
    before = ScheduleInstigatorData(DAILY_CRON, start_timestamp=time.time() - HALF_A_DAY)
    with team.instance() as instance:
        (state,) = [each for each in instance.all_instigator_state() if each.name == SCHEDULE]
        instance.update_instigator_state(state.with_data(before))


def kill_a_run(team: "Team", history: History, backfill: str) -> None:
    run = a_run_at_work(team, history, backfill)
    for process in team.code.runs():
        os.kill(process, signal.SIGKILL)
    team.wait_until(lambda: has_failed(history, run), "the killed run is known to have failed")


def kill_the_code_server(team: "Team", history: History, backfill: str) -> None:
    """Kill it with its runs, as a container dies."""
    run = a_run_at_work(team, history, backfill)
    team.code.kill()
    team.code.start()
    team.wait_until(lambda: has_failed(history, run), "the run is known to have died with it")


def kill_the_webserver(team: "Team") -> None:
    team.webserver.kill()
    team.webserver.start()
    team.wait_until(team.is_ui_up, "the UI is up again")


def kill_postgres(team: "Team", history: History, backfill: str) -> None:
    a_run_at_work(team, history, backfill)
    team.postgres.kill()
    team.postgres.start()


def a_run_at_work(team: "Team", history: History, backfill: str) -> Run:
    """Wait for a run of the backfill that has begun, and give it."""
    team.wait_until(
        lambda: team.code.runs() and history.runs("STARTED", backfill=backfill), "a run is at work"
    )
    return history.runs("STARTED", backfill=backfill)[0]


def has_failed(history: History, run: Run) -> bool:
    return run.run_id in {each.run_id for each in history.runs("FAILURE")}


def ended(history: History, backfill: str) -> bool:
    return history.backfills()[backfill].startswith("COMPLETED")


def built(runs: list[Run]) -> Counter[tuple[str, date]]:
    """Count how often runs built each table's day."""
    return Counter((table, day) for run in runs for table in run.tables for day in run.days)
