"""`tg-pipeline status --json` as a monitor calls it, and as docs/monitoring.md describes it."""

import dataclasses
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from tg_pipeline.builds.monitoring.status import PipelineStatus
from tg_pipeline.events.dead_letters import dead_letter
from tg_pipeline.lake.partitions import Lake
from tg_pipeline_tests.cli.conftest import Shell

THREE_HOURS_AGO = datetime.now(UTC) - timedelta(hours=3)
PAGE = Path(__file__).parents[3] / "docs" / "monitoring.md"


@pytest.fixture
def overdue(shell: Shell) -> Shell:
    """A pipeline with a day that landed three hours ago and was not built."""
    shell.run("sample", "--days", "1", "--per-day", "20")
    for path in shell.landing.rglob("*.json"):
        os.utime(path, (THREE_HOURS_AGO.timestamp(),) * 2)
    return shell


def test_a_monitor_reads_json_and_an_exit_code(overdue: Shell) -> None:
    failing = overdue.run("status", "--json", "--check")

    assert (failing.returncode, failing.stderr) == (3, "")
    status = json.loads(failing.stdout)
    assert (status["version"], status["ok"]) == (1, False)
    assert status["days"]["overdue"]
    assert overdue.run("status", "--json").returncode == 0
    assert overdue.run("status", "--check").returncode == 3


def test_the_status_for_people_counts_unreadable_messages(overdue: Shell) -> None:
    assert "events queue" not in overdue.run("status").stdout
    dead_letter(Lake(overdue.lake.as_uri()).store, "nope", "The message is no event.")

    status = overdue.run("status").stdout

    assert "1 message of the events queue could not be read: rejected_events/" in status


def test_the_page_names_every_key_and_no_other() -> None:
    table = PAGE.read_text().partition("| key | meaning |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)

    assert [key for row in rows for key in named(row)] == keys(PipelineStatus)


def named(row: str) -> list[str]:
    """Return the keys of a row; one that begins with a dot belongs to the object of the first."""
    first, *others = re.findall("`(.+?)`", row)
    within = first.rpartition(".")[0]
    return [first, *(f"{within}{key}" if key.startswith(".") else key for key in others)]


def keys(of: Any, within: str = "") -> list[str]:
    """Return the keys of a dataclass and of those in it, joined by dots."""
    named: list[str] = []
    for name, kind in get_type_hints(of).items():
        parts = [each for each in (kind, *get_args(kind)) if dataclasses.is_dataclass(each)]
        named += keys(parts[0], f"{within}{name}.") if parts else [f"{within}{name}"]
    return named
