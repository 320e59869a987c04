"""TG_LOG=json: what goes to standard error is a JSON object a line, in commands and in runs."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tg_pipeline.cli.materialize import LINES_A_DAY
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS
from tg_pipeline_tests.cli.conftest import COMMAND, FIRST_DAY, Shell

JSON = {"TG_LOG": "json"}


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def landed(shell: Shell) -> Shell:
    shell.run("sample", "--days", "1", "--per-day", "20")
    return shell


def test_a_build_logs_a_line_a_day_and_table_with_its_run(landed: Shell) -> None:
    done = landed.run("run", "--date", str(FIRST_DAY), settings=JSON)

    assert done.returncode == 0
    said = lines(done.stderr)
    assert len(said) == LINES_A_DAY + len(CUMULATIVE_MARTS)
    first = said[0]
    assert (first["level"], first["table"], first["partition"]) == (
        "INFO",
        "raw_updates",
        str(FIRST_DAY),
    )
    assert first["message"] == f"raw_updates {FIRST_DAY}: {first['rows']} rows"
    assert first.keys() >= {"time", "logger", "bytes", "seconds", "quarantined", "objects"}
    runs = {each["run_id"] for each in said}
    assert len(runs) == 2, "the days' run, and the marts'"
    assert "partition" not in said[-1]


def test_a_build_that_fails_says_in_which_run_table_and_day(landed: Shell) -> None:
    (landed.lake / "raw_updates").mkdir(parents=True)
    (landed.lake / "raw_updates" / f"context_date={FIRST_DAY}").write_text("in the way")

    done = landed.run("run", "--date", str(FIRST_DAY), settings=JSON)

    assert done.returncode == 1
    failed, told = lines(done.stderr)
    assert (failed["level"], failed["table"]) == ("ERROR", "raw_updates")
    assert (failed["partition"], len(failed["run_id"])) == (str(FIRST_DAY), 36)
    assert told["message"].startswith(f"{FIRST_DAY} failed: ")


def test_a_command_that_can_t_do_its_work_says_so_in_one_object(shell: Shell) -> None:
    done = shell.run("status", settings=JSON | {"TG_LAKE_URI": "ftp://x"})

    (told,) = lines(done.stderr)
    assert (done.returncode, told["level"], told["logger"]) == (1, "ERROR", "tg_pipeline.cli")
    assert told["message"] == "'ftp://x' is not a file://, s3:// or memory:// URI."


def test_what_a_command_tells_on_its_way_is_an_object_a_line(shell: Shell) -> None:
    old = b'{"update_id": 1, "message": {"date": 1508825372, "text": "[bold]hi"}}\n{'

    done = shell.run("land", "-", stdin=old, settings=JSON)

    assert any("set TG_START_DATE=2017-10-24" in each["message"] for each in lines(done.stderr))
    assert "1 landed" in done.stdout


def test_a_wrong_form_is_one_sentence(shell: Shell) -> None:
    done = shell.run("status", settings={"TG_LOG": "yaml"})

    assert done.returncode == 1
    assert done.stderr == "tg-pipeline: TG_LOG='yaml' is none of text, json.\n"


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_run_of_dagster_s_logs_its_days(landed: Shell, form: str) -> None:
    # Given a home as the checkout's, which has our lines shown in Dagster's runs
    config = "telemetry: {enabled: false}\npython_logs: {managed_python_loggers: [tg_pipeline]}\n"
    (landed.folder / "dagster.yaml").write_text(config)
    dagster = Path(COMMAND).with_name("dagster")
    tags = json.dumps({"dagster/partition": str(FIRST_DAY)})
    job = ["-m", "tg_pipeline.definitions", "-j", "updates_job", "--tags", tags]

    # When a run is made in a process of its own
    environment = landed._environment() | {"TG_LOG": form, "PYTHONWARNINGS": "ignore"}  # noqa: SLF001
    done = subprocess.run(
        [dagster, "job", "execute", *job],
        env=environment,
        cwd=landed.folder,
        capture_output=True,
        text=True,
        check=True,
    )

    # Then our lines are objects between Dagster's, with the run they are of
    ours = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert len(ours) == (LINES_A_DAY if form == "json" else 0)
    of_dagster = done.stderr.partition("RUN_START")[0]
    assert all(each["run_id"] in of_dagster for each in ours)

    # And Dagster shows them in the run, in either form
    shown = [line for line in done.stderr.splitlines() if "enriched_updates - enriched_up" in line]
    assert len(shown) == 1
