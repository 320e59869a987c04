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

PRIVACY = {"privacy_key": "a-key-of-at-least-thirty-two-characters"}
NEW_TOKEN = "a-secret-that-replaces-the-generated-one"  # noqa: S105 - used by this test only
FORWARD = {"url": "https://bot.example.org/7:token", "secret_token": "the-bot-s-own"}


@pytest.fixture(scope="module")
def deployed(moto_endpoint: str) -> Deployment:
    secrets = client_of(moto_endpoint, "secretsmanager")
    for parameter, secret in [("ForwardSecretName", FORWARD), ("PrivacyKeySecretName", PRIVACY)]:
        name = SHAPES["everything"][parameter]
        secrets.create_secret(Name=name, SecretString=json.dumps(secret))
    made = deploy(moto_endpoint, "my-stack", **SHAPES["everything"])
    # As when a secret is replaced: the one that the stack generated is the previous one now.
    replacement = json.dumps({"secret_token": NEW_TOKEN})
    secrets.put_secret_value(SecretId=made.outputs["WebhookSecretArn"], SecretString=replacement)
    return made


def test_the_outputs_contain_everything_that_must_be_configured(deployed: Deployment) -> None:
    assert deployed.outputs.keys() == {
        *("WebhookUrl", "WebhookSecretArn", "IngestFunctionName", "EventsQueueUrl"),
        *("RawBucketName", "EnrichedBucketName", "WorkGroupName", "Database", "DagsterPolicyArn"),
        "ForgetRoleArn",
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
    assert settings.secret_token == Secret(NEW_TOKEN)
    previous = deployed.environment["TELEGRAM_SECRET_TOKEN_PREVIOUS"]
    assert re.fullmatch("[A-Za-z0-9]{64}", previous)
    assert settings.privacy_key == Secret(PRIVACY["privacy_key"])
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
