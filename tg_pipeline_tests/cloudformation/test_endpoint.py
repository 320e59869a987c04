"""The operator's choices decide which resources exist; no secret is in the template."""

import json
import re

import pytest

from lambda_ingest.settings import DEFAULT_FORWARD_SECONDS, DEFAULT_WEBHOOK_PATH
from lambda_ingest.sqs import SECRET_ATTRIBUTE
from lambda_ingest.webhook import MAX_BODY_BYTES
from tg_pipeline_tests.cloudformation.template import PARAMETERS, SOURCE, Template, refusals

BATCH_ONLY = {
    *("HttpApiRole", "IngestQueuePolicy", "QueueIntegration", "UpdatesToFunction"),
    *("UpdatesQueue", "UpdatesQueuesPolicy", "UpdatesDeadLetters"),
    *("UpdatesAgeAlarm", "UpdatesDeadLettersAlarm"),
}
SINGLE_API_ONLY = {"FunctionIntegration", "HttpApiMayInvoke"}
API_ONLY = {"AccessLogs", "ApiErrorsAlarm", "HttpApi", "HttpApiStage", "WebhookRoute"}
URL_ONLY = {"AnyoneMayCallTheUrl", "AnyoneMayInvokeByTheUrl", "FunctionUrl"}


def test_batch_mode_adds_a_queue_between_the_api_and_the_function(
    single: Template, batch: Template
) -> None:
    targets = [each["WebhookRoute"]["Properties"]["Target"] for each in (single, batch)]

    assert batch.keys() - single.keys() == BATCH_ONLY
    assert single.keys() - batch.keys() == SINGLE_API_ONLY
    assert targets == [
        {"Fn::Sub": "integrations/${FunctionIntegration}"},
        {"Fn::Sub": "integrations/${QueueIntegration}"},
    ]


def test_the_route_is_that_of_the_function_and_has_a_rate_limit(single: Template) -> None:
    variables = single["IngestFunction"]["Properties"]["Environment"]["Variables"]
    limits = single["HttpApiStage"]["Properties"]["DefaultRouteSettings"]

    assert single["WebhookRoute"]["Properties"]["RouteKey"] == f"POST {DEFAULT_WEBHOOK_PATH}"
    assert variables["TG_WEBHOOK_PATH"] == DEFAULT_WEBHOOK_PATH
    assert limits == {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}


def test_a_function_url_replaces_the_api(shapes: dict[str, Template], single: Template) -> None:
    by_url = shapes["function-url"]["Resources"]

    assert by_url.keys() - single.keys() == URL_ONLY
    assert single.keys() - by_url.keys() == API_ONLY | SINGLE_API_ONLY


def test_the_outputs_contain_the_endpoint_s_url_and_no_secret(shapes: dict[str, Template]) -> None:
    addresses = {name: each["Outputs"]["WebhookUrl"]["Value"] for name, each in shapes.items()}
    outputs = json.dumps([each["Outputs"] for each in shapes.values()])
    api = {"Fn::Sub": "https://${HttpApi}.execute-api.us-east-1.amazonaws.com/telegram"}

    assert addresses == {
        "single": api,
        "batch": api,
        "everything": api,
        "function-url": {"Fn::Sub": "${FunctionUrl.FunctionUrl}telegram"},
    }
    assert "resolve:" not in outputs


def test_a_queued_update_has_its_secret_as_an_attribute(batch: Template) -> None:
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


def test_only_failed_messages_of_a_batch_are_delivered_again(batch: Template) -> None:
    mapping = batch["UpdatesToFunction"]["Properties"]

    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["UpdatesQueue", "Arn"]}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_queue_takes_any_body_and_hides_it_for_six_timeouts_and_a_batch_window(
    written: Template, batch: Template
) -> None:
    longest = {name: each.get("MaxValue") for name, each in written["Parameters"].items()}
    queue = batch["UpdatesQueue"]["Properties"]

    assert queue["MaximumMessageSize"] == MAX_BODY_BYTES
    assert queue["VisibilityTimeout"] >= 6 * longest["TimeoutSeconds"] + longest["BatchSeconds"]


def test_the_function_s_timeout_is_longer_than_that_of_forwarding(single: Template) -> None:
    assert single["IngestFunction"]["Properties"]["Timeout"] > DEFAULT_FORWARD_SECONDS


@pytest.mark.parametrize(
    ("chosen", "refused"),
    [
        ({}, []),
        ({"ForwardSecretName": "bot"}, []),
        ({"Mode": "Batch"}, []),
        ({"Mode": "Batch", "ForwardSecretName": "bot"}, ["can't forward"]),
        ({"Mode": "Batch", "Endpoint": "FunctionUrl"}, ["needs Endpoint=HttpApi"]),
    ],
    ids=str,
)
def test_batch_mode_excludes_forwarding_and_a_function_url(
    written: Template, chosen: dict[str, str], refused: list[str]
) -> None:
    said = refusals(written, PARAMETERS | chosen)

    assert [expected in each for each, expected in zip(said, refused, strict=True)] == [
        True for _ in refused
    ]


BOT_TOKEN = re.compile(r"[0-9]{6,}:[A-Za-z0-9_-]{30,}")
LONG_AND_MIXED = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])[A-Za-z0-9+/=_-]{20,}")


def test_no_default_looks_like_a_secret_and_nothing_like_a_bot_s_token(written: Template) -> None:
    assert not BOT_TOKEN.search(SOURCE.read_text())
    for name, parameter in written["Parameters"].items():
        default = str(parameter.get("Default", ""))
        assert not LONG_AND_MIXED.search(default), name


def test_no_parameter_is_a_secret(written: Template) -> None:
    hidden = [name for name, each in written["Parameters"].items() if "NoEcho" in each]
    named = {name for name in written["Parameters"] if re.search("(?i)secret|token|key", name)}

    assert hidden == []
    assert named == {"ForwardSecretName", "SecretsRevision"}


def test_the_function_gets_its_secrets_by_reference(
    written: Template, single: Template, everything: Template
) -> None:
    by_default, variables = (
        each["IngestFunction"]["Properties"]["Environment"]["Variables"]
        for each in (single, everything)
    )
    reference = "{{resolve:secretsmanager:%s:SecretString:%s}}"

    assert {name: each for name, each in variables.items() if "secretsmanager" in str(each)} == {
        "TELEGRAM_SECRET_TOKEN": {"Fn::Sub": reference % ("${WebhookSecret}", "secret_token")},
        "FORWARD_URL": reference % ("my-bot/webhook", "url"),
        "FORWARD_SECRET_TOKEN": reference % ("my-bot/webhook", "secret_token"),
    }
    assert not {name for name in by_default if name.startswith("FORWARD")}
    # A higher revision changes the function, so that the secrets are resolved again.
    description = written["Resources"]["IngestFunction"]["Properties"]["Description"]
    assert "${SecretsRevision}" in description["Fn::Sub"]


def test_the_access_log_holds_neither_query_strings_nor_headers(single: Template) -> None:
    logged = json.loads(single["HttpApiStage"]["Properties"]["AccessLogSettings"]["Format"])

    assert set(logged.values()) == {
        *("$context.requestId", "$context.requestTime", "$context.identity.sourceIp"),
        *("$context.routeKey", "$context.status", "$context.responseLatency"),
        "$context.integrationErrorMessage",
    }
