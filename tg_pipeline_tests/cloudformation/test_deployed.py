"""The template deployed to moto, with every optional resource."""

import json
import re

import pytest
from moto.cloudformation.parsing import get_model_map

from lambda_ingest.landing import day_prefix
from lambda_ingest.settings import IngestSettings, Secret
from tg_pipeline.athena.tables import athena_columns
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline_tests.cloudformation.deployment import (
    CALLS,
    GENERATED,
    IN_PART,
    LEFT_OUT,
    Deployment,
    deploy,
)
from tg_pipeline_tests.cloudformation.template import SHAPES, Template
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.fakes.aws import client_of

FORWARD = {"url": "https://bot.example.org/7:token", "secret_token": "the-bot-s-own"}


@pytest.fixture(scope="module")
def deployed(moto_endpoint: str) -> Deployment:
    client_of(moto_endpoint, "secretsmanager").create_secret(
        Name=SHAPES["everything"]["ForwardSecretName"], SecretString=json.dumps(FORWARD)
    )
    return deploy(moto_endpoint, "my-stack", **SHAPES["everything"])


@pytest.fixture(params=["my-bot-raw", "my-bot-enriched"])
def bucket(request: pytest.FixtureRequest) -> dict[str, str]:
    return {"Bucket": request.param}


def test_the_resources_that_moto_can_t_deploy_are_listed(shapes: dict[str, Template]) -> None:
    kinds = {each["Type"] for shaped in shapes.values() for each in shaped["Resources"].values()}
    unknown = {kind for kind in kinds if kind not in get_model_map()}

    print(f"Left out, since moto can't hold it: {sorted(LEFT_OUT)}")  # noqa: T201
    assert unknown == LEFT_OUT | (CALLS.keys() - {IN_PART}) | {GENERATED}


def test_the_stack_has_the_resources_for_these_parameters(
    deployed: Deployment, everything: Template
) -> None:
    stacks = deployed.client("cloudformation")

    held = stacks.describe_stack_resources(StackName=deployed.stack)["StackResources"]

    # moto leaves an empty place for what a condition rules out.
    assert {each["LogicalResourceId"] for each in held if "ResourceType" in each} == {
        name for name, each in everything.items() if each["Type"] in get_model_map()
    }


def test_the_outputs_contain_everything_that_must_be_configured(deployed: Deployment) -> None:
    assert deployed.outputs.keys() == {
        "WebhookUrl",
        "WebhookSecretArn",
        "RawBucketName",
        "EnrichedBucketName",
        "EventsQueueUrl",
        "IngestFunctionName",
        "WorkGroupName",
        "Database",
        "DagsterPolicyArn",
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
    assert settings.forward is not None
    assert settings.forward.url.reveal() == FORWARD["url"]


def test_the_generated_secret_is_valid_for_telegram(deployed: Deployment) -> None:
    assert re.fullmatch("[A-Za-z0-9]{64}", deployed.environment["TELEGRAM_SECRET_TOKEN"])


def test_the_function_has_the_configured_limits(deployed: Deployment) -> None:
    functions = deployed.client("lambda")

    held = functions.get_function(FunctionName=deployed.outputs["IngestFunctionName"])

    assert held["Configuration"]["Handler"] == "lambda_ingest.handler.lambda_handler"
    assert (held["Configuration"]["MemorySize"], held["Configuration"]["Timeout"]) == (256, 30)
    assert held["Concurrency"]["ReservedConcurrentExecutions"] == 20


def test_its_role_has_the_policies_of_the_template(deployed: Deployment) -> None:
    roles = deployed.client("iam")
    (name,) = (
        each["RoleName"] for each in roles.list_roles()["Roles"] if "IngestRole" in each["RoleName"]
    )

    assert roles.list_role_policies(RoleName=name)["PolicyNames"] == [
        "land-and-log",
        "look-up-chats",
    ]
    # moto keeps the document as Python writes it, not as JSON.
    policy = str(roles.get_role_policy(RoleName=name, PolicyName="land-and-log"))
    for prefix in ("telegram", "rejected", "chats"):
        assert f"'arn:aws:s3:::my-bot-raw/{prefix}/*'" in policy


def test_a_bucket_is_encrypted_versioned_and_private(
    deployed: Deployment, bucket: dict[str, str]
) -> None:
    objects = deployed.client("s3")

    encryption = objects.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "AES256"
    }
    assert objects.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    private = objects.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
    assert set(private.values()) == {True}


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


def test_unhandled_events_go_to_the_dead_letter_queue(deployed: Deployment) -> None:
    held = deployed.client("sqs").get_queue_attributes(
        QueueUrl=deployed.outputs["EventsQueueUrl"], AttributeNames=["All"]
    )["Attributes"]

    redrive = json.loads(held["RedrivePolicy"])
    assert "EventsDeadLetters" in redrive["deadLetterTargetArn"]
    assert redrive["maxReceiveCount"] == 5
    assert held["SqsManagedSseEnabled"] == "true"
    assert "OnlyOverTls" in held["Policy"]


def test_the_table_is_in_the_catalog_with_its_days_computed(deployed: Deployment) -> None:
    catalog = deployed.client("glue")

    table = catalog.get_table(DatabaseName=deployed.outputs["Database"], Name="telegram")["Table"]

    columns = [each["Name"] for each in table["StorageDescriptor"]["Columns"]]
    assert columns == [each.name for each in athena_columns(ENRICHED_UPDATES.schema)]
    assert table["Parameters"]["projection.enabled"] == "true"
    assert table["Parameters"]["storage.location.template"] == (
        "s3://my-bot-enriched/enriched_updates/context_date=${context_date}"
    )


def test_the_workgroup_has_its_limits(deployed: Deployment) -> None:
    groups = deployed.client("athena")

    held = groups.get_work_group(WorkGroup=deployed.outputs["WorkGroupName"])["WorkGroup"]

    assert held["Configuration"]["ResultConfiguration"]["OutputLocation"] == (
        "s3://my-bot-enriched/athena-results/"
    )
    assert held["Configuration"]["EnforceWorkGroupConfiguration"] is True


def test_the_tick_is_scheduled_in_the_bot_s_zone(deployed: Deployment) -> None:
    schedule = deployed.client("scheduler").get_schedule(
        GroupName=deployed.stack, Name="DailySchedule"
    )

    assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "America/Sao_Paulo"
    assert "EventsQueue" in schedule["Target"]["Arn"]


def test_alarms_are_sent_to_the_address(deployed: Deployment) -> None:
    alarms = deployed.client("cloudwatch").describe_alarms()["MetricAlarms"]
    topics = {topic for each in alarms for topic in each["AlarmActions"]}
    (topic,) = topics

    told = deployed.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]

    assert [each["Endpoint"] for each in told] == ["me@example.org"]


def test_the_policy_for_dagster_can_be_attached(deployed: Deployment) -> None:
    identities = deployed.client("iam")
    identities.create_user(UserName="dagster")

    identities.attach_user_policy(
        UserName="dagster", PolicyArn=deployed.outputs["DagsterPolicyArn"]
    )

    held = identities.list_attached_user_policies(UserName="dagster")["AttachedPolicies"]
    assert [each["PolicyArn"] for each in held] == [deployed.outputs["DagsterPolicyArn"]]
