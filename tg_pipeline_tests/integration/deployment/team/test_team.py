"""A team's deployment, of which every process is killed once."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.raw_updates import QUARANTINE, RAW_UPDATES
from tg_pipeline_tests.integration.browser.backfills import launch_backfill_of_everything
from tg_pipeline_tests.integration.deployment.team.history import History, Run

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from tg_pipeline_tests.fakes.alert_webhook import AlertWebhook
    from tg_pipeline_tests.integration.deployment.team.team import Team

SENSOR = "late_updates_sensor"


@pytest.mark.team
@pytest.mark.timeout(1800)  # eight minutes beside the tests on Spark, on two cores
def test_nothing_is_lost_whatever_is_killed(
    team: "Team", browser: "Chrome", alerts: "AlertWebhook", tmp_path: Path
) -> None:
    history = History(team.ask)
    yesterday, late, older = team.days_ago(1, 1), team.days_ago(4, 2), team.days_ago(team.days, 5)

    # Given days that landed while nothing ran: once Dagster runs, the sensor requests them
    team.land(*late)
    team.start()
    team.wait_until(lambda: history.runs("SUCCESS", sensor_name=SENSOR), "the sensor's run")

    # When two backfills are launched, one of which can't be written, and the daemon is killed
    way = put_something_in_the_way(team)
    good = history.launch_backfill([RAW_UPDATES.name, QUARANTINE.name], late)
    bad = history.launch_backfill([RAW_UPDATES.name, QUARANTINE.name], [team.today])
    team.daemon.kill()
    team.land(*older, *yesterday)
    team.daemon.start()

    # Then one backfill succeeds and the other fails, and there is an alert about the failed run
    team.wait_until(lambda: ended(history, good) and ended(history, bad), "the backfills end")
    assert history.backfills() == {good: "COMPLETED_SUCCESS", bad: "COMPLETED_FAILED"}
    (failed,) = history.runs("FAILURE", backfill=bad)
    team.wait_until(lambda: told_of(alerts, failed), "the alert about the failed run")
    way.unlink()

    # When a backfill of everything is launched in the UI, and each process it needs is killed
    launch_backfill_of_everything(browser, team.url)
    team.wait_until(lambda: len(history.backfills()) == 3, "the backfill is there")
    everything = next(iter(history.backfills()))
    kill_a_run(team, history, everything)
    kill_the_code_server(team, history, everything)
    kill_the_webserver(team)
    kill_postgres(team, history, everything)

    # And some of the same days are built by hand
    span = ["--from", str(late[0]), "--to", str(late[-1])]
    assert team.succeeds(["tg-pipeline", "run", *span]), team.probe.said()

    # Then the backfill ends; it has failed only if one of its runs did, whose retry was impossible
    team.wait_until(lambda: ended(history, everything), "the backfill ends")
    final = [run for run in history.runs() if run.is_final_failure]
    lost = [run for run in final if run.tags.get("dagster/backfill") == everything]
    expected = "COMPLETED_FAILED" if lost else "COMPLETED_SUCCESS"
    assert history.backfills()[everything] == expected, str(history)

    # And there is one alert about each run that failed and was not retried
    team.wait_until(lambda: all(told_of(alerts, run) for run in final), "the alerts")
    assert [told_of(alerts, run) for run in final] == [1] * len(alerts.received)

    # And one more run builds the days that are still stale, if any
    assert team.succeeds(["tg-pipeline", "run"]), team.probe.said()

    # And the lake has the bytes of a plain build
    days = [*older, *late, *yesterday]
    plain = team.built_by_a_plain_build(tmp_path, days)
    for day in days:
        for layer in ALL_LAYERS:
            assert team.pipeline.digest(layer.name, day) == plain.digest(layer.name, day)
        again = team.pipeline.build_raw(day, LayerParameters(team.timezone))
        assert again.lines == again.raw.rows + again.quarantined.rows == again.objects > 0


def told_of(alerts: "AlertWebhook", run: Run) -> int:
    """Count the alerts about a run."""
    return sum(body["run_id"] == run.run_id for body in alerts.received)


def put_something_in_the_way(team: "Team") -> Path:
    """Put a file in the place of the folder of today's raw_updates, so that its runs fail."""
    way = team.pipeline.folder / "lake" / RAW_UPDATES.name / f"context_date={team.today}"
    way.write_text("in the way")
    return way


def kill_a_run(team: "Team", history: History, backfill: str) -> None:
    run = a_run_at_work(team, history, backfill)
    for process in team.code.runs():
        os.kill(process, signal.SIGKILL)
    team.wait_until(lambda: has_failed(history, run), "the killed run has failed")


def kill_the_code_server(team: "Team", history: History, backfill: str) -> None:
    """Kill it with its runs, as a container is killed."""
    run = a_run_at_work(team, history, backfill)
    team.code.kill()
    team.code.start()
    team.wait_until(lambda: has_failed(history, run), "the run has failed that died with it")


def kill_the_webserver(team: "Team") -> None:
    team.webserver.kill()
    team.webserver.start()
    team.wait_until(team.is_ui_up, "the UI is up again")


def kill_postgres(team: "Team", history: History, backfill: str) -> None:
    a_run_at_work(team, history, backfill)
    team.postgres.kill()
    team.postgres.start()


def a_run_at_work(team: "Team", history: History, backfill: str) -> Run:
    """Wait until a run of the backfill has started, and return it."""
    team.wait_until(
        lambda: team.code.runs() and history.runs("STARTED", backfill=backfill), "a run is at work"
    )
    return history.runs("STARTED", backfill=backfill)[0]


def has_failed(history: History, run: Run) -> bool:
    return run.run_id in {each.run_id for each in history.runs("FAILURE")}


def ended(history: History, backfill: str) -> bool:
    return history.backfills().get(backfill) not in {None, "REQUESTED", "FAILING", "CANCELING"}
