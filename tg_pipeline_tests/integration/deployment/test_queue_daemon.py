"""The queue sensor in Dagster's real daemon, which is killed."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest

from lambda_ingest.landing import day_prefix
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline_tests.fakes.sqs import BUCKET, REGION, SqsServer, landed, sqs_server, tick_of
from tg_pipeline_tests.integration.deployment.component import Component, wait_until

DAEMON = str(Path(sys.executable).with_name("dagster-daemon"))
DEFINITIONS = Path(__file__).with_name("hurried_definitions.py")
NOW = datetime.now(UTC)
TODAY = NOW.date()
YESTERDAY, LATE = TODAY - timedelta(days=1), TODAY - timedelta(days=5)


class Daemon:
    """A daemon with its own bucket, queue, lake and history."""

    def __init__(self, folder: Path, sqs: SqsServer) -> None:
        self.sqs, self.url, self.folder = sqs, sqs.queue(), folder
        (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
        self.lake = Lake((folder / "lake").as_uri())
        self.bucket: Any = boto3.client(
            "s3",
            endpoint_url=sqs.endpoint,
            region_name=REGION,
            aws_access_key_id="anyone",
            aws_secret_access_key="anything",  # noqa: S106 - moto takes any
        )
        self.bucket.create_bucket(Bucket=BUCKET)
        settings = {
            "DAGSTER_HOME": str(folder),
            "PYTHONWARNINGS": "ignore",
            "AWS_ACCESS_KEY_ID": "anyone",
            "AWS_SECRET_ACCESS_KEY": "anything",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": sqs.endpoint,
            "TG_EVENTS_QUEUE_URL": self.url,
            "TG_LANDING_URI": f"s3://{BUCKET}",
            "TG_LAKE_URI": (folder / "lake").as_uri(),
            "TG_START_DATE": str(TODAY - timedelta(days=20)),
            "TG_TIMEZONE": "Etc/UTC",
        }
        command = [DAEMON, "run", "-f", str(DEFINITIONS)]
        self._process = Component("daemon", command, folder, os.environ | settings)
        self._groups: list[int] = []

    def start(self) -> None:
        self._process.start()
        assert self._process.process
        self._groups.append(self._process.process.pid)

    def kill(self) -> None:
        """Kill the daemon alone: its code server, and the run in it, go on for a while."""
        assert self._process.process
        self._process.process.kill()
        self._process.process.wait()

    def end(self) -> None:
        """End all that it has started."""
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        if self._process.process:
            self._process.process.wait()

    def wait_until(self, holds: Callable[[], object], what: str) -> None:
        wait_until(holds, what, self._process)

    def land(self, day: date, number: int) -> None:
        update = {"update_id": number, "message": {"message_id": 1, "text": "oi"}}
        name = f"7-{number}.json"
        self.bucket.put_object(
            Bucket=BUCKET, Key=f"{day_prefix(day)}/{name}", Body=json.dumps(update).encode()
        )
        self.sqs.send(self.url, landed(day, name))

    def rows(self, day: date) -> int:
        footer = self.lake.footer(ENRICHED_UPDATES.name, day)
        return footer.rows if footer else 0

    def runs(self) -> list[dg.DagsterRun]:
        with dg.DagsterInstance.from_config(str(self.folder)) as instance:
            return list(instance.get_runs())


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with sqs_server() as sqs:
        daemon = Daemon(tmp_path, sqs)
        yield daemon
        daemon.end()


@pytest.mark.slow
def test_a_daemon_killed_between_the_run_and_the_deletion_loses_and_doubles_nothing(
    daemon: Daemon,
) -> None:
    # Given a tick, and an update that landed late
    daemon.land(YESTERDAY, 1)
    daemon.land(LATE, 2)
    daemon.sqs.send(daemon.url, tick_of(NOW))

    # When the daemon is killed as soon as the nightly run is recorded
    daemon.start()
    daemon.wait_until(lambda: len(daemon.runs()) == 1, "a run is requested")
    daemon.kill()

    # Then all messages are still there, and the next daemon builds both days in one run each
    assert daemon.sqs.left(daemon.url) == 3
    daemon.start()
    daemon.wait_until(lambda: daemon.sqs.left(daemon.url) == 0, "the queue is empty")
    daemon.wait_until(lambda: all(run.is_finished for run in daemon.runs()), "the runs end")
    assert (daemon.rows(YESTERDAY), daemon.rows(LATE)) == (1, 1)
    late, nightly = daemon.runs()
    assert nightly.tags["dagster/run_key"] == f"daily:{YESTERDAY}"
    assert late.tags["dagster/asset_partition_range_start"] == str(LATE)
    assert {late.status, nightly.status} == {dg.DagsterRunStatus.SUCCESS}
