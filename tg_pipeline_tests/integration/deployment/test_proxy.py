"""The proxy of docker-compose.yaml, without its container: a bot's call lands in the S3 server."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from lambda_ingest.synthetic.updates import BOT_CALL
from tg_pipeline_tests.fakes.aws import client_of
from tg_pipeline_tests.fakes.ports import free_port
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.integration.deployment.component import Component, wait_until
from tg_pipeline_tests.integration.deployment.compose import (
    Loopback,
    services,
    settings_to_fill_in,
)

PORT = str(free_port())


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def proxy(bucket_url: str, telegram: TelegramServer, tmp_path: Path) -> Iterator[Component]:
    """Start the service with a filled-in env.example, and nothing else of this machine's."""
    settings = settings_to_fill_in() | {
        "AWS_ENDPOINT_URL": bucket_url,
        "INGEST_SECRET_ACCESS_KEY": "testing",
        "TELEGRAM_BOT_ID": "7",
        "TELEGRAM_API_URL": telegram.url,
        "TG_LANDING_URI": "s3://of-the-proxy",
    }
    client_of(bucket_url, "s3").create_bucket(Bucket="of-the-proxy")
    here = Loopback({"0.0.0.0": "127.0.0.1", "8081": PORT, "/spool": str(tmp_path / "spool")})  # noqa: S104
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"HOME": str(tmp_path), "PATH": path} | here.environment("proxy", settings)
    component = Component("proxy", here.command("proxy"), tmp_path, environment)
    component.start()
    yield component
    component.kill()


def is_healthy(folder: Path) -> bool:
    """Run the health check of the service."""
    _, *command = services()["proxy"]["healthcheck"]["test"]
    here = [sys.executable if word == "python" else word.replace("8081", PORT) for word in command]
    return Component("check", here, folder, {}).run() == 0


@pytest.mark.team
def test_a_bot_s_call_lands_and_nothing_stays_in_the_volume(
    proxy: Component, telegram: TelegramServer, bucket_url: str, tmp_path: Path
) -> None:
    # Given the service, which gets no token: the bot has it
    wait_until(lambda: is_healthy(tmp_path), "the proxy is healthy", proxy)

    # When the bot sends a message to its address
    url = f"http://127.0.0.1:{PORT}/bot{telegram.token}/sendMessage"
    sent = requests.post(url, json={"chat_id": 5, "text": "Pronto."}, timeout=30)

    # Then Telegram has it, and the call lands in the bucket
    assert sent.json()["ok"]
    assert [message.text for message in telegram.messages] == ["Pronto."]
    s3 = client_of(bucket_url, "s3")

    def landed() -> list[str]:
        listed = s3.list_objects_v2(Bucket="of-the-proxy", Prefix="telegram/")
        return [each["Key"] for each in listed.get("Contents", ())]

    wait_until(landed, "the call has landed", proxy)
    (key,) = landed()
    body = s3.get_object(Bucket="of-the-proxy", Key=key)["Body"].read()
    assert f'"{BOT_CALL}"'.encode() in body
    assert b"Pronto." in body

    # And nothing of it stays in the volume
    left = (tmp_path / "spool").glob
    wait_until(
        lambda: not any(path.stat().st_size for path in left("*.call")), "no call is left", proxy
    )
