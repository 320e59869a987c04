"""`tg-pipeline run`: it builds what is new, late, lost or damaged, and then the marts."""

import json
import re
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time

import pyarrow.parquet as pq
import pytest

from lambda_ingest.store import open_store
from tg_pipeline.lake.floors import Floors, raise_floors
from tg_pipeline.marts.catalog import ALL_MARTS, CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell


@pytest.mark.slow
def test_a_sample_is_built_with_its_marts_and_shown(shell: Shell) -> None:
    # Given a sample of two days
    assert shell.run("sample", "--days", "2", "--per-day", "60").returncode == 0
    assert "2 missing" in shell.run("status").stdout

    # When everything that has landed is built
    built = shell.run("run")

    # Then the command reports it, every mart is there, and the status and the summary show it
    assert built.returncode == 0, built.stderr
    assert f"Built 2 days, {FIRST_DAY}" in built.stdout
    for mart in ALL_MARTS:
        partitions = list((shell.lake / mart.name).rglob("part-0.parquet"))
        assert len(partitions) == (2 if mart.is_daily else 1)
    assert (
        pq.read_metadata(shell.lake / "messages" / "month=2026-10" / "part-0.parquet").num_rows > 50
    )
    assert "2 built" in shell.run("status").stdout
    summary = shell.run("summary").stdout
    assert "busiest hours" in summary
    assert "most active people" in summary
    assert "Asked most often" in summary
    assert "In private chats, the bot answered " in summary
    assert re.search(
        r": Busiest on .*; asked most: .*; issues answered in private .*\.\n$", summary
    )
    assert summary.index("raw_updates") < summary.index("enriched_updates")

    # And in Portuguese with that setting
    summary = shell.run("summary", settings={"TG_LANG": "pt"}).stdout
    assert "O que mais se pergunta" in summary
    assert "Em conversas privadas, o bot respondeu " in summary
    assert re.search(r": Mais movimento: .*\.\n$", summary)

    # And a second run has nothing to do
    assert "nothing to build" in shell.run("run", here=True).stdout
    monitored = shell.run("status", "--json", "--check")
    assert monitored.returncode == 0
    assert json.loads(monitored.stdout)["ok"] is True

    # And the summary has the marts as long as they are kept, which can be longer than updates
    shutil.rmtree(shell.lake / "enriched_updates")
    assert "most active people" in shell.run("summary").stdout


@pytest.mark.slow
def test_a_run_builds_what_is_late_lost_or_damaged_and_nothing_else(shell: Shell) -> None:
    shell.run("sample", "--days", "2", "--per-day", "60")
    shell.run("run")

    # A late update: its day is built, and the next one, whose duplicates it decides
    shell.run("land", "-", stdin=json.dumps(message_on(FIRST_DAY)).encode())
    assert "1 late" in shell.run("status").stdout
    assert "Built 2 days" in shell.run("run").stdout

    # A lost mart
    (shell.lake / "threads" / "part-0.parquet").unlink()
    assert "Built the marts in " in shell.run("run").stdout
    shutil.rmtree(shell.lake / "reactions" / f"context_date={FIRST_DAY}")
    assert f"Built 1 day, {FIRST_DAY} to {FIRST_DAY}," in shell.run("run").stdout

    # A damaged partition: it is named, and read from the landing zone again
    path = shell.lake / "raw_updates" / f"context_date={FIRST_DAY}" / "part-0.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert "1 damaged" in shell.run("status").stdout
    assert shell.run("run").returncode == 0
    assert path.read_bytes() == whole
    assert "2 built" in shell.run("status").stdout


@pytest.mark.slow
def test_days_that_fail_are_each_named_and_all_others_are_built(shell: Shell) -> None:
    # Given four days of which a mart of two can't be written
    shell.run("sample", "--days", "4", "--per-day", "20")
    broken = [FIRST_DAY + timedelta(days=number) for number in (1, 3)]
    for day in broken:
        blocked = shell.lake / DAILY_MARTS[0].name / f"context_date={day}"
        blocked.parent.mkdir(parents=True, exist_ok=True)
        blocked.write_text("not a folder")

    # When all are built
    span = ("--from", str(FIRST_DAY), "--to", str(FIRST_DAY + timedelta(days=3)))
    error = shell.run_impatiently("run", *span).error()

    # Then the command fails and names them, and the other days and the marts are built
    assert error.startswith(f"2 failed, and all else is built: {broken[0]} failed: ")
    assert f"; {broken[1]} failed: " in error
    built = {path.name for path in (shell.lake / "enriched_updates").iterdir()}
    days = [FIRST_DAY + timedelta(days=number) for number in range(4)]
    assert built >= {f"context_date={day}" for day in days if day not in broken}
    assert (
        pq.read_metadata(shell.lake / "messages" / "month=2026-10" / "part-0.parquet").num_rows > 20
    )

    # And once they can be written, the next run builds them
    for day in broken:
        (shell.lake / DAILY_MARTS[0].name / f"context_date={day}").unlink()
    assert shell.run("run").returncode == 0
    assert "nothing to build" in shell.run("run", here=True).stdout


@pytest.mark.slow
def test_what_lands_on_a_past_day_during_a_build_is_built_too(shell: Shell) -> None:
    # Given a build that takes a while
    shell.run("sample", "--days", "12", "--per-day", "60")

    # When an update lands on a day whose objects were already read
    with shell.start("run") as running:
        while not any(shell.lake.glob("deduped_updates/*/part-0.parquet")):
            time.sleep(0.05)
        shell.run("land", "-", stdin=json.dumps(message_on(FIRST_DAY)).encode())
        running.communicate(timeout=300)

    # Then the same command builds it
    assert running.returncode == 0
    assert "nothing to build" in shell.run("run", here=True).stdout


@pytest.mark.slow
def test_a_day_whose_landed_objects_expired_is_shown_as_such_and_never_read_again(
    shell: Shell,
) -> None:
    # Given a built day below the floor of the landing zone
    shell.run("sample", "--days", "1", "--per-day", "20")
    shell.run("run")
    floor = FIRST_DAY + timedelta(days=1)
    raise_floors(open_store(shell.landing.as_uri()), Floors(landing=floor))
    shutil.rmtree(shell.landing / "telegram" / f"context_date={FIRST_DAY}")

    # Then it is not stale, and --full does not empty it
    assert "1 expired" in shell.run("status").stdout
    assert "nothing to build" in shell.run("run", here=True).stdout
    refused = shell.run("run", "--full", "--date", str(FIRST_DAY))
    assert f"{FIRST_DAY} can't be read again: landed objects are kept from" in refused.error()
    assert shell.run("run", "--date", str(FIRST_DAY)).returncode == 0
    assert "1 expired" in shell.run("status").stdout


@pytest.mark.slow
def test_a_mart_that_can_not_be_written_is_one_clear_line(shell: Shell) -> None:
    shell.run("sample", "--days", "1", "--per-day", "20")
    shell.lake.mkdir()
    (shell.lake / CUMULATIVE_MARTS[0].name).write_text("in the way")

    assert shell.run_impatiently("run").error().startswith("the marts failed: ")


@pytest.mark.slow
def test_a_history_that_can_not_be_written_any_more_is_one_clear_line(shell: Shell) -> None:
    """It is on the disk that is full, say, while the lake is elsewhere."""
    shell.run("land", "-", stdin=b'{"update_id": 1}\n')
    assert shell.run("run").returncode == 0
    (history,) = shell.folder.rglob("index.db")
    with closing(sqlite3.connect(history)) as database:
        full = "SELECT RAISE(ABORT, 'database or disk is full')"
        database.execute(f"CREATE TRIGGER full BEFORE INSERT ON event_logs BEGIN {full}; END")
        database.commit()
    shell.run("land", "-", stdin=b'{"update_id": 2}\n')

    failed = shell.run("run")

    assert "Dagster's history can't be written: database or disk is full" in failed.error()


def test_a_missing_dagster_home_is_one_clear_line(shell: Shell) -> None:
    settings = {"DAGSTER_HOME": str(shell.folder / "missing")}

    error = shell.run("run", "--date", "yesterday", settings=settings).error()

    assert error.startswith("Dagster's instance can't be opened: ")


@pytest.mark.slow
def test_an_interrupted_run_says_so_and_the_next_one_finishes(shell: Shell) -> None:
    # Given a build that takes a while
    shell.run("sample", "--days", "6", "--per-day", "100")

    # When it is interrupted after its first day
    with shell.start("run") as running:
        while not any(shell.lake.glob("raw_updates/*/part-0.parquet")):
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=300)

    # Then it says so, and the next run finishes the work
    assert running.returncode == 1
    assert "stopped; " in errors.decode().splitlines()[-1]
    assert shell.run("run").returncode == 0
    assert "6 built" in shell.run("status").stdout


def message_on(day: date) -> dict[str, object]:
    noon = datetime.combine(day, clock_time(15), UTC)  # noon in the default time zone
    return {"update_id": 1, "message": {"date": int(noon.timestamp()), "text": "tarde"}}
