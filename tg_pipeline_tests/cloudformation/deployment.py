"""The template deployed to moto: a stack of the resources that it supports, the rest by API calls.

moto does not resolve dynamic references (`{{resolve:…}}`), so they are resolved here, by its own
Secrets Manager.
"""

import json
import re
from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from tg_pipeline_tests.cloudformation.template import (
    PACKAGE,
    PARAMETERS,
    Template,
    Values,
    holds,
    transformed,
    values_of,
)
from tg_pipeline_tests.fakes.aws import client_of

Client = Any


def make_secret(secrets: Client, name: str, resource: Template) -> str:
    rules = dict(resource["Properties"]["GenerateSecretString"])
    content = json.loads(rules.pop("SecretStringTemplate"))
    key = rules.pop("GenerateStringKey")
    content[key] = secrets.get_random_password(**rules)["RandomPassword"]
    made = secrets.create_secret(Name=name, SecretString=json.dumps(content))
    arn: str = made["ARN"]
    return arn


CALLS: Final[dict[str, tuple[str, str, str]]] = {
    "AWS::S3::Bucket": ("s3", "", ""),
    "AWS::SQS::QueuePolicy": ("sqs", "", ""),
    "AWS::SNS::TopicPolicy": ("sns", "", ""),
    "AWS::Glue::Database": ("glue", "create_database", ""),
    "AWS::Glue::Table": ("glue", "create_table", ""),
    "AWS::Athena::WorkGroup": ("athena", "", ""),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "put_metric_alarm", "AlarmName"),
    "AWS::Scheduler::ScheduleGroup": ("scheduler", "create_schedule_group", ""),
    "AWS::Scheduler::Schedule": ("scheduler", "create_schedule", "Name"),
}
"""The service and the call that creates a type, in the order of their dependencies.

The third value is the parameter for the resource's name, if it is not one of the properties.
"""


def _create(client: Client, kind: str, name: str, properties: Template) -> None:
    """Create a resource, or the part of it that moto's CloudFormation omits."""
    _, method, parameter = CALLS[kind]
    if method:
        getattr(client, method)(**properties, **({parameter: name} if parameter else {}))
    elif kind == "AWS::Athena::WorkGroup":
        configuration = properties["WorkGroupConfiguration"]
        client.create_work_group(Name=properties["Name"], Configuration=configuration)
    elif kind == "AWS::SQS::QueuePolicy":
        attributes = {"Policy": json.dumps(properties["PolicyDocument"])}
        for queue in properties["Queues"]:
            client.set_queue_attributes(QueueUrl=queue, Attributes=attributes)
    elif kind == "AWS::SNS::TopicPolicy":
        policy = json.dumps(properties["PolicyDocument"])
        for topic in properties["Topics"]:
            client.set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=policy
            )
    else:
        _complete_bucket(client, properties)


def _of_the_api(properties: str) -> Template:
    """Return properties as the API spells them: CloudFormation differs in one name only."""
    spelled: Template = json.loads(properties.replace('"AwsvpcConfig', '"awsvpcConfig'))
    return spelled


def _complete_bucket(objects: Client, properties: Template) -> None:
    bucket = {"Bucket": properties["BucketName"]}
    objects.put_bucket_versioning(
        **bucket, VersioningConfiguration=properties["VersioningConfiguration"]
    )
    if "NotificationConfiguration" in properties:
        objects.put_bucket_notification_configuration(
            **bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )


LEFT_OUT: Final = frozenset(
    {
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::Budgets::Budget",
        "AWS::Lambda::Url",
        "AWS::S3::BucketPolicy",  # moto reads no conditions: it would deny all, not only plain HTTP
    }
)
"""Types that are not deployed; the tests read these resources from the template."""

NO_VALUE: Final = {"Ref": "AWS::NoValue"}

IN_PART: Final = "AWS::S3::Bucket"
"""A type that the stack creates in part, and a call completes."""

GENERATED: Final = "AWS::SecretsManager::Secret"


def chosen(part: Any, template: Template, values: Values) -> Any:
    """Return a part of a template with its choices made: moto leaves `AWS::NoValue` in lists."""

    def kept(members: list[Any]) -> list[Any]:
        made = (chosen(each, template, values) for each in members)
        return [each for each in made if each != NO_VALUE]

    if isinstance(part, list):
        return kept(part)
    if not isinstance(part, dict):
        return part
    if "Fn::If" in part:
        condition, if_true, if_false = part["Fn::If"]
        is_true = holds(template["Conditions"][condition], template, values)
        return chosen(if_true if is_true else if_false, template, values)
    made = {name: chosen(each, template, values) for name, each in part.items()}
    return {name: each for name, each in made.items() if each != NO_VALUE}


def for_moto(template: Template, substitutes: dict[str, str]) -> Template:
    """Return the template with what moto's CloudFormation supports, and the rest in its outputs.

    A resource that is not in the stack becomes a parameter, so that `Ref` still works; its value is
    in `substitutes`, or the resource's name in the template.
    """
    resources: Template = template["Resources"]
    absent = _of_kinds(resources, (LEFT_OUT | {*CALLS, GENERATED}) - {IN_PART})
    called = [name for kind in CALLS for name in _of_kinds(resources, {kind})]
    return template | {
        "Resources": {name: each for name, each in resources.items() if name not in absent},
        "Parameters": template["Parameters"]
        | {name: {"Type": "String", "Default": substitutes.get(name, name)} for name in absent},
        "Outputs": template["Outputs"]
        | {f"{resources[name]['Type']}|{name}": _as_output(resources[name]) for name in called},
    }


def _of_kinds(resources: Template, kinds: Container[str]) -> list[str]:
    return [name for name, each in resources.items() if each["Type"] in kinds]


def _as_output(resource: Template) -> Template:
    condition = {"Condition": resource["Condition"]} if "Condition" in resource else {}
    return {"Value": {"Fn::ToJsonString": resource["Properties"]}, **condition}


@dataclass(frozen=True)
class Deployment:
    """A deployed stack, and where to find it."""

    endpoint: str
    stack: str

    def client(self, service: str) -> Client:
        return client_of(self.endpoint, service)

    @cached_property
    def outputs(self) -> dict[str, str]:
        return {name: text for name, text in self._all_outputs().items() if "|" not in name}

    @cached_property
    def environment(self) -> dict[str, str]:
        """The function's environment, with resolved secrets as from CloudFormation."""
        name = self.outputs["IngestFunctionName"]
        held = self.client("lambda").get_function_configuration(FunctionName=name)
        variables = held["Environment"]["Variables"]
        return {name: self._resolve(value) for name, value in variables.items()}

    def create_the_rest(self) -> None:
        """Create the resources that moto's CloudFormation omits, from the outputs."""
        for output, properties in self._all_outputs().items():
            kind, bar, name = output.partition("|")
            if bar:
                _create(self.client(CALLS[kind][0]), kind, name, _of_the_api(properties))

    def _all_outputs(self) -> dict[str, str]:
        stacks = self.client("cloudformation").describe_stacks(StackName=self.stack)
        return {each["OutputKey"]: each["OutputValue"] for each in stacks["Stacks"][0]["Outputs"]}

    def _resolve(self, text: str) -> str:
        reference = re.fullmatch(
            r"\{\{resolve:secretsmanager:(.+):SecretString:(\w+)(?::(\w+))?\}\}", text
        )
        if not reference:
            return text
        stage = {"VersionStage": reference[3]} if reference[3] else {}
        secret = self.client("secretsmanager").get_secret_value(SecretId=reference[1], **stage)
        value: str = json.loads(secret["SecretString"])[reference[2]]
        return value


def deploy(endpoint: str, stack: str, **parameters: str) -> Deployment:
    """Deploy the template to the moto server at `endpoint`, as far as moto supports it."""
    template = transformed()
    template["Resources"] = chosen(
        template["Resources"], template, values_of(template, PARAMETERS | parameters)
    )
    _upload_package(endpoint)
    substitutes = {
        "WebhookSecret": make_secret(
            client_of(endpoint, "secretsmanager"), stack, template["Resources"]["WebhookSecret"]
        ),
        "Database": values_of(template, parameters)["DatabaseName"],
        "ScheduleGroup": stack,
        "WorkGroup": stack,
    }
    client_of(endpoint, "cloudformation").create_stack(
        StackName=stack,
        TemplateBody=json.dumps(for_moto(template, substitutes)),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in {**PARAMETERS, **parameters}.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    deployment = Deployment(endpoint, stack)
    deployment.create_the_rest()
    return deployment


def _upload_package(endpoint: str) -> None:
    bucket, key = PACKAGE
    objects = client_of(endpoint, "s3")
    objects.create_bucket(Bucket=bucket)
    objects.put_object(Bucket=bucket, Key=key, Body=b"the function's package")
