"""`tg-pipeline ui` starts Dagster's webserver behind the guard, as the image does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import requests

from tg_pipeline_tests.cli.builds.up_process import TIMEOUT
from tg_pipeline_tests.fakes.ports import free_port

SCRIPT: Final = Path(__file__).parents[3] / "deploy" / "dagster-webserver"
MUTATION: Final = """mutation { launchRun(executionParams: {selector: {
    repositoryName: "r", repositoryLocationName: "l", jobName: "j"}}) { __typename } }"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Start a read-only UI as Dagster's chart does, and end it as a container is ended."""
    port = free_port()
    command = [
        *(str(SCRIPT), "-h", "127.0.0.1", "-p", str(port)),
        "--empty-workspace",
        "--read-only",
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"DAGSTER_HOME": str(tmp_path), "PATH": path}
    with subprocess.Popen(command, env=environment) as process:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + TIMEOUT
        while not is_healthy(address):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield address
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT) == 0


def is_healthy(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


@pytest.mark.slow
def test_a_read_only_ui_shows_pages_and_launches_nothing(url: str) -> None:
    page = requests.get(f"{url}/assets", timeout=30)
    launch = requests.post(f"{url}/graphql", json={"query": MUTATION}, timeout=30)
    by_get = requests.get(f"{url}/graphql", params={"query": MUTATION}, timeout=30)
    rebound = requests.get(f"{url}/assets", headers={"Host": "evil.example"}, timeout=30)

    assert page.ok
    assert launch.json()["data"]["launchRun"]["__typename"] == "UnauthorizedError"
    assert (by_get.status_code, rebound.status_code) == (405, 403)
