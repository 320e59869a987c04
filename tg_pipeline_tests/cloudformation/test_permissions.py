"""Roles and policies allow what is needed, and nothing else."""

import json
import re

import pytest

from lambda_ingest.landing import LANDING_PREFIX, REJECTED_PREFIX
from lambda_ingest.privacy.suppression import FORGOTTEN_PREFIX
from lambda_ingest.synthetic.gap_markers import GAPS_PREFIX
from lambda_ingest.web.addresses import TELEGRAM_NETWORKS
from lambda_ingest.writer import CHATS_PREFIX
from tg_pipeline.builds.expiry import DAY_FOLDERS
from tg_pipeline.lake.floors import TableGroup
from tg_pipeline_tests.cloudformation.template import (
    CHECKOUT,
    Template,
    definition_of_the_api,
    grants_of,
    grants_of_role,
    shaped,
    text_of,
    who_may_assume,
)

PAGE = (CHECKOUT / "docs" / "s3.md").read_text("utf-8")

LANDING = {
    f"s3:PutObject on ${{RawBucket.Arn}}/{LANDING_PREFIX}/*",
    f"s3:PutObject on ${{RawBucket.Arn}}/{REJECTED_PREFIX}/*",
    f"s3:PutObject on ${{RawBucket.Arn}}/{CHATS_PREFIX}/*",
    f"s3:PutObject on ${{RawBucket.Arn}}/{GAPS_PREFIX}/*",
    "logs:CreateLogStream on ${IngestLogs.Arn}",
    "logs:PutLogEvents on ${IngestLogs.Arn}",
}
LISTING = 's3:ListBucket on ${RawBucket.Arn} if {"StringLike": {"s3:prefix": [%s]}}'
LISTED = f'"{FORGOTTEN_PREFIX}/*", "{LANDING_PREFIX}/context_date=*/"'
LOOKING_UP = {LISTING % LISTED}
LOOKING_UP_CHATS = {LISTING % f'{LISTED}, "{CHATS_PREFIX}/*"'}
TAKING = {
    "sqs:ReceiveMessage on ${UpdatesQueue.Arn}",
    "sqs:DeleteMessage on ${UpdatesQueue.Arn}",
    "sqs:GetQueueAttributes on ${UpdatesQueue.Arn}",
}


@pytest.mark.parametrize(
    ("name", "further"),
    [
        ("single", LOOKING_UP),
        ("function-url", LOOKING_UP),
        ("everything", LOOKING_UP_CHATS),
        ("batch", LOOKING_UP | TAKING),
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
    (statement,) = who_may_assume(batch, "ApiRole")
    permission = single["ApiMayInvoke"]["Properties"]

    assert grants_of_role(batch, "ApiRole") == {"sqs:SendMessage on ${UpdatesQueue.Arn}"}
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert text_of(permission["SourceArn"]).endswith(":${WebhookApi}/*/POST/telegram")


def test_the_api_accepts_calls_from_telegram_s_networks_only_unless_told_otherwise(
    single: Template, batch: Template
) -> None:
    chosen = shaped(AllowedRanges="10.1.0.0/16,2001:db8::/32")["Resources"]
    policies = [
        definition_of_the_api(each)["x-amazon-apigateway-policy"]
        for each in (single, batch, chosen)
    ]

    assert [grants["Principal"] for each in policies for grants in each["Statement"]] == ["*"] * 3
    accepted = [each["Statement"][0]["Condition"]["IpAddress"]["aws:SourceIp"] for each in policies]
    telegram = list(map(str, TELEGRAM_NETWORKS))
    assert accepted == [telegram, telegram, ["10.1.0.0/16", "2001:db8::/32"]]


def test_the_role_that_forgets_erases_in_both_buckets_and_exists_on_request_only(
    single: Template, everything: Template
) -> None:
    (statement,) = who_may_assume(everything, "ForgetRole")
    granted = {each.partition(" on ")[::2] for each in grants_of_role(everything, "ForgetRole")}
    deleting = {
        (name, each["Type"])
        for name, each in everything.items()
        if "DeleteObjectVersion" in json.dumps(each)
    }

    assert "ForgetRole" not in single
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:user/me"}
    for bucket in ("RawBucket", "EnrichedBucket"):
        assert ("s3:ListBucketVersions", f"${{{bucket}.Arn}}") in granted
        for action in ("GetObject", "PutObject", "DeleteObject", "DeleteObjectVersion"):
            assert (f"s3:{action}", f"${{{bucket}.Arn}}/*") in granted
    assert {kind for _, kind in deleting} == {"AWS::IAM::Role", "AWS::S3::BucketPolicy"}
    assert ("ForgetRole", "AWS::IAM::Role") in deleting


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
        "fargate": by_the_api,
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
    assert "s3:DeleteObject on ${EnrichedBucket.Arn}/*" in granted
    assert "s3:ListBucketMultipartUploads on ${EnrichedBucket.Arn}" in granted


def test_the_documented_policy_is_part_of_dagster_s(single: Template) -> None:
    (policy,) = (json.loads(each) for each in re.findall(r"```json\n(.+?)```", PAGE, re.DOTALL))
    buckets = {"my-bot-raw": "${RawBucket.Arn}", "my-bot-enriched": "${EnrichedBucket.Arn}"}

    documented = {
        f"{action} on {buckets[bucket]}{keys}"
        for each in policy["Statement"]
        for action in each["Action"]
        for resource in each["Resource"]
        for bucket, keys in re.findall(r"^arn:aws:s3:::([\w-]+)(.*)$", resource)
    }

    granted = {each for each in grants_of(single["DagsterPolicy"]) if each.startswith("s3:")}
    assert granted - documented == {
        "s3:GetBucketLocation on ${RawBucket.Arn}",
        "s3:GetBucketLocation on ${EnrichedBucket.Arn}",
        "s3:ListMultipartUploadParts on ${EnrichedBucket.Arn}/*",
    }
    assert documented <= granted


def test_dagster_may_delete_what_landed_only_if_it_expires(everything: Template) -> None:
    only_tables = shaped(KeepDaysMarts="30")["Resources"]
    deleted = [
        {each for each in grants_of(resources["DagsterPolicy"]) if "DeleteObject on ${Raw" in each}
        for resources in (only_tables, everything)
    ]

    floors = {"s3:DeleteObject on ${RawBucket.Arn}/privacy/floors/*"}
    landed = {
        f"s3:DeleteObject on ${{RawBucket.Arn}}/{prefix}/*"
        for prefix in DAY_FOLDERS[TableGroup.LANDING]
    }
    assert deleted == [floors, floors | landed]
    putting = "s3:PutObject on ${RawBucket.Arn}/privacy/floors/*"
    assert putting in grants_of(only_tables["DagsterPolicy"])


def test_no_policy_allows_all_actions_or_all_resources(shapes: dict[str, Template]) -> None:
    signing_in = {"Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    for each in shapes.values():
        for name, resource in each["Resources"].items():
            # AWS accepts no other resource for this action
            written = json.dumps(resource).replace(json.dumps(signing_in)[1:-1], "")
            if '"Allow"' in written:
                assert '"Action": "*"' not in written, name
                assert '"Resource": "*"' not in written, name
