"""Roles and policies allow what is needed, and nothing else."""

import json

import pytest

from tg_pipeline_tests.cloudformation.template import (
    Template,
    grants_of,
    grants_of_role,
    policies_on,
    text_of,
    who_may_assume,
)

LANDING = {
    "s3:PutObject on ${RawBucket.Arn}/telegram/*",
    "s3:PutObject on ${RawBucket.Arn}/rejected/*",
    "s3:PutObject on ${RawBucket.Arn}/chats/*",
    "logs:CreateLogStream on ${IngestLogs.Arn}",
    "logs:PutLogEvents on ${IngestLogs.Arn}",
}
LOOKING_UP_CHATS = {'s3:ListBucket on ${RawBucket.Arn} if {"StringLike": {"s3:prefix": "chats/*"}}'}
TAKING = {
    "sqs:ReceiveMessage on ${UpdatesQueue.Arn}",
    "sqs:DeleteMessage on ${UpdatesQueue.Arn}",
    "sqs:GetQueueAttributes on ${UpdatesQueue.Arn}",
}


@pytest.mark.parametrize("name", ["single", "function-url"])
def test_the_function_may_put_and_log_and_nothing_else(
    shapes: dict[str, Template], name: str
) -> None:
    assert grants_of_role(shapes[name]["Resources"], "IngestRole") == LANDING


def test_with_a_chat_filter_it_may_also_list_chats(everything: Template) -> None:
    assert grants_of_role(everything, "IngestRole") == LANDING | LOOKING_UP_CHATS


def test_in_batch_mode_it_may_also_receive_from_its_queue(batch: Template) -> None:
    assert grants_of_role(batch, "IngestRole") == LANDING | TAKING


def test_only_lambda_may_assume_the_function_s_role(single: Template) -> None:
    (statement,) = who_may_assume(single, "IngestRole")

    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_function_has_that_role_and_no_other_policy(single: Template) -> None:
    function = single["IngestFunction"]["Properties"]

    assert function["Role"] == {"Fn::GetAtt": ["IngestRole", "Arn"]}
    assert len(policies_on(single, "IngestRole")) == 1


def test_the_api_may_send_to_the_updates_queue_and_nothing_else(batch: Template) -> None:
    assert grants_of_role(batch, "HttpApiRole") == {"sqs:SendMessage on ${UpdatesQueue.Arn}"}


def test_the_webhook_s_route_may_invoke_the_function(single: Template) -> None:
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


def test_public_invocation_is_limited_to_the_url(shapes: dict[str, Template]) -> None:
    resources = shapes["function-url"]["Resources"]

    assert resources["AnyoneMayCallTheUrl"]["Properties"]["FunctionUrlAuthType"] == "NONE"
    assert resources["AnyoneMayInvokeByTheUrl"]["Properties"]["InvokedViaFunctionUrl"] is True


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
