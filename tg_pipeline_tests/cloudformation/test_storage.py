"""Buckets, queues and logs are encrypted, private, and kept for the right time."""

import json

import pytest

from tg_pipeline.builds.expiry import DAY_FOLDERS
from tg_pipeline.events.dead_letters import REJECTED_EVENTS
from tg_pipeline.lake.floors import TableGroup
from tg_pipeline.lake.landing_state import PREFIX as LISTINGS
from tg_pipeline_tests.cloudformation.template import Template, of_kind

BUCKETS = ["RawBucket", "EnrichedBucket"]


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


def expiring(resources: Template) -> dict[str, int]:
    """Return the days after which the objects of a prefix expire."""
    return {
        rule["Prefix"].rstrip("/"): rule["ExpirationInDays"]
        for name in BUCKETS
        for rule in resources[name]["Properties"]["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }


def test_by_default_only_query_results_expire(single: Template) -> None:
    assert expiring(single) == {"athena-results": 30}


LATEST_DAYS = 7 + 1 + 1
"""An update lands up to 7 days after its day; a day more for the clock of each side."""


def test_a_table_group_expires_some_days_after_it_is_kept(everything: Template) -> None:
    days = {
        TableGroup.LANDING: 30,
        TableGroup.RAW: 30,
        TableGroup.ENRICHED: 90,
        TableGroup.MARTS: 365,
    }
    kept = {name: days[group] for group, names in DAY_FOLDERS.items() for name in names}
    kept |= {LISTINGS: days[TableGroup.RAW], REJECTED_EVENTS: days[TableGroup.LANDING]}

    assert expiring(everything) == {
        "athena-results": 30,
        **{name: each + LATEST_DAYS for name, each in kept.items()},
    }


def test_every_choice_of_days_has_its_expiry(written: Template) -> None:
    expiry = {int(days): each["Days"] for days, each in written["Mappings"]["ExpireAfter"].items()}
    chosen = [
        list(map(int, each["AllowedValues"]))
        for name, each in written["Parameters"].items()
        if name.startswith("KeepDays")
    ]

    assert chosen == [[0, *expiry]] * 4
    assert expiry == {days: days + LATEST_DAYS for days in expiry}


def test_what_expired_is_gone_a_week_later_in_all_versions(everything: Template) -> None:
    for name in BUCKETS:
        rules = everything[name]["Properties"]["LifecycleConfiguration"]["Rules"]
        (rule,) = [each for each in rules if "NoncurrentVersionExpiration" in each]

        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
        assert rule["ExpiredObjectDeleteMarker"] is True
        assert "Prefix" not in rule


def statement_of(resources: Template, bucket: str, sid: str) -> Template:
    """Return a statement of a bucket's policy by its id."""
    document = resources[f"{bucket}Policy"]["Properties"]["PolicyDocument"]
    (found,) = [each for each in document["Statement"] if each["Sid"] == sid]
    statement: Template = found
    return statement


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_rejects_requests_without_tls(single: Template, name: str) -> None:
    assert single[f"{name}Policy"]["Properties"]["Bucket"] == {"Ref": name}
    assert statement_of(single, name, "OnlyOverTls") == {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


@pytest.mark.parametrize("name", BUCKETS)
def test_nobody_deletes_a_version_but_the_role_that_forgets(
    single: Template, everything: Template, name: str
) -> None:
    statements = [
        statement_of(each, name, "OnlyForgettingDeletesVersions") for each in (single, everything)
    ]

    for each in statements:
        assert (each["Effect"], each["Principal"]) == ("Deny", "*")
        assert each["Action"] == "s3:DeleteObjectVersion"
        assert each["Resource"] == {"Fn::Sub": f"${{{name}.Arn}}/*"}
    assert [each.get("Condition") for each in statements] == [
        None,
        {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["ForgetRole", "Arn"]}}},
    ]


def test_ingestion_can_overwrite_no_object(single: Template) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html"""
    assert statement_of(single, "RawBucket", "IngestionOverwritesNothing") == {
        "Sid": "IngestionOverwritesNothing",
        "Effect": "Deny",
        "Principal": {"AWS": {"Fn::GetAtt": ["IngestRole", "Arn"]}},
        "Action": "s3:PutObject",
        "Resource": {"Fn::Sub": "${RawBucket.Arn}/*"},
        "Condition": {
            "Null": {"s3:if-none-match": "true"},
            "Bool": {"s3:ObjectCreationOperation": "true"},
        },
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

    assert list(groups) == ["IngestLogs"]
    assert {each["Properties"]["RetentionInDays"] for each in groups.values()} == {30}
