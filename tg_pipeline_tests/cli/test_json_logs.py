"""TG_LOG=json: standard error is one JSON object per line, in commands and in Dagster's runs."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lambda_ingest.settings import DEFAULT_TIMEZONE
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell

JSON = {"TG_LOG": "json"}
TABLES_OF_A_DAY = len(ALL_LAYERS) + len(DAILY_MARTS)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
def test_a_build_logs_a_line_per_day_and_table_with_its_run(shell: Shell) -> None:
    yesterday = datetime.now(ZoneInfo(DEFAULT_TIMEZONE)).date() - timedelta(days=1)
    shell.run("sample", "--days", "1", "--per-day", "20", "--start", str(yesterday))

    done = shell.run("run", "--date", "yesterday", settings=JSON)

    assert done.returncode == 0
    assert f"Built 1 day, {yesterday} to {yesterday}," in done.stdout
    logged = lines(done.stderr)
    assert len(logged) == TABLES_OF_A_DAY + len(CUMULATIVE_MARTS)
    first = logged[0]
    assert first["message"] == f"raw_updates {yesterday}: {first['rows']} rows"
    assert first["partition"] == str(yesterday)
    assert first.keys() >= {"bytes", "seconds", "quarantined", "objects"}
    assert len({line["run_id"] for line in logged}) == 2, "the run of the day, and of the marts"
    assert "partition" not in logged[-1]


@pytest.mark.slow  # the step is retried
def test_a_failed_build_logs_its_run_table_and_day(shell: Shell) -> None:
    shell.run("sample", "--days", "1", "--per-day", "20")
    (shell.lake / "raw_updates").mkdir(parents=True)
    (shell.lake / "raw_updates" / f"context_date={FIRST_DAY}").write_text("in the way")

    done = shell.run("run", "--date", str(FIRST_DAY), settings=JSON)

    assert done.returncode == 1
    failure, *marts, message = lines(done.stderr)
    assert (failure["level"], failure["table"]) == ("ERROR", "raw_updates")
    assert (failure["partition"], len(failure["run_id"])) == (str(FIRST_DAY), 36)
    assert {line["level"] for line in marts} == {"INFO"}, "the marts are built without the day"
    assert message["message"].startswith(f"{FIRST_DAY} failed: ")


def test_a_command_logs_its_warnings_and_its_error_and_prints_its_results_as_text(
    shell: Shell,
) -> None:
    old = b'{"update_id": 1, "message": {"date": 1508825372, "text": "[bold]hi"}}\n{'

    done = shell.run("land", "-", stdin=old, settings=JSON)

    warning, error = lines(done.stderr)
    assert "set TG_START_DATE=2017-10-24" in warning["message"]
    assert (done.returncode, error["level"], error["logger"]) == (1, "ERROR", "tg_pipeline.cli")
    assert "1 landed" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_run_of_dagster_logs_its_days(shell: Shell, log_format: str) -> None:
    # Given a Dagster home that shows our lines in Dagster's runs, as the checkout's does
    shell.run("sample", "--days", "1", "--per-day", "20")
    config = "telemetry: {enabled: false}\npython_logs: {managed_python_loggers: [tg_pipeline]}\n"
    (shell.folder / "dagster.yaml").write_text(config)
    job = "dagster job execute -m tg_pipeline.definitions -j updates_job --tags".split()
    tags = json.dumps({"dagster/partition": str(FIRST_DAY)})

    # When Dagster executes a run in its own process
    done = subprocess.run(
        [sys.executable, "-m", *job, tags],
        env=shell._environment() | {"TG_LOG": log_format, "PYTHONWARNINGS": "ignore"},  # noqa: SLF001
        cwd=shell.folder,
        capture_output=True,
        text=True,
        check=True,
    )

    # Then our lines are objects between Dagster's, with the id of the run
    logged = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert len(logged) == (TABLES_OF_A_DAY if log_format == "json" else 0)
    before_run = done.stderr.partition("RUN_START")[0]
    assert all(line["run_id"] in before_run for line in logged)

    # And Dagster shows them in the run, in either format
    shown = [line for line in done.stderr.splitlines() if "enriched_updates - enriched_up" in line]
    assert len(shown) == 1
