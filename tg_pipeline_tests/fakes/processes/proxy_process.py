"""`tg-pipeline proxy` as a process on loopback that can be killed and started again.

It is forked from a process that has imported all it needs: a start takes a tenth of the time.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from lambda_ingest.synthetic.updates import BOT_CALL, is_synthetic
from tg_pipeline.cli.main import app
from tg_pipeline_tests.fakes.ports import free_port


def _forking() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(["tg_pipeline.cli.ingestion.proxy", __name__])
    return context


FORKING = _forking()


def run(arguments: list[str], environment: Mapping[str, str], output: Path) -> None:
    """Run a command as its own process does, in this one."""
    os.environ.clear()
    os.environ.update(environment)
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (sys.stdout, sys.stderr):
        os.dup2(descriptor, standard.fileno())
    sys.argv = ["tg-pipeline", *arguments]
    app()


@dataclass
class ProxyProcess:
    """A proxy with a folder of its own, at the same port after each start."""

    folder: Path
    upstream: str
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: ForkServerProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def start(self) -> None:
        """Return when it listens."""
        environment = os.environ | {
            "TG_LANDING_URI": self.landing.as_uri(),
            "TG_PROXY_SPOOL": str(self.spool),
            "TELEGRAM_BOT_ID": "7",
            "TG_TIMEZONE": "UTC",
            **self.settings,
        }
        said = len(self.said())
        arguments = ["proxy", "--port", str(self.port), "--upstream", self.upstream]
        self.process = FORKING.Process(target=run, args=(arguments, environment, self.output))
        self.process.start()
        while "Press Ctrl-C" not in self.said()[said:]:
            if not self.process.is_alive():
                raise RuntimeError(self.said())
            time.sleep(0.01)

    def said(self) -> str:
        """Return all that it printed, since the first start."""
        return self.output.read_text() if self.output.exists() else ""

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.join()

    def stop(self) -> int:
        """Stop it as Ctrl-C does; return the exit code."""
        assert self.process
        assert self.process.pid
        os.kill(self.process.pid, signal.SIGINT)
        self.process.join(60)
        assert self.process.exitcode is not None
        return self.process.exitcode

    def landed(self) -> dict[int, bytes]:
        """Return the landed updates by their ids; one that landed twice is an error."""
        return {each: body for each, body in self._landed().items() if not is_synthetic(each)}

    def calls(self) -> list[dict[str, Any]]:
        """Return the landed calls, in the order of their ids."""
        lines = sorted(self._landed().items())
        return [json.loads(body)[BOT_CALL] for each, body in lines if is_synthetic(each)]

    def spooled(self) -> list[Path]:
        """Return the files of calls that have not landed."""
        return [path for path in sorted(self.spool.glob("*.call")) if path.stat().st_size]

    def _landed(self) -> dict[int, bytes]:
        landed: dict[int, bytes] = {}
        for path in self.landing.glob("telegram/*/*.json"):
            update_id = int(path.stem.partition("-")[2])
            assert update_id not in landed, f"{path} is there twice"
            landed[update_id] = path.read_bytes()
        return landed
