"""`tg-pipeline proxy` as a process on loopback that can be killed and started again."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lambda_ingest.synthetic_updates import BOT_CALL, is_synthetic
from tg_pipeline_tests.fakes.ports import free_port

COMMAND: Final = str(Path(sys.executable).parent / "tg-pipeline")


@dataclass
class ProxyProcess:
    """A proxy with a folder of its own, at the same port after each start."""

    folder: Path
    upstream: str
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

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
        with self.output.open("a") as output:
            self.process = subprocess.Popen(
                [COMMAND, "proxy", "--port", str(self.port), "--upstream", self.upstream],
                env=environment,
                stdout=output,
                stderr=output,
                text=True,
            )
        while not re.search("Press Ctrl-C", self.said()[said:]):
            if self.process.poll() is not None:
                raise RuntimeError(self.said())

    def said(self) -> str:
        """Return all that it printed, since the first start."""
        return self.output.read_text() if self.output.exists() else ""

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """Stop it as Ctrl-C does; return the exit code."""
        assert self.process
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def landed(self) -> dict[int, bytes]:
        """Return the landed updates by their ids; one that landed twice is an error."""
        return {each: body for each, body in self._landed().items() if not is_synthetic(each)}

    def calls(self) -> list[dict[str, Any]]:
        """Return the landed calls, in the order of their ids."""
        lines = sorted(self._landed().items())
        return [json.loads(body)[BOT_CALL] for each, body in lines if is_synthetic(each)]

    def spooled(self) -> list[Path]:
        return sorted(path for path in self.spool.glob("*.*") if path.suffix in {".call", ".done"})

    def _landed(self) -> dict[int, bytes]:
        landed: dict[int, bytes] = {}
        for path in self.landing.glob("telegram/*/*.json"):
            update_id = int(path.stem.partition("-")[2])
            assert update_id not in landed, f"{path} is there twice"
            landed[update_id] = path.read_bytes()
        return landed
