"""`tg-pipeline serve` as a process that listens on loopback."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COMMAND: Final = str(Path(sys.executable).parent / "tg-pipeline")
SECRET: Final = "s3cret-of-the-webhook"  # noqa: S105 - used by the tests only


@dataclass(frozen=True)
class Serving:
    process: subprocess.Popen[str]
    address: str
    """Its root, such as http://127.0.0.1:40123."""
    landing: Path
    announced: str
    """The first line of its standard error."""
    log: Path
    """Its standard output, unless the test passed another."""

    @property
    def webhook(self) -> str:
        return f"{self.address}/telegram"

    def stored(self, zone: str = "telegram") -> dict[str, bytes]:
        paths = (path for path in (self.landing / zone).rglob("*") if path.is_file())
        return {path.name: path.read_bytes() for path in paths}

    def stop(self, with_signal: int = signal.SIGTERM) -> tuple[int, str, str]:
        self.process.send_signal(with_signal)
        _, errors = self.process.communicate(timeout=70)
        return self.process.returncode, self.log.read_text(), errors


def start(
    folder: Path,
    *options: str,
    prefix: Sequence[str] = (),
    log: int | None = None,
    **settings: str,
) -> Serving:
    """Start a server that lands updates in a folder; return when it listens.

    Its standard output is a file in that folder, or the descriptor `log`.
    """
    landing, log_file = folder / "landing", folder / "log"
    environment = os.environ | {
        "TG_LANDING_URI": landing.as_uri(),
        "TELEGRAM_SECRET_TOKEN": SECRET,
        "TELEGRAM_BOT_ID": "7",
        **settings,
    }
    with log_file.open("w") as output:
        process = subprocess.Popen(
            [*prefix, COMMAND, "serve", "--port", "0", *options],
            env=environment,
            stdout=output if log is None else log,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert process.stderr
    announced = process.stderr.readline()
    found = re.search(r"(https?://[^/]+)/", announced)
    assert found, announced + process.stderr.read()
    return Serving(process, found[1], landing, announced, log_file)


def close(serving: Serving) -> None:
    if serving.process.poll() is None:
        serving.process.kill()
    serving.process.communicate()
