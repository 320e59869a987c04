"""Roles and policies allow what is needed, and nothing else."""

import json

import pytest

from lambda_ingest.landing import LANDING_PREFIX, REJECTED_PREFIX
from lambda_ingest.writer import CHATS_PREFIX
from tg_pipeline_tests.cloudformation.template import (
    Template,
    grants_of,
    grants_of_role,
    text_of,
    who_may_assume,
)

LANDING = {
    f"s3:PutObject on ${{RawBucket.Arn}}/{LANDING_PREFIX}/*",
    f"s3:PutObject on ${{RawBucket.Arn}}/{REJECTED_PREFIX}/*",
    f"s3:PutObject on ${{RawBucket.Arn}}/{CHATS_PREFIX}/*",
    "logs:CreateLogStream on ${IngestLogs.Arn}",
    "logs:PutLogEvents on ${IngestLogs.Arn}",
}
LOOKING_UP_CHATS = {'s3:ListBucket on ${RawBucket.Arn} if {"StringLike": {"s3:prefix": "chats/*"}}'}
TAKING = {
    "sqs:ReceiveMessage on ${UpdatesQueue.Arn}",
    "sqs:DeleteMessage on ${UpdatesQueue.Arn}",
    "sqs:GetQueueAttributes on ${UpdatesQueue.Arn}",
}


@pytest.mark.parametrize(
    ("name", "further"),
    [
        ("single", set()),
        ("function-url", set()),
        ("everything", LOOKING_UP_CHATS),
        ("batch", TAKING),
    ],
)
def test_the_function_may_put_log_and_use_what_its_mode_needs(
    shapes: dict[str, Template], name: str, further: set[str]
) -> None:
    resources = shapes[name]["Resources"]
    (statement,) = who_may_assume(resources, "IngestRole")

    assert grants_of_role(resources, "IngestRole") == LANDING | further
    assert resources["IngestFunction"]["Properties"]["Role"] == {
        "Fn::GetAtt": ["IngestRole", "Arn"]
    }
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_webhook_s_route_may_invoke_the_function_or_send_to_the_queue(
    single: Template, batch: Template
) -> None:
    assert grants_of_role(batch, "HttpApiRole") == {"sqs:SendMessage on ${UpdatesQueue.Arn}"}
    permission = single["HttpApiMayInvoke"]["Properties"]

    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert text_of(permission["SourceArn"]).endswith(":${HttpApi}/*/POST/telegram")


def test_only_the_api_or_the_function_url_may_invoke_it(shapes: dict[str, Template]) -> None:
    may_invoke = {
        name: {
            (each["Properties"]["Principal"], each["Properties"]["Action"])
            for each in shaped["Resources"].values()
            if each["Type"] == "AWS::Lambda::Permission"
        }
        for name, shaped in shapes.items()
    }
    by_the_api = {("apigateway.amazonaws.com", "lambda:InvokeFunction")}

    assert may_invoke == {
        "single": by_the_api,
        "everything": by_the_api,
        "batch": set(),
        "function-url": {("*", "lambda:InvokeFunctionUrl"), ("*", "lambda:InvokeFunction")},
    }
    by_url = shapes["function-url"]["Resources"]
    assert by_url["AnyoneMayCallTheUrl"]["Properties"]["FunctionUrlAuthType"] == "NONE"
    assert by_url["AnyoneMayInvokeByTheUrl"]["Properties"]["InvokedViaFunctionUrl"] is True


def test_dagster_s_policy_allows_reading_the_landing_zone_and_writing_the_lake(
    single: Template,
) -> None:
    granted = grants_of(single["DagsterPolicy"])

    assert {each for each in granted if "RawBucket" in each} == {
        "s3:ListBucket on ${RawBucket.Arn}",
        "s3:GetBucketLocation on ${RawBucket.Arn}",
        "s3:GetObject on ${RawBucket.Arn}/*",
    }
    assert "s3:PutObject on ${EnrichedBucket.Arn}/*" in granted
    assert "s3:ListBucketMultipartUploads on ${EnrichedBucket.Arn}" in granted
    assert {each for each in granted if "Delete" in each and "EventsQueue" not in each} == {
        "s3:DeleteObject on ${EnrichedBucket.Arn}/digests/*"
    }


def test_no_policy_allows_all_actions_or_all_resources(shapes: dict[str, Template]) -> None:
    for shaped in shapes.values():
        for name, resource in shaped["Resources"].items():
            written = json.dumps(resource)
            if '"Allow"' in written:
                assert '"Action": "*"' not in written, name
                assert '"Resource": "*"' not in written, name
