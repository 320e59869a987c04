"""What CloudFormation would do, done by calls of each service's own API.

The properties of a resource are mostly what the API takes, by the same names.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from tg_pipeline_tests.cloudformation.shapes import Template

Client = Any
Clients = Callable[[str], Client]
Call = Callable[[Clients, str, Template], None]


def make(clients: Clients, kind: str, name: str, properties: Template) -> None:
    """Make a resource, or the part of it that moto's CloudFormation leaves out."""
    CALLS[kind](clients, name, properties)


def make_secret(secrets: Client, name: str, resource: Template) -> str:
    """Make a secret with a generated key, and give its ARN."""
    rules = dict(resource["Properties"]["GenerateSecretString"])
    content = json.loads(rules.pop("SecretStringTemplate"))
    key = rules.pop("GenerateStringKey")
    content[key] = secrets.get_random_password(**rules)["RandomPassword"]
    made = secrets.create_secret(Name=name, SecretString=json.dumps(content))
    arn: str = made["ARN"]
    return arn


def _finish_bucket(clients: Clients, _: str, properties: Template) -> None:
    objects, bucket = clients("s3"), {"Bucket": properties["BucketName"]}
    objects.put_bucket_versioning(
        **bucket, VersioningConfiguration=properties["VersioningConfiguration"]
    )
    objects.put_public_access_block(
        **bucket,
        PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"],
    )
    if "NotificationConfiguration" in properties:
        objects.put_bucket_notification_configuration(
            **bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )


def _queue_policy(clients: Clients, _: str, properties: Template) -> None:
    policy = json.dumps(properties["PolicyDocument"])
    for queue in properties["Queues"]:
        clients("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})


def _work_group(clients: Clients, _: str, properties: Template) -> None:
    clients("athena").create_work_group(
        Name=properties["Name"], Configuration=properties["WorkGroupConfiguration"]
    )


def _database(clients: Clients, _: str, properties: Template) -> None:
    clients("glue").create_database(**properties)


def _table(clients: Clients, _: str, properties: Template) -> None:
    clients("glue").create_table(**properties)


def _alarm(clients: Clients, name: str, properties: Template) -> None:
    clients("cloudwatch").put_metric_alarm(AlarmName=name, **properties)


def _schedule_group(clients: Clients, _: str, properties: Template) -> None:
    clients("scheduler").create_schedule_group(**properties)


def _schedule(clients: Clients, name: str, properties: Template) -> None:
    clients("scheduler").create_schedule(Name=name, **properties)


CALLS: Final[dict[str, Call]] = {
    "AWS::S3::Bucket": _finish_bucket,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::Glue::Database": _database,
    "AWS::Glue::Table": _table,
    "AWS::Athena::WorkGroup": _work_group,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::Scheduler::ScheduleGroup": _schedule_group,
    "AWS::Scheduler::Schedule": _schedule,
}
"""By type, in the order in which the resources build on each other."""
