"""A message to the deployed function becomes a row of enriched_updates, through the two buckets."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from lambda_ingest.handler import Dispatcher, open_dispatcher
from lambda_ingest.store import open_store
from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.lake.partitions import Lake
from tg_pipeline_tests.cloudformation.deployment import Deployment, deploy
from tg_pipeline_tests.conftest import TIMEZONE
from tg_pipeline_tests.fakes.aws import moto_server

NOON = datetime(2026, 10, 7, 15, tzinfo=UTC)
DAY = date(2026, 10, 7)


@pytest.fixture(scope="module")
def moto_endpoint() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def deployed(moto_endpoint: str) -> Deployment:
    return deploy(moto_endpoint, "from-message-to-row")


@pytest.fixture(autouse=True)
def credentials(moto_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_endpoint)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anyone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")


@pytest.fixture
def dispatcher(deployed: Deployment, credentials: None) -> Dispatcher:  # noqa: ARG001 - its store needs them
    return open_dispatcher(deployed.environment, io.StringIO(), lambda: NOON)


def call(deployed: Deployment, body: str, **headers: str) -> dict[str, Any]:
    """Return the event of the stack's HTTP API for a webhook call."""
    secret = deployed.environment["TELEGRAM_SECRET_TOKEN"]
    return {
        "version": "2.0",
        "routeKey": "POST /telegram",
        "rawPath": "/telegram",
        "requestContext": {"http": {"method": "POST", "path": "/telegram"}, "stage": "$default"},
        "headers": {"x-telegram-bot-api-secret-token": secret} | headers,
        "body": body,
        "isBase64Encoded": False,
    }


def message(update_id: int, text: str) -> str:
    chat = {"id": -1001234567890, "type": "supergroup", "title": "Turma"}
    person = {"id": 77, "is_bot": False, "first_name": "Ana"}
    sent = {"message_id": update_id, "date": int(NOON.timestamp()), "chat": chat, "from": person}
    return json.dumps({"update_id": update_id, "message": sent | {"text": text}})


def build(deployed: Deployment) -> list[dict[str, Any]]:
    """Build the day in the stack's lake; return the rows of enriched_updates."""
    landing = open_store(deployed.environment["TG_LANDING_URI"])
    lake = Lake(f"s3://{deployed.outputs['EnrichedBucketName']}")
    build_raw_updates(LandingSource(landing, bot_id=0), lake, DAY, LayerParameters(TIMEZONE))
    build_deduped_updates(lake, DAY, LayerParameters(TIMEZONE))
    build_enriched_updates(lake, DAY, LayerParameters(TIMEZONE))
    with lake.open("enriched_updates", DAY) as partition:
        return [row for batch in partition.batches() for row in batch.to_pylist()]


def test_messages_to_the_function_become_one_row_each(
    deployed: Deployment, dispatcher: Dispatcher
) -> None:
    # Given a message that is sent twice, and one without the secret
    calls = [
        call(deployed, message(1, "alguém sabe?")),
        call(deployed, message(1, "alguém sabe?")),
        call(deployed, message(2, "deixa eu entrar"), **{"x-telegram-bot-api-secret-token": "?"}),
    ]
    assert [dispatcher.handle(each, 28)["statusCode"] for each in calls] == [200, 200, 403]

    # When the day is built
    (row,) = build(deployed)

    # Then the first is a row, and a later message is added to it
    assert (row["update_id"], row["user_first_name"], row["text"]) == (1, "Ana", "alguém sabe?")
    assert row["bot_id"] == int(deployed.environment["TELEGRAM_BOT_ID"])
    dispatcher.handle(call(deployed, message(3, "eu sei")), 28)
    assert [row["update_id"] for row in build(deployed)] == [1, 3]
