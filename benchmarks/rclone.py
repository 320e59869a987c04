"""A local S3 server that is no bottleneck: rclone, which serves folders as buckets."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Final

KEY_ID: Final = "benchmark-key"
KEY: Final = "benchmark-secret"
START_SECONDS: Final = 20.0
LOOK_EVERY: Final = 0.05


@dataclass(frozen=True, slots=True)
class Served:
    """Such a server, and how it is reached."""

    address: str
    log: Path

    @property
    def environment(self) -> dict[str, str]:
        """Give the standard variables that make an AWS client use it."""
        return {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.address,
        }

    def objects_read(self, bucket: str) -> int:
        """Give how many objects of a bucket the server has handed out, by its own log."""
        read = f"GET OBJECT Bucket: {bucket} ".encode()
        with self.log.open("rb") as lines:
            return sum(read in line for line in lines)


@contextmanager
def served(folder: Path, *, is_logged: bool = False) -> Iterator[Served]:
    """Serve each folder in `folder` as a bucket; `is_logged` writes down every request."""
    log = folder.with_suffix(".log")
    port = _free_port()
    command = [str(Path(sys.executable).with_name("rclone")), "serve", "s3", str(folder)]
    options = ["--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY_ID},{KEY}", "--config", ""]
    level = ["--log-level", "DEBUG" if is_logged else "ERROR"]
    with log.open("wb") as out, subprocess.Popen([*command, *options, *level], stderr=out) as run:
        try:
            _wait_for(port, run)
            yield Served(f"http://127.0.0.1:{port}", log)
        finally:
            run.terminate()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_for(port: int, run: subprocess.Popen[bytes]) -> None:
    for _ in range(int(START_SECONDS / LOOK_EVERY)):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        if run.poll() is not None:
            break
        sleep(LOOK_EVERY)
    raise RuntimeError("rclone does not serve")
