"""`tg-pipeline run` beside other runs, and after one that was killed: real processes."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, cast

import dagster as dg
import pytest

from lambda_ingest.store import open_store
from tg_pipeline.cli.own_runs import own_runs
from tg_pipeline.defs.run_process import PROCESS_TAG
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell
from tg_pipeline_tests.cli.test_run import wait_until
from tg_pipeline_tests.conftest import Pipeline

CHECKOUT = Path(__file__).parents[2]
DAYS = 12
SPAN = ("--from", str(FIRST_DAY), "--to", str(FIRST_DAY + timedelta(days=DAYS - 1)))


@pytest.fixture
def house(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Give a home with the rules of the checkout's own, and days that have landed."""
    shutil.copy(CHECKOUT / "dagster.yaml", shell.folder)
    monkeypatch.chdir(shell.folder)
    assert shell.run("sample", "--days", str(DAYS), "--per-day", "40").returncode == 0
    return shell


@pytest.fixture
def history(house: Shell) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(house.folder)) as instance:
        yield instance


def test_two_runs_of_the_same_days_take_turns_and_write_what_one_would(
    house: Shell, history: dg.DagsterInstance, tmp_path: Path
) -> None:
    # When the same days are built twice at once
    with house.start("run", *SPAN) as one, house.start("run", *SPAN) as other:
        said = [running.communicate(timeout=300)[1].decode() for running in (one, other)]

    # Then both end well, and one was told that it waits
    assert (one.returncode, other.returncode) == (0, 0), said
    assert "is building raw_updates; waiting. Ctrl-C stops." in "".join(said)

    # And no two of them were ever at the same table
    at_work = sorted(steps(history))
    assert len([step for step in at_work if step.table == "raw_updates"]) == 2
    assert [
        (before, after)
        for before, after in pairwise(at_work)
        if before.table == after.table and after.began < before.ended
    ] == []
    assert digests(house.lake) == digests(build(house, tmp_path / "alone"))


def test_a_killed_run_leaves_each_partition_old_or_new_and_the_next_one_needs_no_help(
    house: Shell, history: dg.DagsterInstance, tmp_path: Path
) -> None:
    # Given days that are built, and more that has landed on each
    build(house, house.lake)
    old = digests(house.lake)
    more = ("--days", str(DAYS), "--per-day", "60", "--seed", "2")
    assert house.run("sample", *more).returncode == 0
    new = digests(build(house, tmp_path / "alone"))

    # When the run of it is killed in the middle
    with house.start("run") as running:
        wait_until(lambda: changed(house.lake, old) > 2)
        running.kill()
    cut_off = digests(house.lake)

    # Then each partition is as it was, or as it is to be
    assert all(digest in {old[key], new[key]} for key, digest in cut_off.items())
    assert 0 < len([key for key in old if cut_off[key] != old[key]]) < len(old)

    # And the next run finds what was left of the killed one, and goes through
    again = house.run("run")
    assert (again.returncode, digests(house.lake)) == (0, new), again.stderr
    assert f"was cut off: its process {running.pid} has ended." in again.stderr
    assert {run.status for run in history.get_runs()} == {
        dg.DagsterRunStatus.SUCCESS,
        dg.DagsterRunStatus.FAILURE,
    }


def test_a_run_that_is_stopped_in_the_ui_ends_and_holds_nobody_up(
    house: Shell, history: dg.DagsterInstance
) -> None:
    # Given a run of a command at work
    with house.start("run", *SPAN) as running:
        wait_until(lambda: any(house.lake.glob("raw_updates/*/part-0.parquet")))
        (run,) = history.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
        assert run.tags[PROCESS_TAG]

        # When its stop is asked for, as the UI does
        assert history.run_launcher.terminate(run.run_id)
        _, said = running.communicate(timeout=120)

    # Then the command says so, and the next one does not wait
    assert running.returncode == 1
    assert said.decode().endswith("stopped; the days already written stand\n")
    again = house.run("run", "--date", str(FIRST_DAY))
    assert (again.returncode, again.stderr) == (0, "")


def test_where_dagster_would_take_a_command_s_run_for_dead_it_is_not_begun() -> None:
    class Elsewhere:
        supports_check_run_worker_health = True

    class OnTasks:
        run_launcher = Elsewhere()

    with (
        pytest.raises(CommandError, match="Elsewhere starts this Dagster's runs"),
        own_runs(cast("dg.DagsterInstance", OnTasks())),
    ):
        raise AssertionError("a run was made")


def test_a_history_that_can_t_be_opened_is_one_clear_line(shell: Shell) -> None:
    where = "{hostname: {env: NOT_SET}, username: a, password: b, db_name: c}"
    (shell.folder / "dagster.yaml").write_text(f"storage: {{postgres: {{postgres_db: {where}}}}}")

    done = shell.run("run", "--date", "yesterday")

    assert done.returncode == 1
    assert done.stderr.startswith("tg-pipeline: Dagster's instance can't be opened: ")
    assert "NOT_SET" in done.stderr
    assert len(done.stderr.splitlines()) == 1


class Step(NamedTuple):
    """A run's work at a table."""

    table: str
    began: float
    ended: float


def steps(history: dg.DagsterInstance) -> Iterator[Step]:
    for run in history.get_runs():
        for stats in history.get_run_step_stats(run.run_id):
            assert stats.start_time
            assert stats.end_time
            yield Step(stats.step_key, stats.start_time, stats.end_time)


def build(house: Shell, lake: Path) -> Path:
    """Build the layers of what has landed into a lake, without Dagster; give the lake."""
    plain = Pipeline(lake.parent)
    plain.landing, plain.lake = open_store(house.landing.as_uri()), Lake(lake.as_uri())
    for number in range(DAYS):
        plain.build(FIRST_DAY + timedelta(days=number))
    return lake


def digests(lake: Path) -> dict[str, bytes]:
    """Give the bytes of each partition of the layers, by its key."""
    names = {layer.name for layer in ALL_LAYERS}
    paths = [path for name in names for path in lake.glob(f"{name}/*/part-0.parquet")]
    return {str(path.relative_to(lake)): path.read_bytes() for path in paths}


def changed(lake: Path, old: dict[str, bytes]) -> int:
    return sum(old[key] != body for key, body in digests(lake).items())
