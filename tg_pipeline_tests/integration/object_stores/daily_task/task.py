"""A task of the AWS template without its container: its command and its variables, and no others.

Its code and its home are read-only, for a user who is not root, and it has a new temporary folder.
"""

import compileall
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from shutil import copy, copytree, ignore_patterns
from typing import Final

from tg_pipeline_tests.cloudformation.template import (
    CHECKOUT,
    SHAPES,
    Template,
    container_of_the_task,
    shaped,
    variables_of_the_task,
)

CODE: Final = ("tg_pipeline", "lambda_ingest")
PROGRAM: Final = f"#!{sys.executable}\nfrom tg_pipeline.cli.main import app\n\napp()\n"


@dataclass(frozen=True)
class TaskImage:
    """The files of the image."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "TaskImage":
        """Copy the code, compile it as pip does, and take the right to write from all files."""
        image = cls(folder)
        for name in CODE:
            copytree(CHECKOUT / name, image.code / name, ignore=ignore_patterns("__pycache__"))
        assert compileall.compile_dir(image.code, quiet=1)
        for made in (image.home / "logs", image.home / ".logs_queue", image.programs):
            made.mkdir(parents=True)
        copy(CHECKOUT / "deploy" / "serverless" / "dagster.yaml", image.home)
        program = image.programs / "tg-pipeline"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        for path in folder.rglob("*"):
            path.chmod(path.stat().st_mode & ~0o222)
        return image

    @property
    def code(self) -> Path:
        return self.folder / "code"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def programs(self) -> Path:
        return self.folder / "bin"

    def files(self) -> dict[str, int]:
        """Return all files and folders, and when they were written."""
        return {str(path): path.stat().st_mtime_ns for path in self.folder.rglob("*")}

    def environment(self) -> dict[str, str]:
        """Return the variables that the image itself sets, and where its files are here."""
        return {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "PYTHONPATH": str(self.code),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            "HOME": str(self.home),
            "DAGSTER_HOME": str(self.home),
        }


class RunningTask:
    """A task that was started; `kill` ends it as ECS ends a machine."""

    def __init__(self, command: list[str], environment: Mapping[str, str], folder: Path) -> None:
        self._process = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)

    def wait(self) -> tuple[int, str]:
        """Return its exit code, negative for a signal, and what it wrote."""
        written = "".join(self._process.communicate())
        return self._process.returncode, written


class Tasks:
    """Starts tasks of a stack whose buckets are two places in a store."""

    def __init__(
        self, image: TaskImage, folder: Path, server: Mapping[str, str], parameters: dict[str, str]
    ) -> None:
        resources: Template = shaped(**(plain_parameters() | parameters))["Resources"]
        self._image, self._server, self._resources = image, server, resources
        self._folders = (folder / f"task-{number}" for number in count())
        self._command: list[str] = container_of_the_task(resources)["Command"]

    def start(
        self, root: str, lake: str = "lake", *options: str, further: Mapping[str, str] = {}
    ) -> RunningTask:
        """Start a task on the landing zone and a lake below a root, with further variables."""
        place = root.removeprefix("s3://")
        buckets = {"RawBucket": f"{place}/landing", "EnrichedBucket": f"{place}/{lake}"}
        temporary = next(self._folders)
        temporary.mkdir()
        environment = {
            **self._image.environment(),
            **variables_of_the_task(self._resources, buckets),
            **self._server,
            "TMPDIR": str(temporary),
            **further,
        }
        return RunningTask([*self._command, *options], environment, self._image.home)


def plain_parameters() -> dict[str, str]:
    """Return the parameters that make tasks, without secrets, retention and a chat."""
    return {name: text for name, text in SHAPES["fargate"].items() if "Build" in name}
