"""Dagster's UI over a sample of five weeks, and a headless Chromium."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from selenium import webdriver

from tg_pipeline_tests.integration.browser.chromium import open_chromium

CHECKOUT = Path(__file__).parents[3]

DAYS = 36
"""More than a month, so that a backfill takes two runs."""

UPDATES_A_DAY = 100
"""Few, but enough for every chart."""


@dataclass(frozen=True)
class Ui:
    """A running `tg-pipeline up`, and the first day of its sample."""

    url: str
    first_day: date
    process: int

    def ask(self, query: str) -> Any:
        """Return the data of a GraphQL query."""
        response = requests.post(f"{self.url}/graphql", json={"query": query}, timeout=30)
        return response.json()["data"]


@pytest.fixture(scope="session")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    state = tmp_path_factory.mktemp("state")
    first_day = date.today() - timedelta(days=DAYS)  # noqa: DTZ011 - any day near now will do
    environment = os.environ | {
        "DAGSTER_HOME": str(state),
        "TG_LANDING_URI": (state / "landing").as_uri(),
        "TG_LAKE_URI": (state / "lake").as_uri(),
        "TG_START_DATE": first_day.isoformat(),
    }
    configuration = yaml.safe_load((CHECKOUT / "dagster.yaml").read_text("utf-8"))
    # The checkout's own folder is relative to where the UI runs, which is the checkout.
    configuration["storage"]["sqlite"]["base_dir"] = str(state / "history")
    (state / "dagster.yaml").write_text(yaml.safe_dump(configuration))
    binaries = Path(sys.executable).parent
    sample = [
        *(str(binaries / "tg-pipeline"), "sample"),
        *("--days", str(DAYS), "--per-day", str(UPDATES_A_DAY)),
    ]
    subprocess.run(sample, env=environment, check=True)
    port = _free_port()
    command = [str(binaries / "tg-pipeline"), "up", "--no-poll", "--port", str(port)]
    with (
        (state / "dagster.log").open("w") as log,
        subprocess.Popen(
            command,
            cwd=state,
            env=environment,
            start_new_session=True,
            stdout=log,
            stderr=log,
        ) as server,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_up(url, server)
            yield Ui(url, first_day, server.pid)
        finally:
            _stop(server)


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    with open_chromium() as chromium:
        yield chromium


def _stop(server: subprocess.Popen[bytes]) -> None:
    os.killpg(server.pid, signal.SIGINT)
    try:
        server.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_up(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(120):
        assert server.poll() is None, "tg-pipeline up ended by itself"
        try:
            if requests.get(f"{url}/server_info", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(1)
    raise AssertionError("the UI is not up after two minutes")
