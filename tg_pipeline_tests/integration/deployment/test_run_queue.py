"""`tg-pipeline run` while `tg-pipeline up` runs: its runs are launched by the UI's daemon."""

import json
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline_tests.cli.builds.up_process import Up, start_up
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell

CHECKOUT = Path(__file__).parents[3]
BROKEN_DAY = FIRST_DAY + timedelta(days=20)

RUNS = """{
    runsOrError {
        ... on Runs { results { jobName status repositoryOrigin { repositoryLocationName } } }
    }
}"""
"""What Dagster's timeline queries: it shows runs that have a repository origin."""


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    # The checkout's configuration, with the history in this home instead of the checkout.
    config = yaml.safe_load((CHECKOUT / "dagster.yaml").read_text("utf-8"))
    del config["storage"]
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(config))
    running = start_up(Shell(tmp_path))
    yield running
    running.kill()


@pytest.mark.slow
def test_runs_are_in_the_timeline_and_a_failed_one_is_one_sentence(up: Up) -> None:
    # Given a running UI, a day that landed, and a day that can't be written
    up.wait_until(up.is_ui_up, "the UI is up")
    assert up.shell.run("sample", "--days", "1", "--per-day", "20").returncode == 0
    blocked = up.shell.lake / RAW_UPDATES.name / f"context_date={BROKEN_DAY}"
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("not a folder")

    # When both are built
    built = up.shell.run("run", "--date", str(FIRST_DAY))
    failed = up.shell.run("run", "--date", str(BROKEN_DAY))

    # Then the command says how it went, as it does without a UI
    assert built.returncode == 0, built.stderr
    assert built.stdout.startswith(f"Built 1 day, {FIRST_DAY} to {FIRST_DAY},")
    assert failed.returncode == 1
    assert failed.stderr == f"tg-pipeline: {BROKEN_DAY} failed: File exists: {blocked}\n"

    # And all runs have the code location that the timeline groups them by
    runs = json.loads(up.ask(RUNS))["data"]["runsOrError"]["results"]
    origins = [run["repositoryOrigin"] for run in runs]
    assert len(runs) >= 3
    assert origins == [{"repositoryLocationName": "tg_pipeline"}] * len(runs)

    # And once the UI has ended, the command builds by itself
    assert up.stop(signal.SIGINT) == 0
    alone = up.shell.run("run", "--date", str(FIRST_DAY))
    assert alone.returncode == 0, alone.stderr
