"""A container of the Lambda as AWS starts it: its genuine runtime client, in a process."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pytest

from tg_pipeline_tests.lambda_ingest.events import SECRET
from tg_pipeline_tests.lambda_ingest.runtime.api import TIMEOUT, RuntimeApi

HANDLER = "lambda_ingest.handler.lambda_handler"


class Runtime:
    """The process, and the Runtime API that it asks for work."""

    def __init__(self, settings: dict[str, str], log: Path) -> None:
        self.api = RuntimeApi()
        self._settings = settings
        self._log = log

    def __enter__(self) -> Self:
        self.api.__enter__()
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "awslambdaric", HANDLER],
                env={
                    "PATH": os.environ["PATH"],
                    "AWS_LAMBDA_RUNTIME_API": self.api.address,
                    **self._settings,
                },
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self.api.__exit__()

    def ended(self) -> int:
        """Wait for the process to end by itself, and give its exit code."""
        return self._process.wait(TIMEOUT)

    def log(self) -> str:
        """Give all that it wrote."""
        return self._log.read_text("utf-8")

    def lines(self) -> list[dict[str, Any]]:
        """Give the lines that it wrote, each of which must be JSON."""
        return [json.loads(line) for line in self.log().splitlines()]


@pytest.fixture
def landing_folder(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def start(tmp_path: Path, landing_folder: Path) -> Iterator[Callable[..., Runtime]]:
    """Give a starter of containers, which end with the test."""
    usual = {
        "TG_LANDING_URI": landing_folder.as_uri(),
        "TELEGRAM_BOT_ID": "7",
        "TELEGRAM_SECRET_TOKEN": SECRET,
    }
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(Runtime(usual | settings, tmp_path / "log"))


@pytest.fixture
def runtime(start: Callable[..., Runtime]) -> Runtime:
    return start()
