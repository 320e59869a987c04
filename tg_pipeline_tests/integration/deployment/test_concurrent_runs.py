"""Concurrent and killed builds of the same days: real processes on one lake."""

import random
import shutil
import time
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from lambda_ingest.store import open_store
from tg_pipeline.cli.builds.materialize import refuse_supervised_runs
from tg_pipeline.exceptions import CommandError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.zone import list_days
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.integration.deployment.component import wait_until

CHECKOUT = Path(__file__).parents[3]
DAYS = 6
SPAN = ("--from", str(FIRST_DAY), "--to", str(FIRST_DAY + timedelta(days=DAYS - 1)))


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A home with the checkout's dagster.yaml, and landed objects on several days."""
    shutil.copy(CHECKOUT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    shell = Shell(tmp_path)
    land(shell, "1")
    return shell


def land(house: Shell, seed: str) -> None:
    """Land updates on each of the days; those whose id another seed has taken are rejected."""
    more = ("--days", str(DAYS), "--per-day", "40", "--seed", seed)
    landed = int(house.run("sample", *more).stdout.split()[0].replace(",", ""))
    assert landed > 0


@pytest.mark.slow
def test_concurrent_and_killed_runs_of_the_same_days_end_with_the_bytes_of_a_plain_build(
    house: Shell, tmp_path: Path
) -> None:
    # Given the same days, built twice at once
    with house.start("run", *SPAN) as one, house.start("run", *SPAN) as other:
        errors = [running.communicate(timeout=300)[1].decode() for running in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0), errors
    assert "Nothing new has landed" in house.run("run").stdout

    # When two builders work on days that grow, and both are killed, three times
    chance = random.Random(7)  # noqa: S311
    for number in range(2, 5):
        land(house, str(number))
        with house.start("run", *SPAN) as one, house.start("run") as other:
            time.sleep(chance.uniform(2, 6))
            for running in (one, other):
                running.kill()

    # Then one more run builds what is stale
    healed = house.run("run")
    assert healed.returncode == 0, healed.stderr
    assert "Nothing new has landed" in house.run("run").stdout
    assert digests(house.lake) == digests(build(house, tmp_path / "alone"))


@pytest.mark.slow
def test_a_killed_run_leaves_each_partition_old_or_new_and_blocks_no_other(
    house: Shell, tmp_path: Path
) -> None:
    # Given days that are built, and new objects on each
    build(house, house.lake)
    old = digests(house.lake)
    land(house, "2")
    new = digests(build(house, tmp_path / "alone"))

    # When their run is killed midway
    with house.start("run") as running:
        wait_until(lambda: changed(house.lake, old) > 2, "some partitions are replaced")
        running.kill()
    midway = digests(house.lake)

    # Then each partition is the old one or the new one
    assert all(digest in {old.get(key), new[key]} for key, digest in midway.items())
    assert len([key for key in old if midway[key] != old[key]]) > 0

    # And the next run builds the rest
    again = house.run("run")
    assert (again.returncode, digests(house.lake)) == (0, new), again.stderr


def test_a_supervised_launcher_that_would_take_the_run_for_dead_refuses_it() -> None:
    class EcsLikeLauncher(dg.DefaultRunLauncher):
        supports_check_run_worker_health = True

    with pytest.raises(CommandError, match="EcsLikeLauncher starts this Dagster's runs"):
        refuse_supervised_runs(EcsLikeLauncher())


@pytest.mark.slow
def test_a_history_that_can_t_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    where = "{hostname: {env: NOT_SET}, username: a, password: b, db_name: c}"
    shell = Shell(tmp_path)
    (tmp_path / "dagster.yaml").write_text(f"storage: {{postgres: {{postgres_db: {where}}}}}")

    done = shell.run("run", "--date", "yesterday")

    assert done.returncode == 1
    assert done.stderr.startswith("tg-pipeline: Dagster's instance can't be opened: ")
    assert "NOT_SET" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def build(house: Shell, lake: Path) -> Path:
    """Build the layers of all landed days into a lake, without Dagster; return the lake."""
    plain = Pipeline(lake.parent)
    plain.landing, plain.lake = open_store(house.landing.as_uri()), Lake(lake.as_uri())
    # The sample goes on after midnight of its last day.
    for day in list_days(plain.landing):
        plain.build(day)
    return lake


def digests(lake: Path) -> dict[str, bytes]:
    """Return the bytes of each partition of the layers, by its key."""
    names = {layer.name for layer in ALL_LAYERS}
    paths = [path for name in names for path in lake.glob(f"{name}/*/part-0.parquet")]
    return {str(path.relative_to(lake)): path.read_bytes() for path in paths}


def changed(lake: Path, old: dict[str, bytes]) -> int:
    return sum(old.get(key) != body for key, body in digests(lake).items())
