"""`tg-pipeline` as a person runs it, with landing zone and lake in any kind of store."""

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tg_pipeline.lake.partitions import Lake
from tg_pipeline_tests.cli.conftest import COMMAND, FIRST_DAY


@dataclass(frozen=True)
class Shell:
    """A shell whose environment sets a landing zone and a lake."""

    folder: Path
    root: str

    def run(self, *arguments: str, lake: str = "lake") -> str:
        done = subprocess.run(
            [COMMAND, *arguments],
            env=self.environment(lake),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done
        return done.stdout

    def kill_when(self, holds: Callable[[], bool], *arguments: str) -> int:
        """Start a command, and kill it once a condition holds; return its exit code."""
        command, quiet = [COMMAND, *arguments], subprocess.DEVNULL
        with subprocess.Popen(
            command, env=self.environment("lake"), cwd=self.folder, stdout=quiet, stderr=quiet
        ) as process:
            while process.poll() is None and not holds():
                time.sleep(0.05)
            process.kill()
        return process.returncode

    def lake(self, name: str = "lake") -> Lake:
        return Lake(f"{self.root}/{name}")

    def environment(self, lake: str = "lake") -> dict[str, str]:
        return os.environ | {
            "DAGSTER_HOME": str(self.folder),
            "TG_LANDING_URI": f"{self.root}/landing",
            "TG_LAKE_URI": f"{self.root}/{lake}",
            "TG_START_DATE": FIRST_DAY.isoformat(),
            "TELEGRAM_BOT_ID": "7",
            "COLUMNS": "140",
        }
