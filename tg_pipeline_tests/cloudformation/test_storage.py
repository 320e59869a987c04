"""Buckets, queues and logs are encrypted, private, and kept for the right time."""

import json
from typing import Any

import pytest

from lambda_ingest.landing import LANDING_PREFIX, REJECTED_PREFIX
from lambda_ingest.writer import CHATS_PREFIX
from tg_pipeline_tests.cloudformation.template import Template

BUCKETS = ["RawBucket", "EnrichedBucket"]


def of_kind(resources: Template, kind: str) -> dict[str, Any]:
    return {name: each for name, each in resources.items() if each["Type"] == kind}


def rules_of(bucket: Template) -> list[Template]:
    rules: list[Template] = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    return rules


@pytest.fixture(params=BUCKETS)
def bucket(request: pytest.FixtureRequest, single: Template) -> Template:
    found: Template = single[request.param]
    return found


def test_there_are_two_buckets(single: Template) -> None:
    assert list(of_kind(single, "AWS::S3::Bucket")) == BUCKETS


def test_they_are_named_as_in_the_original_course(single: Template, everything: Template) -> None:
    names = [
        [made[each]["Properties"]["BucketName"] for each in BUCKETS]
        for made in (everything, single)
    ]

    assert names == [
        ["my-bot-raw", "my-bot-enriched"],
        ["tg-pipeline-123456789012-raw", "tg-pipeline-123456789012-enriched"],
    ]


def test_a_bucket_is_encrypted_versioned_and_private(bucket: Template) -> None:
    properties = bucket["Properties"]

    assert "AES256" in json.dumps(properties["BucketEncryption"])
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert "BucketOwnerEnforced" in json.dumps(properties["OwnershipControls"])


def test_a_bucket_outlives_its_stack(bucket: Template) -> None:
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"


def test_old_versions_and_abandoned_uploads_expire(bucket: Template) -> None:
    written = json.dumps(rules_of(bucket))

    assert "NoncurrentVersionExpiration" in written
    assert "AbortIncompleteMultipartUpload" in written


def test_landed_objects_never_expire(single: Template) -> None:
    assert not [rule for rule in rules_of(single["RawBucket"]) if "ExpirationInDays" in rule]


def test_only_query_results_of_the_lake_expire(single: Template) -> None:
    expiring = [rule for rule in rules_of(single["EnrichedBucket"]) if "ExpirationInDays" in rule]

    assert [rule["Prefix"] for rule in expiring] == ["athena-results/"]


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


def test_the_function_may_write_to_every_prefix_of_the_landing_zone(single: Template) -> None:
    written = json.dumps(single["IngestRole"])

    for prefix in (LANDING_PREFIX, REJECTED_PREFIX, CHATS_PREFIX):
        assert f"${{RawBucket.Arn}}/{prefix}/*" in written


def test_every_queue_is_encrypted_and_keeps_messages_for_14_days(batch: Template) -> None:
    queues = of_kind(batch, "AWS::SQS::Queue")

    assert len(queues) == 4
    for queue in queues.values():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True
        assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_every_queue_rejects_requests_without_tls(batch: Template) -> None:
    guarded = [
        queue["Ref"]
        for policy in of_kind(batch, "AWS::SQS::QueuePolicy").values()
        if "OnlyOverTls" in json.dumps(policy)
        for queue in policy["Properties"]["Queues"]
    ]

    assert sorted(guarded) == sorted(of_kind(batch, "AWS::SQS::Queue"))


def test_every_queue_has_a_dead_letter_queue(batch: Template) -> None:
    for name, tries in (("Events", 5), ("Updates", 100)):
        assert batch[f"{name}Queue"]["Properties"]["RedrivePolicy"] == {
            "deadLetterTargetArn": {"Fn::GetAtt": [f"{name}DeadLetters", "Arn"]},
            "maxReceiveCount": tries,
        }


def test_queued_updates_outlive_the_batch_mode(batch: Template) -> None:
    for name in ("UpdatesQueue", "UpdatesDeadLetters"):
        assert batch[name]["DeletionPolicy"] == batch[name]["UpdateReplacePolicy"] == "Retain"


def test_logs_expire(batch: Template) -> None:
    groups = of_kind(batch, "AWS::Logs::LogGroup")

    assert len(groups) == 2
    assert {each["Properties"]["RetentionInDays"] for each in groups.values()} == {30}
