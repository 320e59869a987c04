"""Updates on a day without a partition: every command names them, and they can be moved."""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from lambda_ingest.landing import TrustLevel
from lambda_ingest.store import open_store
from lambda_ingest.writer import LandingWriter
from tg_pipeline.builds.monitoring.status import ProblemKind
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.settings import load_settings
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell

WRONG_CLOCK = datetime(2015, 1, 1, 12, tzinfo=UTC)


def land_with_a_wrong_clock(shell: Shell, *bodies: dict[str, object]) -> None:
    """Land bodies as the webhook and the poller do, on a machine whose clock is wrong."""
    writer = LandingWriter(
        open_store(shell.landing.as_uri()), 7, load_settings().zone, TrustLevel.NETWORK
    )
    for body in bodies:
        writer.write(json.dumps(body).encode(), WRONG_CLOCK)


def message(number: int, day: date) -> dict[str, object]:
    noon = datetime.combine(day, time(15), UTC)  # noon in the default time zone
    return {"update_id": number, "message": {"date": int(noon.timestamp()), "text": "oi"}}


@pytest.mark.slow
def test_run_and_status_name_what_they_leave_out_and_the_check_fails(shell: Shell) -> None:
    land_with_a_wrong_clock(shell, message(1, FIRST_DAY), message(2, FIRST_DAY))
    sentence = "2 objects landed on 2015-01-01, before TG_START_DATE="

    # Whether there is anything else to build or not
    for _ in range(2):
        ran = shell.run("run")
        assert ran.returncode == 0
        assert ran.stderr.startswith(sentence)
        assert "set TG_START_DATE=2015-01-01" in ran.stderr
    assert ran.stdout == "Nothing new has landed; there is nothing to build.\n"

    # In the status for people, which suggests no sample
    plain = shell.run("status")
    assert plain.stderr.startswith(sentence)
    assert "tg-pipeline sample" not in plain.stdout

    # And for monitors
    checked = shell.run("status", "--json", "--check")
    assert checked.returncode == 3
    (problem,) = json.loads(checked.stdout)["problems"]
    assert (problem["kind"], problem["day"]) == (ProblemKind.OUTSIDE.value, "2015-01-01")
    assert shell.run("status", "--check").stderr.startswith(sentence)


def test_days_in_the_future_and_folders_at_the_end_of_time_are_named_too(shell: Shell) -> None:
    for day in ("1969-12-31", "2034-12-31", "9999-12-31"):
        folder = shell.landing / "telegram" / f"context_date={day}"
        folder.mkdir(parents=True)
        (folder / "7-1.json").write_text('{"update_id": 1}')

    status = shell.run("status", "--check")

    assert status.returncode == 3
    assert "1 object landed on 1969-12-31, before TG_START_DATE=" in status.stderr
    assert "2 objects landed on 2 days from 2034-12-31 to 9999-12-31, in the" in status.stderr


@pytest.mark.slow
def test_updates_on_a_wrong_day_are_moved_and_counted_once_on_their_own(shell: Shell) -> None:
    # Given a built day, one of whose updates a host with a wrong clock stored on another day
    day, other = FIRST_DAY + timedelta(days=3), FIRST_DAY + timedelta(days=4)
    shell.run("land", "-", "--bot-id", "7", stdin=json.dumps(message(1, day)).encode())
    assert shell.run("run").returncode == 0
    press: dict[str, object] = {"update_id": 4, "callback_query": {"id": "1", "data": "a"}}
    land_with_a_wrong_clock(shell, message(2, day), message(3, other), press)
    assert "3 objects landed on 2015-01-01" in shell.run("run").stderr

    # When the folder is moved out of the landing zone, and landed again as docs/operating.md says
    moved = shell.folder / "wrong-day"
    (shell.landing / "telegram" / "context_date=2015-01-01").rename(moved)
    files = sorted(map(str, moved.glob("*.json")))
    assert "3 landed, 0 were there already" in shell.run("land", "--bot-id", "7", *files).stdout
    ran = shell.run("run")

    # Then each is counted once, on its own day; one without a time, on the day it was landed again
    assert (ran.returncode, ran.stderr) == (0, "")
    today = datetime.now(load_settings().zone).date()
    assert ids(shell.lake) == [(day, 1), (day, 2), (other, 3), (today, 4)]
    assert shell.run("status", "--check").returncode == 0

    # And landing them once more changes nothing
    assert "0 landed, 3 were there already" in shell.run("land", "--bot-id", "7", *files).stdout
    assert "nothing to build" in shell.run("run", here=True).stdout


def ids(folder: Path) -> list[tuple[date, int]]:
    """Return the day and the id of each update of a lake."""
    lake = Lake(folder.as_uri())
    found = []
    for day in lake.days(ENRICHED_UPDATES.name):
        with lake.open(ENRICHED_UPDATES.name, day) as partition:
            for batch in partition.project(["update_id"]):
                found += [(day, row["update_id"]) for row in batch.to_pylist()]
    return sorted(found)
