"""EMR Serverless on loopback: the requests that Dagster makes, and jobs that are real.

A job is `spark-submit` on this machine. Its code is fetched from the bucket that it names, and it
has the environment that its parameters state, like one of AWS.
"""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiohttp import web

DRIVER: Final = "spark.emr-serverless.driverEnv."
APPLICATION: Final = "00application"

Fetch = Callable[[str, Path], None]
"""Copies the object at a URI to a file."""


@dataclass
class JobRun:
    """A job, and what it was started with."""

    number: int
    parameters: dict[str, Any]
    process: "subprocess.Popen[bytes] | None"
    """None: a job that fails without having run."""
    is_cancelled: bool = False

    @property
    def state(self) -> str:
        if self.is_cancelled:
            return "CANCELLED"
        if self.process is None:
            return "FAILED"
        code = self.process.poll()
        return "RUNNING" if code is None else "FAILED" if code else "SUCCESS"

    def stop(self) -> None:
        """Kill spark-submit and all processes that it has started, if any are left."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class FakeEmrServerless:
    """An application; jobs write what they print to files in `folder`."""

    folder: Path
    fetch: Fetch
    environment: dict[str, str]
    """What a job has from its role and its image."""
    spark_submit: str
    options: list[str]
    """Of spark-submit, in the place of the application's own configuration."""
    failing: int = 0
    """How many of the next jobs fail without having run."""
    on_look: Callable[[], None] = lambda: None
    """Called before the state of a job is returned."""
    runs: list[JobRun] = field(default_factory=list)

    def application(self) -> web.Application:
        app = web.Application()
        runs = "/applications/{application}/jobruns"
        app.router.add_post(runs, self._start)
        app.router.add_get(runs + "/{run}", self._get)
        app.router.add_delete(runs + "/{run}", self._cancel)
        app.router.add_get(runs + "/{run}/dashboard", self._dashboard)
        app.router.add_get("/applications/{application}", self._describe)
        return app

    def stop(self) -> None:
        for run in self.runs:
            run.stop()

    async def _start(self, request: web.Request) -> web.Response:
        parameters = await request.json()
        number, process = len(self.runs), None
        if self.failing:
            self.failing -= 1
        else:
            process = self._submit(parameters, number)
        run = JobRun(number, parameters, process)
        self.runs.append(run)
        names = {"applicationId": APPLICATION, "jobRunId": str(number), "arn": f"arn:{number}"}
        return web.json_response(names)

    def _submit(self, parameters: dict[str, Any], number: int) -> "subprocess.Popen[bytes]":
        driver = parameters["jobDriver"]["sparkSubmit"]
        settings = _properties(parameters) | _conf(driver.get("sparkSubmitParameters", ""))
        environment = {
            name.removeprefix(DRIVER): value
            for name, value in settings.items()
            if name.startswith(DRIVER)
        }
        script = self.folder / f"job-{number}.py"
        self.fetch(driver["entryPoint"], script)
        # The archive with the packages is not unpacked: they are those of this interpreter.
        environment |= self.environment
        command = [self.spark_submit, *self.options, str(script), *driver["entryPointArguments"]]
        with (self.folder / f"job-{number}.log").open("wb") as log:
            return subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    async def _get(self, request: web.Request) -> web.Response:
        run = self._run(request)
        self.on_look()
        found = {
            "applicationId": APPLICATION,
            "jobRunId": str(run.number),
            "state": run.state,
            "stateDetails": "",
            "jobDriver": run.parameters["jobDriver"],
        }
        return web.json_response({"jobRun": found})

    async def _cancel(self, request: web.Request) -> web.Response:
        run = self._run(request)
        run.is_cancelled = True
        run.stop()
        return web.json_response({"applicationId": APPLICATION, "jobRunId": str(run.number)})

    async def _dashboard(self, _: web.Request) -> web.Response:
        return web.json_response({"url": "http://127.0.0.1/dashboard"})

    async def _describe(self, _: web.Request) -> web.Response:
        return web.json_response({"application": {"applicationId": APPLICATION, "type": "Spark"}})

    def _run(self, request: web.Request) -> JobRun:
        return self.runs[int(request.match_info["run"])]


def _properties(parameters: dict[str, Any]) -> dict[str, str]:
    (defaults,) = parameters["configurationOverrides"]["applicationConfiguration"]
    assert defaults["classification"] == "spark-defaults"
    properties: dict[str, str] = defaults["properties"]
    return properties


def _conf(options: str) -> dict[str, str]:
    words = shlex.split(options)
    pairs = (words[n + 1].partition("=") for n, word in enumerate(words) if word == "--conf")
    return {name: value for name, _, value in pairs}
