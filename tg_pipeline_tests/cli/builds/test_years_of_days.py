"""`tg-pipeline status --check` on a healthy lake of over a year, and on each possible fault."""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from lambda_ingest.landing import day_prefix
from lambda_ingest.store import put_if_absent
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.monitoring.status import GRACE
from tg_pipeline.builds.staleness import ONE_DAY, days_after, last_scheduled_day
from tg_pipeline.lake.partitions import partition_key
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline_tests.builds.marts.mart_days import PARAMETERS, ZONE
from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.conftest import BOT, Pipeline

DAYS = 400
TIME_ZONE = ZoneInfo(ZONE)
YESTERDAY = datetime.now(TIME_ZONE).date() - ONE_DAY
FIRST = YESTERDAY - (DAYS - 1) * ONE_DAY
DUE = last_scheduled_day(datetime.now(TIME_ZONE), TIME_ZONE, GRACE)
"""The newest day that must be built: yesterday, unless it is early in the morning."""
HOURS = (8, 14, 20)
"""The hours of the updates of each day."""

OLD = YESTERDAY - timedelta(days=20)
"""A day within those that a check reads by default, and over long enough for any delivery."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]
"""Building the days takes two minutes, and eight on a busy machine."""


class Years(Pipeline):
    """A pipeline with more than a year of days, which the command line checks."""

    @property
    def shell(self) -> Shell:
        return Shell(self.folder)

    def land_day(self, day: date, hours: tuple[int, ...] = HOURS) -> None:
        """Land the updates of a day: consecutive ids, from one day to the next."""
        for number, hour in enumerate(hours):
            at = datetime.combine(day, clock_time(hour), TIME_ZONE)
            update_id = (day - FIRST).days * len(HOURS) + HOURS.index(hour) + 1
            chat = {"id": -100, "type": "group", "title": "Turma"}
            message = {"message_id": number, "date": int(at.timestamp()), "chat": chat}
            body = json.dumps({"update_id": update_id, "message": message | {"text": "oi"}})
            key = f"{day_prefix(day)}/{BOT}-{update_id}.json"
            assert put_if_absent(self.landing, key, body.encode(), at.astimezone(UTC))

    def build_days(self, *days: date) -> None:
        """Build the layers and the daily marts of days."""
        for day in days:
            self.build(day)
        with mart_builder(self.lake, PARAMETERS) as builder:
            for mart in DAILY_MARTS:
                builder.build_days(mart, list(days))

    def lose_layers(self, day: date) -> None:
        """Delete what was built of a day, except for its marts."""
        for layer in ALL_LAYERS:
            self.lose(f"{layer.name}/context_date={day}")

    def check(self) -> tuple[int, list[dict[str, Any]]]:
        """Return the exit code of the check and its problems."""
        start = {"TG_START_DATE": FIRST.isoformat()}
        done = self.shell.run("status", "--json", "--check", settings=start, here=False)
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout)["problems"]

    def fails_by(self, kind: str, day: date | None) -> bool:
        """Return whether the check fails, and a problem of this kind and day is why."""
        code, problems = self.check()
        found = {(each["kind"], each["day"]) for each in problems if each["is_failure"]}
        assert (kind, day.isoformat() if day else None) in found, problems
        return code == 3

    def is_healthy(self) -> bool:
        code, problems = self.check()
        assert problems == []
        return code == 0

    def landed(self, day: date) -> Path:
        return self.folder / "landing" / day_prefix(day)


@pytest.fixture(scope="module")
def years() -> Iterator[Years]:
    """Build the days on a disk in memory, if there is one: most of the time is for its syncs."""
    memory = Path("/dev/shm")  # noqa: S108
    folder = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    years = Years(folder)
    days = [FIRST + number * ONE_DAY for number in range(DAYS)]
    for day in days:
        years.land_day(day)
    years.build_days(*days)
    yield years
    shutil.rmtree(folder)


def test_more_than_a_year_of_days_is_healthy(years: Years) -> None:
    assert years.is_healthy()


def test_a_day_outside_the_partitions_fails_the_check(years: Years) -> None:
    folder = years.landed(date(2015, 1, 1))
    folder.mkdir()
    (folder / f"{BOT}-1.json").write_text('{"update_id": 1}')

    assert years.fails_by("outside", date(2015, 1, 1))

    shutil.rmtree(folder)
    assert years.is_healthy()


def test_a_damaged_partition_fails_the_check_until_it_is_rebuilt(years: Years) -> None:
    path = years.folder / "lake" / partition_key("raw_updates", OLD)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    assert years.fails_by("damaged", OLD)

    path.write_bytes(whole)
    assert years.is_healthy()


def test_a_lost_update_fails_the_check_until_it_lands(years: Years) -> None:
    # Given a day that landed, and was built, without its second update
    shutil.rmtree(years.landed(OLD))
    years.lose_layers(OLD)
    years.land_day(OLD, (HOURS[0], HOURS[2]))
    years.build_days(OLD, *days_after(OLD))

    assert years.fails_by("gap", OLD)

    years.land_day(OLD, (HOURS[1],))
    years.build_days(OLD, *days_after(OLD))
    assert years.is_healthy()


def test_a_stuck_run_fails_the_check_until_it_has_ended(years: Years) -> None:
    # Given a run that is said to have started a day ago
    with dg.DagsterInstance.local_temp(str(years.folder)) as instance:
        started = dg.DagsterRunStatus.STARTED
        run = instance.add_run(dg.DagsterRun("updates_job", status=started))
    with closing(sqlite3.connect(years.folder / "history" / "runs.db")) as history:
        history.execute("UPDATE runs SET create_timestamp = datetime('now', '-1 day')")
        history.commit()

    assert years.fails_by("stuck_run", None)

    with dg.DagsterInstance.local_temp(str(years.folder)) as instance:
        instance.report_run_canceled(run)
    assert years.is_healthy()


def test_a_due_day_that_is_not_built_fails_the_check(years: Years) -> None:
    years.lose_layers(DUE)

    assert years.fails_by("overdue", DUE)

    years.build_days(DUE, *(day for day in days_after(DUE) if day <= YESTERDAY))
    assert years.is_healthy()
