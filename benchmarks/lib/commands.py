"""The product's commands on a lake, measured as a user runs them: a process from start to end."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import tg_pipeline
from lib.days import Place
from lib.lakes import lake_environment
from lib.table import Cost

COMMAND: Final = str(Path(sys.executable).with_name("tg-pipeline"))
MEASURED: Final = str(Path(__file__).parent / "processes" / "measured_command.py")

CONFIGURATION: Final = Path(tg_pipeline.__file__).parents[1] / "dagster.yaml"
HISTORY: Final = ".tg_pipeline/dagster"
"""Dagster's configuration of a checkout, and the folder of the history in it."""

OURS: Final = ("TELEGRAM_", "TG_", "DAGSTER_")
"""The beginnings of the names of the product's own settings."""

SYNCS: Final = "fsync,fdatasync,syncfs,sync_file_range"
"""System calls that wait for a disk."""

_CALLS: Final = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s", re.MULTILINE)
"""A line of strace's summary: share, seconds, microseconds per call, calls, …."""


class FailedCommandError(Exception):
    """A command of the product failed; the message is what it said."""


def measure_command(place: Place, *arguments: str, **settings: str) -> Cost:
    """Return the cost of a command on a place's lake; raise FailedCommandError."""
    command = [sys.executable, "-S", MEASURED, COMMAND, *arguments]
    done = subprocess.run(
        command,
        env=command_environment(place, settings),
        cwd=place.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FailedCommandError(f"{' '.join(arguments)}: {done.stderr[-2_000:]}")
    return Cost(**json.loads(done.stdout))


def count_syncs(place: Place, *arguments: str) -> int | None:
    """Return how often a command waits for the disk; None without strace."""
    strace = shutil.which("strace")
    if not strace:
        return None
    log = place.folder / "strace.log"
    traced = [strace, "-f", "-c", "-e", f"trace={SYNCS}", "-o", str(log), COMMAND, *arguments]
    done = subprocess.run(
        traced,
        env=command_environment(place, {}),
        cwd=place.folder,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise FailedCommandError(f"strace: {done.stderr[-2_000:]!r}")
    # The last line is the total.
    calls = _CALLS.findall(log.read_text("utf-8"))
    return int(calls[-1]) if calls else 0


def command_environment(place: Place, settings: dict[str, str]) -> dict[str, str]:
    """Return the environment of a command, with Dagster's configuration of a checkout."""
    home = place.folder / "dagster"
    home.mkdir(exist_ok=True)
    configuration = CONFIGURATION.read_text("utf-8").replace(HISTORY, str(home))
    (home / "dagster.yaml").write_text(configuration, "utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"TELEGRAM_BOT_TOKEN": ""} | lake_environment(place) | settings
