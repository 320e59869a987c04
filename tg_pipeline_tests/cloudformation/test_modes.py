"""The operator's choices, and the resources that each of them makes."""

import json

import pytest

from lambda_ingest.settings import DEFAULT_FORWARD_SECONDS, DEFAULT_WEBHOOK_PATH
from lambda_ingest.sqs import SECRET_ATTRIBUTE
from tg_pipeline_tests.cloudformation.documents import PARAMETERS
from tg_pipeline_tests.cloudformation.shapes import Template, refusals

BATCH_ONLY = {
    "HttpApiRole",
    "IngestQueuePolicy",
    "QueueIntegration",
    "UpdatesAgeAlarm",
    "UpdatesDeadLetters",
    "UpdatesDeadLettersAlarm",
    "UpdatesQueue",
    "UpdatesQueuesPolicy",
    "UpdatesToFunction",
}
SINGLE_API_ONLY = {"FunctionIntegration", "HttpApiMayInvoke"}
API_ONLY = {"AccessLogs", "ApiErrorsAlarm", "HttpApi", "HttpApiStage", "WebhookRoute"}
URL_ONLY = {"AnyoneMayCallTheUrl", "AnyoneMayInvokeByTheUrl", "FunctionUrl"}


def test_batch_mode_puts_a_queue_between_the_api_and_the_function(
    single: Template, batch: Template
) -> None:
    assert batch.keys() - single.keys() == BATCH_ONLY
    assert single.keys() - batch.keys() == SINGLE_API_ONLY


def test_a_function_url_stands_in_for_the_api(
    shapes: dict[str, Template], single: Template
) -> None:
    by_url = shapes["function-url"]["Resources"]

    assert by_url.keys() - single.keys() == URL_ONLY
    assert single.keys() - by_url.keys() == API_ONLY | SINGLE_API_ONLY


def test_the_webhook_s_address_is_that_of_the_door(shapes: dict[str, Template]) -> None:
    addresses = {name: each["Outputs"]["WebhookUrl"]["Value"] for name, each in shapes.items()}
    api = {"Fn::Sub": "https://${HttpApi}.execute-api.us-east-1.amazonaws.com/telegram"}

    assert addresses == {
        "single": api,
        "batch": api,
        "everything": api,
        "function-url": {"Fn::Sub": "${FunctionUrl.FunctionUrl}telegram"},
    }


def test_a_call_goes_to_the_function_or_to_the_queue(single: Template, batch: Template) -> None:
    targets = [each["WebhookRoute"]["Properties"]["Target"] for each in (single, batch)]

    assert targets == [
        {"Fn::Sub": "integrations/${FunctionIntegration}"},
        {"Fn::Sub": "integrations/${QueueIntegration}"},
    ]


def test_the_route_is_the_path_that_the_function_expects(single: Template) -> None:
    variables = single["IngestFunction"]["Properties"]["Environment"]["Variables"]

    assert single["WebhookRoute"]["Properties"]["RouteKey"] == f"POST {DEFAULT_WEBHOOK_PATH}"
    assert variables["TG_WEBHOOK_PATH"] == DEFAULT_WEBHOOK_PATH


def test_a_queued_update_carries_its_secret_for_the_function_to_check(batch: Template) -> None:
    integration = batch["QueueIntegration"]["Properties"]
    parameters = integration["RequestParameters"]

    assert integration["IntegrationSubtype"] == "SQS-SendMessage"
    assert parameters["QueueUrl"] == {"Ref": "UpdatesQueue"}
    assert parameters["MessageBody"] == "$request.body"
    assert json.loads(parameters["MessageAttributes"]) == {
        SECRET_ATTRIBUTE: {
            "DataType": "String",
            "StringValue": "${request.header.x-telegram-bot-api-secret-token}",
        }
    }


def test_one_bad_message_of_a_batch_comes_again_alone(batch: Template) -> None:
    mapping = batch["UpdatesToFunction"]["Properties"]

    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["UpdatesQueue", "Arn"]}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_message_stays_hidden_for_six_timeouts_and_the_wait_for_a_batch(
    written: Template, batch: Template
) -> None:
    longest = {name: each.get("MaxValue") for name, each in written["Parameters"].items()}
    hidden = batch["UpdatesQueue"]["Properties"]["VisibilityTimeout"]

    assert hidden >= 6 * longest["TimeoutSeconds"] + longest["BatchSeconds"]


def test_the_function_outlasts_the_bot_it_forwards_to(single: Template) -> None:
    assert single["IngestFunction"]["Properties"]["Timeout"] > DEFAULT_FORWARD_SECONDS


@pytest.mark.parametrize(
    ("chosen", "refused"),
    [
        ({}, []),
        ({"ForwardSecretName": "bot"}, []),
        ({"Endpoint": "FunctionUrl", "ForwardSecretName": "bot"}, []),
        ({"Mode": "Batch"}, []),
        ({"Mode": "Batch", "ForwardSecretName": "bot"}, ["can't forward"]),
        ({"Mode": "Batch", "Endpoint": "FunctionUrl"}, ["needs Endpoint=HttpApi"]),
    ],
    ids=str,
)
def test_batch_mode_refuses_to_forward_and_to_do_without_an_api(
    written: Template, chosen: dict[str, str], refused: list[str]
) -> None:
    said = refusals(written, PARAMETERS | chosen)

    assert len(said) == len(refused)
    for each, expected in zip(said, refused, strict=True):
        assert expected in each


def test_the_api_lets_through_only_so_much(single: Template) -> None:
    limits = single["HttpApiStage"]["Properties"]["DefaultRouteSettings"]

    assert limits == {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}


def test_concurrency_is_reserved_only_when_asked_for(
    single: Template, everything: Template
) -> None:
    assert "ReservedConcurrentExecutions" not in single["IngestFunction"]["Properties"]
    assert everything["IngestFunction"]["Properties"]["ReservedConcurrentExecutions"] == "20"
