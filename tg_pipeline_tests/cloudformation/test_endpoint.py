"""The operator's choices decide which resources exist; no secret is in the template."""

import json
import re

import pytest

from lambda_ingest.settings import DEFAULT_FORWARD_SECONDS, DEFAULT_WEBHOOK_PATH
from lambda_ingest.sqs import SECRET_ATTRIBUTE
from lambda_ingest.webhook import MAX_BODY_BYTES
from tg_pipeline_tests.cloudformation.template import (
    PARAMETERS,
    SOURCE,
    Template,
    definition_of_the_api,
    refusals,
    text_of,
)

BATCH_ONLY = {
    *("ApiRole", "IngestQueuePolicy", "UpdatesToFunction"),
    *("UpdatesQueue", "UpdatesQueuesPolicy", "UpdatesDeadLetters"),
    *("UpdatesAgeAlarm", "UpdatesDeadLettersAlarm"),
}
SINGLE_API_ONLY = {"ApiMayInvoke"}
API_ONLY = {"ApiErrorsAlarm", "WebhookApi", "WebhookApiDeployment", "WebhookApibotStage"}
URL_ONLY = {"AnyoneMayCallTheUrl", "AnyoneMayInvokeByTheUrl", "FunctionUrl"}


def integration_of(resources: Template) -> Template:
    """Return what the API calls for an update."""
    method = definition_of_the_api(resources)["paths"][DEFAULT_WEBHOOK_PATH]["post"]
    found: Template = method["x-amazon-apigateway-integration"]
    return found


def test_batch_mode_adds_a_queue_between_the_api_and_the_function(
    single: Template, batch: Template
) -> None:
    targets = [integration_of(each) for each in (single, batch)]

    assert batch.keys() - single.keys() == BATCH_ONLY
    assert single.keys() - batch.keys() == SINGLE_API_ONLY
    assert [each["type"] for each in targets] == ["aws_proxy", "aws"]
    assert "${IngestFunction.Arn}" in text_of(targets[0]["uri"])
    assert text_of(targets[1]["uri"]).endswith(":sqs:path/123456789012/${UpdatesQueue.QueueName}")


def test_the_route_is_that_of_the_function_and_has_a_rate_limit(single: Template) -> None:
    variables = single["IngestFunction"]["Properties"]["Environment"]["Variables"]
    (limits,) = single["WebhookApibotStage"]["Properties"]["MethodSettings"]
    paths = definition_of_the_api(single)["paths"]

    assert {path: list(methods) for path, methods in paths.items()} == {
        DEFAULT_WEBHOOK_PATH: ["post"]
    }
    assert variables["TG_WEBHOOK_PATH"] == DEFAULT_WEBHOOK_PATH
    assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == (100, 200)
    assert (limits["HttpMethod"], limits["ResourcePath"]) == ("*", "/*")


def test_the_function_gets_the_bytes_as_they_were_sent(single: Template) -> None:
    assert definition_of_the_api(single)["x-amazon-apigateway-binary-media-types"] == ["*/*"]


def test_each_deployment_of_the_stack_deploys_the_api(written: Template) -> None:
    """Otherwise a changed parameter, such as the allowed addresses, would have no effect."""
    assert written["Resources"]["WebhookApi"]["Properties"]["AlwaysDeploy"] is True


def test_the_function_refuses_strangers_itself_behind_a_url(shapes: dict[str, Template]) -> None:
    settings = {
        name: shaped["Resources"]["IngestFunction"]["Properties"]["Environment"]["Variables"]
        for name, shaped in shapes.items()
    }

    assert [name for name, each in settings.items() if each.get("TG_TELEGRAM_ONLY") == "yes"] == [
        "function-url"
    ]


def test_a_function_url_replaces_the_api(shapes: dict[str, Template], single: Template) -> None:
    by_url = shapes["function-url"]["Resources"]

    assert by_url.keys() - single.keys() == URL_ONLY
    assert single.keys() - by_url.keys() == API_ONLY | SINGLE_API_ONLY


def test_the_outputs_contain_the_endpoint_s_url_and_no_secret(shapes: dict[str, Template]) -> None:
    addresses = {name: each["Outputs"]["WebhookUrl"]["Value"] for name, each in shapes.items()}
    outputs = json.dumps([each["Outputs"] for each in shapes.values()])
    api = {"Fn::Sub": "https://${WebhookApi}.execute-api.us-east-1.amazonaws.com/bot/telegram"}

    assert addresses == {
        "single": api,
        "batch": api,
        "everything": api,
        "fargate": api,
        "function-url": {"Fn::Sub": "${FunctionUrl.FunctionUrl}telegram"},
    }
    assert "resolve:" not in outputs


def test_a_queued_update_has_its_secret_as_an_attribute(batch: Template) -> None:
    integration = integration_of(batch)
    template = integration["requestTemplates"]["application/json"]
    header = "$util.urlEncode($input.params('X-Telegram-Bot-Api-Secret-Token'))"

    assert dict(pair.split("=", 1) for pair in template.split("&")) == {
        "Action": "SendMessage",
        "MessageBody": "$util.urlEncode($input.body)",
        "MessageAttribute.1.Name": SECRET_ATTRIBUTE,
        "MessageAttribute.1.Value.DataType": "String",
        "MessageAttribute.1.Value.StringValue": header,
    }
    assert integration["requestParameters"] == {
        "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"
    }


def test_an_update_that_the_queue_did_not_take_is_not_confirmed(batch: Template) -> None:
    responses = integration_of(batch)["responses"]

    assert {code: each["statusCode"] for code, each in responses.items()} == {
        "200": "200",
        "default": "500",
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


LIMITED_URL = {"Endpoint": "FunctionUrl", "ReservedConcurrency": "5"}


@pytest.mark.parametrize(
    ("chosen", "refused"),
    [
        ({}, []),
        ({"ForwardSecretName": "bot"}, []),
        ({"Mode": "Batch"}, []),
        ({"Mode": "Batch", "ForwardSecretName": "bot"}, ["can't forward"]),
        ({"Endpoint": "FunctionUrl"}, ["needs ReservedConcurrency"]),
        (LIMITED_URL, []),
        (LIMITED_URL | {"Mode": "Batch"}, ["needs Endpoint=RestApi"]),
    ],
    ids=str,
)
def test_batch_mode_excludes_forwarding_and_a_function_url_which_needs_a_limit(
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
    assert named == {
        *("ForwardSecretName", "SecretsRevision", "PreviousToken", "PrivacyKeySecretName"),
        *("BotTokenSecretArn", "PrivacyKeySecretArn"),
    }


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
        "TELEGRAM_SECRET_TOKEN_PREVIOUS": {
            "Fn::Sub": reference % ("${WebhookSecret}", "secret_token:AWSPREVIOUS")
        },
        "TG_PRIVACY_KEY": reference % ("my-bot/privacy", "privacy_key"),
        "FORWARD_URL": reference % ("my-bot/webhook", "url"),
        "FORWARD_SECRET_TOKEN": reference % ("my-bot/webhook", "secret_token"),
    }
    assert {name for name, each in by_default.items() if "secretsmanager" in str(each)} == {
        "TELEGRAM_SECRET_TOKEN"
    }
    # A higher revision changes the function, so that the secrets are resolved again.
    description = written["Resources"]["IngestFunction"]["Properties"]["Description"]
    assert "${SecretsRevision}" in description["Fn::Sub"]


def test_the_api_writes_no_log(single: Template) -> None:
    """A stranger's calls would fill it."""
    stage = single["WebhookApibotStage"]["Properties"]

    assert "AccessLogSetting" not in stage
    assert not [each for each in stage["MethodSettings"] if "LoggingLevel" in each]
