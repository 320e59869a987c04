"""What a scan of a bucket costs: with the history, it is only listings that become more."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from aiohttp import web

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.lake.footers import FEW
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline_tests.builds.marts.mart_days import PARAMETERS
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.fakes.aws import client_of, moto_server, moto_settings
from tg_pipeline_tests.fakes.loopback import Loopback
from tg_pipeline_tests.fakes.s3.failing_proxy import FailingProxy

BUCKET = "bucket"
STEP = FEW + 1
"""Days that are read from indexes."""

SUMMED_UP = ("hourly_activity/context_date=", "user_activity/context_date=")
"""The marts whose rows the summary reads, of all days."""


@dataclass
class Years:
    """A bucket with a landing zone and a lake, and the requests that commands made to it."""

    shell: Shell
    pipeline: Pipeline
    settings: dict[str, str]
    requests: list[web.Request]
    days: list[date] = field(default_factory=list)

    def add_days(self, count: int) -> None:
        """Land an update on each of so many further days, and build all tables."""
        added = [FIRST_DAY + timedelta(days=len(self.days) + number) for number in range(count)]
        self.days += added
        for day in added:
            at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC).timestamp()
            person = {"id": 1, "is_bot": False, "first_name": "Ana"}
            message = {"message_id": 1, "date": int(at), "chat": {"id": 1, "type": "private"}}
            update = {"update_id": day.toordinal(), "message": message | {"from": person}}
            self.pipeline.land(update, day=day)
            self.pipeline.build(day)
        with mart_builder(self.pipeline.lake, PARAMETERS) as builder:
            for mart in DAILY_MARTS:
                builder.build_days(mart, added)
            for mart in CUMULATIVE_MARTS:
                builder.build(mart)

    def count(self, *command: str) -> Counter[str]:
        """Run a command, and return its requests: how many are listings, and how many are not."""
        self.requests.clear()
        done = self.shell.run(*command, settings=self.settings, here=True)
        assert (done.returncode, done.stderr) == (0, "")
        return Counter(
            "listings" if "list-type" in request.query else "others"
            for request in self.requests
            if not any(name in request.path for name in SUMMED_UP) or command != ("summary",)
        )


@pytest.fixture
def years(tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Years]:
    requests: list[web.Request] = []

    def watch(request: web.Request) -> bool:
        requests.append(request)
        return False

    with moto_server() as address:
        client_of(address, "s3").create_bucket(Bucket=BUCKET)
        for name, value in moto_settings(address).items():
            monkeypatch.setenv(name, value)
        proxy = FailingProxy(address, Random(1), 0, iter(()), watch)  # noqa: S311 - nothing fails
        with Loopback(proxy.application) as site:
            place = f"s3://{BUCKET}"
            places = {"TG_LANDING_URI": f"{place}/landing", "TG_LAKE_URI": f"{place}/lake"}
            settings = places | {"AWS_ENDPOINT_URL": site.url}
            yield Years(shell, Pipeline(tmp_path, place), settings, requests)


@pytest.mark.slow
def test_only_listings_become_more_with_the_history(years: Years) -> None:
    commands = [("run",), ("status",), ("status", "--json"), ("summary",)]
    years.add_days(STEP)
    years.count("run")  # saves the indexes
    before = {command: years.count(*command) for command in commands}

    years.add_days(STEP)
    years.count("run")
    after = {command: years.count(*command) for command in commands}

    for command in commands:
        assert after[command]["others"] <= before[command]["others"], command
        more = after[command]["listings"] - before[command]["listings"]
        assert more <= STEP, command
