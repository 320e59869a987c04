"""Killed commands leave nothing behind that the next command, whichever it is, does not remove."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tg_pipeline_tests.cli.conftest import COMMAND
from tg_pipeline_tests.fakes.litter import find_litter
from tg_pipeline_tests.integration.object_stores.shell import Shell

pytestmark = [pytest.mark.slow, pytest.mark.tiers("file", "moto")]

SEED: Final = 20_261_007
PATIENCE: Final = 60.0
"""Seconds until a command must have created a temporary folder, or ended."""

SPILL: Final = (
    "SET memory_limit = '60MB'; "
    "SELECT max(b) FROM (SELECT hash(range) a, range b FROM range(40000000) ORDER BY a)"
)
COMMANDS: Final = {
    "run": ("run", "--from", "yesterday", "--to", "today", "--full"),
    "report": ("report", "--output", "report.html"),
    "sql": ("sql", "--no-confined", SPILL),
    "land": ("land", "-"),
}


@contextmanager
def started(shell: Shell, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command, whose input is endless, in a process group that is killed at the end."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        [COMMAND, *arguments],
        env=shell.environment(),
        cwd=shell.folder,
        stdin=subprocess.PIPE,
        stdout=quiet,
        stderr=quiet,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_no_killed_command_leaves_anything_after_the_next_one(
    shell: Shell, temporary: Path, tmp_path: Path
) -> None:
    # Given some days, of which one is built
    random = Random(SEED)  # noqa: S311 - no secret
    shell.run("sample", "--days", "3", "--per-day", "40")
    shell.run("run")
    folders = [path for name in ("landing", "lake") if (path := tmp_path / name).is_dir()]
    left = dict.fromkeys(COMMANDS, 0)

    for name in random.sample(sorted(COMMANDS), len(COMMANDS)):
        # When a command is killed a moment after it has created a temporary folder
        with started(shell, *COMMANDS[name]) as process:
            deadline = time.monotonic() + PATIENCE
            while process.poll() is None and time.monotonic() < deadline:
                if find_litter(temporary, *folders):
                    time.sleep(random.uniform(0, 0.5))
                    break
                time.sleep(0.01)
        left[name] += len(find_litter(temporary, *folders))

        # Then the next command removes what it left
        shell.run(random.choice(["status", "summary"]))
        assert find_litter(temporary, *folders) == [], name

    # And there was something to remove; the folders of a run exist for moments only
    assert any(left.values()), left
