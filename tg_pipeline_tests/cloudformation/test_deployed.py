"""The template deployed to moto, with every optional resource."""

import json
import re

import pytest

from lambda_ingest.landing import day_prefix
from lambda_ingest.settings import IngestSettings, Secret
from tg_pipeline_tests.cloudformation.deployment import Deployment, deploy
from tg_pipeline_tests.cloudformation.template import SHAPES
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.fakes.aws import client_of

FORWARD = {"url": "https://bot.example.org/7:token", "secret_token": "the-bot-s-own"}


@pytest.fixture(scope="module")
def deployed(moto_endpoint: str) -> Deployment:
    client_of(moto_endpoint, "secretsmanager").create_secret(
        Name=SHAPES["everything"]["ForwardSecretName"], SecretString=json.dumps(FORWARD)
    )
    return deploy(moto_endpoint, "my-stack", **SHAPES["everything"])


def test_the_outputs_contain_everything_that_must_be_configured(deployed: Deployment) -> None:
    assert deployed.outputs.keys() == {
        *("WebhookUrl", "WebhookSecretArn", "IngestFunctionName", "EventsQueueUrl"),
        *("RawBucketName", "EnrichedBucketName", "WorkGroupName", "Database", "DagsterPolicyArn"),
    }
    assert deployed.outputs["RawBucketName"] == "my-bot-raw"
    assert deployed.outputs["EnrichedBucketName"] == "my-bot-enriched"


def test_the_function_s_environment_is_valid_settings(deployed: Deployment) -> None:
    settings = IngestSettings.from_environment(deployed.environment)

    assert settings.landing_uri == "s3://my-bot-raw"
    assert settings.timezone == "America/Sao_Paulo"
    assert settings.bot_id == 7
    assert settings.chat_ids == {-1001234567890}
    assert settings.webhook_path == Secret("/telegram")
    assert re.fullmatch("[A-Za-z0-9]{64}", deployed.environment["TELEGRAM_SECRET_TOKEN"])
    assert settings.forward is not None
    assert settings.forward.url.reveal() == FORWARD["url"]


def test_the_function_has_the_configured_limits(deployed: Deployment) -> None:
    functions = deployed.client("lambda")

    held = functions.get_function(FunctionName=deployed.outputs["IngestFunctionName"])

    assert held["Configuration"]["Handler"] == "lambda_ingest.handler.lambda_handler"
    assert (held["Configuration"]["MemorySize"], held["Configuration"]["Timeout"]) == (256, 30)
    assert held["Concurrency"]["ReservedConcurrentExecutions"] == 20


def test_landed_objects_are_events_in_the_queue_and_rejected_ones_are_not(
    deployed: Deployment,
) -> None:
    key = f"{day_prefix(DAY)}/7-1.json"
    for each in (key, "rejected/context_date=2026-10-07/0.json"):
        deployed.client("s3").put_object(Bucket="my-bot-raw", Key=each, Body=b"{}")

    taken = deployed.client("sqs").receive_message(
        QueueUrl=deployed.outputs["EventsQueueUrl"], MaxNumberOfMessages=10
    )

    events = [json.loads(each["Body"]) for each in taken["Messages"]]
    assert [each["detail"]["object"]["key"] for each in events] == [key]
