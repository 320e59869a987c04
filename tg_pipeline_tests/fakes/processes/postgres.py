"""A Postgres server of a test, in a temporary folder, on loopback."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tg_pipeline_tests.fakes.ports import free_port

USER = "dagster"
PASSWORD = "of this test"  # noqa: S105 - it opens nothing else
DATABASE = "dagster"
SECONDS_TO_START = 60


def find_binaries() -> Path | None:
    """Return the folder of the newest Postgres; in Debian it is not on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    on_path = shutil.which("initdb")
    return found[-1] if found else Path(on_path).parent if on_path else None


class Postgres:
    def __init__(self, binaries: Path) -> None:
        self.port = free_port()
        self._binaries = binaries
        self._user = _unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="tg_pipeline-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if self._user:
            shutil.chown(self._folder, self._user)
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run("initdb", "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}", "-D", "data")
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, DATABASE)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it accepts connections; a killed one recovers first."""
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            if self._process is None or self._process.poll() is not None:
                self._process = self._launch()
            time.sleep(0.1)

    def kill(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _launch(self) -> subprocess.Popen[bytes]:
        options = ["-D", "data", "-k", "", "-h", "127.0.0.1", "-p", str(self.port)]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self._binaries / "postgres"), *options],
                cwd=self._folder,
                user=self._user,
                stdout=log,
                stderr=log,
            )

    def _answers(self) -> bool:
        if self._process is None:
            return False
        asked = ["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run([self._binaries / asked[0], *asked[1:]], check=False).returncode == 0

    def _run(self, name: str, *options: str) -> None:
        done = subprocess.run(
            [self._binaries / name, *options],
            cwd=self._folder,
            env=os.environ | {"PGPASSWORD": PASSWORD, "HOME": str(self._folder)},
            user=self._user,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()


def _unprivileged() -> str | None:
    """Return the user to run as: Postgres refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
