"""Buckets, queues and logs are encrypted, private, and kept for the right time."""

import json
from typing import Any

import pytest

from tg_pipeline_tests.cloudformation.template import Template

BUCKETS = ["RawBucket", "EnrichedBucket"]


def of_kind(resources: Template, kind: str) -> dict[str, Any]:
    return {name: each for name, each in resources.items() if each["Type"] == kind}


@pytest.fixture(params=BUCKETS)
def bucket(request: pytest.FixtureRequest, single: Template) -> Template:
    found: Template = single[request.param]
    return found


def test_two_buckets_are_named_as_in_the_original(single: Template, everything: Template) -> None:
    assert list(of_kind(single, "AWS::S3::Bucket")) == BUCKETS
    names = [
        [made[each]["Properties"]["BucketName"] for each in BUCKETS]
        for made in (everything, single)
    ]

    assert names == [
        ["my-bot-raw", "my-bot-enriched"],
        ["tg-pipeline-123456789012-raw", "tg-pipeline-123456789012-enriched"],
    ]


def test_a_bucket_is_encrypted_versioned_private_and_outlives_its_stack(bucket: Template) -> None:
    properties = bucket["Properties"]
    rules = json.dumps(properties["LifecycleConfiguration"])

    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert "NoncurrentVersionExpiration" in rules
    assert "AbortIncompleteMultipartUpload" in rules
    assert "AES256" in json.dumps(properties["BucketEncryption"])
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert "BucketOwnerEnforced" in json.dumps(properties["OwnershipControls"])


def test_only_query_results_of_the_lake_expire(single: Template) -> None:
    expiring = [
        (name, rule["Prefix"])
        for name in BUCKETS
        for rule in single[name]["Properties"]["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    ]

    assert expiring == [("EnrichedBucket", "athena-results/")]


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_rejects_requests_without_tls(single: Template, name: str) -> None:
    policy = single[f"{name}Policy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert policy["Bucket"] == {"Ref": name}
    assert statement == {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_every_queue_is_encrypted_needs_tls_and_keeps_messages_for_14_days(
    batch: Template,
) -> None:
    queues = of_kind(batch, "AWS::SQS::Queue")
    guarded = [
        queue["Ref"]
        for policy in of_kind(batch, "AWS::SQS::QueuePolicy").values()
        if "OnlyOverTls" in json.dumps(policy)
        for queue in policy["Properties"]["Queues"]
    ]

    assert len(queues) == 4
    assert sorted(guarded) == sorted(queues)
    for queue in queues.values():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True
        assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_every_queue_has_a_dead_letter_queue_and_updates_outlive_the_batch_mode(
    batch: Template,
) -> None:
    for name in ("UpdatesQueue", "UpdatesDeadLetters"):
        assert batch[name]["DeletionPolicy"] == batch[name]["UpdateReplacePolicy"] == "Retain"
    for name, tries in (("Events", 5), ("Updates", 100)):
        assert batch[f"{name}Queue"]["Properties"]["RedrivePolicy"] == {
            "deadLetterTargetArn": {"Fn::GetAtt": [f"{name}DeadLetters", "Arn"]},
            "maxReceiveCount": tries,
        }


def test_logs_expire(batch: Template) -> None:
    groups = of_kind(batch, "AWS::Logs::LogGroup")

    assert len(groups) == 2
    assert {each["Properties"]["RetentionInDays"] for each in groups.values()} == {30}
