"""A team's deployment on this machine: real Postgres, code server, webserver and daemon."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto.server import ThreadedMotoServer
from selenium.webdriver import Chrome

from tg_pipeline_tests.fakes.alert_webhook import AlertWebhook
from tg_pipeline_tests.fakes.processes.postgres import Postgres, find_binaries
from tg_pipeline_tests.integration.browser.chromium import open_chromium
from tg_pipeline_tests.integration.deployment.team.team import LOGS, Team


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no Postgres here (Debian's postgresql): a team's deployment is not started")
    with Postgres(binaries) as server:
        yield server


@pytest.fixture(scope="module")
def bucket_url() -> Iterator[str]:
    """The address of an S3 server with the bucket for logs."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    s3 = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - it opens nothing
    )
    s3.create_bucket(Bucket=LOGS)
    yield url
    server.stop()


@pytest.fixture(scope="module")
def alerts() -> Iterator[AlertWebhook]:
    """Where the deployment posts its alerts (TG_ALERT_URL)."""
    with AlertWebhook() as webhook:
        yield webhook


@pytest.fixture(scope="module")
def team(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: Postgres,
    bucket_url: str,
    alerts: AlertWebhook,
) -> Iterator[Team]:
    """The deployment, not started yet; it is noon there, so that no day ends during the test."""
    now = datetime.now(UTC)
    hours = (12 - now.hour + 11) % 24 - 11
    settings = {"TG_ALERT_URL": alerts.url, "TG_TIMEZONE": f"Etc/GMT{-hours:+d}"}
    today = (now + timedelta(hours=hours)).date()
    deployment = Team(tmp_path_factory.mktemp("team"), postgres, bucket_url, today, settings)
    yield deployment
    deployment.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with open_chromium() as chromium:
        yield chromium
