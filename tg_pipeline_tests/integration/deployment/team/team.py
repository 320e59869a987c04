"""A team's deployment: what docker-compose.yaml starts, without containers."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import requests
import yaml

from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.defs.partitions import group_into_ranges
from tg_pipeline.lake.partitions import Lake
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.fakes.ports import free_port
from tg_pipeline_tests.fakes.processes.postgres import PASSWORD, Postgres
from tg_pipeline_tests.integration.deployment.component import Component, wait_until
from tg_pipeline_tests.integration.deployment.compose import DEPLOY, Loopback, settings_to_fill_in
from tg_pipeline_tests.integration.deployment.team.history import History

BINARIES = Path(sys.executable).parent
LOGS = "logs"
"""The bucket of what runs print."""

DAYS = 40
"""Days with a partition, up to yesterday: more than one run's worth."""

UPDATES_A_DAY = 40

SECRET_KEYS = [f"{user}_SECRET_ACCESS_KEY" for user in ("ROOT", "INGEST", "PIPELINE", "UI")]

COMPONENTS = ("code", "webserver", "daemon")


class Team:
    """The deployment's processes, and short ways to use them."""

    def __init__(
        self,
        folder: Path,
        postgres: Postgres,
        bucket_url: str,
        today: date,
        settings: dict[str, str],
    ) -> None:
        """Configure the deployment over an empty landing zone; `settings` override its own."""
        self.pipeline = Pipeline(folder)
        self.postgres = postgres
        self.today, self.first_day = today, today - timedelta(days=DAYS)
        self.home = folder / "home"
        self.url = f"http://127.0.0.1:{free_port()}"
        self._settings, self._bucket_url = settings, bucket_url
        self.home.mkdir()
        shutil.copy(DEPLOY / "workspace.yaml", self.home)
        self._configure()
        self._here = Loopback(
            {
                "0.0.0.0": "127.0.0.1",  # noqa: S104 - as in the file
                "3000": self.url.rpartition(":")[2],
                "4000": str(free_port()),
                "5432": str(postgres.port),
                "postgres": "127.0.0.1",
                "code": "127.0.0.1",
            }
        )
        self.probe = Component("probe", [], self.home, {})
        self.code, self.webserver, self.daemon = map(self._component, COMPONENTS)

    def _configure(self) -> None:
        """Write dagster.yaml, which ends dead runs after less time than in deploy/."""
        config = yaml.safe_load((DEPLOY / "dagster.yaml").read_text("utf-8"))
        config["run_monitoring"] |= {"poll_interval_seconds": 5, "max_runtime_seconds": 100}
        config["run_queue"]["user_code_failure_retry_delay"] = 5
        (self.home / "dagster.yaml").write_text(yaml.safe_dump(config))

    def start(self) -> None:
        """Start all processes in the order of their dependencies."""
        self.code.start()
        health = ["dagster", "api", "grpc-health-check", "--port", self.code_port]
        self.wait_until(partial(self.succeeds, health), "the code server is up")
        self.webserver.start()
        self.daemon.start()
        self.wait_until(self.is_ui_up, "the UI is up")

    def stop(self) -> None:
        for component in (self.code, self.webserver, self.daemon):
            component.kill()

    @property
    def days(self) -> int:
        return (self.today - self.first_day).days

    @property
    def code_port(self) -> str:
        return self._here.addresses["4000"]

    @property
    def settings(self) -> dict[str, str]:
        """A filled-in env.example."""
        own = {
            "DAGSTER_POSTGRES_PASSWORD": PASSWORD,
            "DAGSTER_LOGS_BUCKET": LOGS,
            "AWS_ENDPOINT_URL": self._bucket_url,
            **dict.fromkeys(SECRET_KEYS, "testing"),
            "TELEGRAM_BOT_ID": "7",
            "TG_LANDING_URI": self.pipeline.landing_uri,
            "TG_LAKE_URI": self.pipeline.lake_uri,
            "TG_START_DATE": str(self.first_day),
        } | self._settings
        filled_in = settings_to_fill_in()
        unknown = own.keys() - filled_in.keys()
        assert not unknown, f"env.example lacks {unknown}"
        return filled_in | own

    def environment(self, service: str) -> dict[str, str]:
        """Return what a service gets, and no setting more."""
        ours = ("AWS_", "TG_", "TELEGRAM_", "DAGSTER_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        path = f"{BINARIES}{os.pathsep}{os.environ['PATH']}"
        home = {"DAGSTER_HOME": str(self.home), "PATH": path, "PYTHONWARNINGS": "ignore"}
        return kept | home | self._here.environment(service, self.settings)

    def succeeds(self, command: list[str]) -> bool:
        """Run a command with the deployment's settings; return whether it succeeded."""
        self.probe = Component("probe", command, self.home, self.environment("code"))
        return self.probe.run() == 0

    def land(self, *days: date) -> None:
        """Land a sample for these days."""
        for first, last in group_into_ranges(days):
            sample = ["sample", "--start", str(first), "--days", str((last - first).days + 1)]
            command = ["tg-pipeline", *sample, "--per-day", str(UPDATES_A_DAY)]
            assert self.succeeds(command), "the sample has not landed"

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the data of a query of the UI's GraphQL."""
        asked = {"query": query, "variables": variables}
        answer = requests.post(f"{self.url}/graphql", json=asked, timeout=60).json()
        assert "errors" not in answer, json.dumps(answer["errors"])[:2000]
        return answer["data"]

    def is_ui_up(self) -> bool:
        try:
            return requests.get(f"{self.url}/server_info", timeout=5).ok
        except requests.RequestException:
            return False

    def wait_until(self, holds: Callable[[], object], what: str) -> None:
        """Wait for a condition while all processes run; fail with their logs and the runs."""
        components = (self.code, self.webserver, self.daemon)
        try:
            wait_until(holds, what, *(each for each in components if each.process))
        except AssertionError as error:
            runs = History(self.ask) if self.is_ui_up() else "unknown"
            raise AssertionError(f"{error}\n--- runs\n{runs}") from None

    def days_ago(self, most: int, least: int) -> list[date]:
        """Return the days from `most` days ago to `least` days ago."""
        return [self.today - timedelta(days=ago) for ago in range(most, least - 1, -1)]

    @property
    def timezone(self) -> str:
        """The time zone that all processes of the team are in."""
        return self.settings["TG_TIMEZONE"]

    def built_by_a_plain_build(self, folder: Path, days: list[date]) -> Pipeline:
        """Return a second lake over the same landing zone, built without Dagster."""
        plain = Pipeline(folder)
        plain.landing, plain.lake = self.pipeline.landing, Lake(plain.lake_uri)
        for day in days:
            plain.build(day, parameters=LayerParameters(self.timezone))
        return plain

    def _component(self, service: str) -> Component:
        return Component(service, self._here.command(service), self.home, self.environment(service))
