"""The template deployed to moto: a stack of what its CloudFormation knows, the rest by calls.

moto leaves dynamic references (`{{resolve:…}}`) as they stand, so they are resolved here, from
its own Secrets Manager.
"""

import json
import re
from dataclasses import dataclass
from functools import cached_property

from tg_pipeline_tests.cloudformation.calls import Client, make, make_secret
from tg_pipeline_tests.cloudformation.documents import PACKAGE, PARAMETERS, transformed
from tg_pipeline_tests.cloudformation.moto_template import for_moto
from tg_pipeline_tests.cloudformation.shapes import values_of
from tg_pipeline_tests.fakes.aws import client_of


@dataclass(frozen=True)
class Deployment:
    """A deployed stack, and where to find it."""

    endpoint: str
    stack: str

    def client(self, service: str) -> Client:
        """Give a client of a service, at moto's address."""
        return client_of(self.endpoint, service)

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Give the stack's outputs, as an operator sees them."""
        return {name: text for name, text in self._told().items() if "|" not in name}

    @cached_property
    def environment(self) -> dict[str, str]:
        """Give the function's environment, with the secrets that CloudFormation would put there."""
        name = self.outputs["IngestFunctionName"]
        held = self.client("lambda").get_function_configuration(FunctionName=name)
        variables = held["Environment"]["Variables"]
        return {name: self._resolve(value) for name, value in variables.items()}

    def make_the_rest(self) -> None:
        """Make what moto's CloudFormation does not, of the properties that the stack tells."""
        for output, properties in self._told().items():
            kind, bar, name = output.partition("|")
            if bar:
                make(self.client, kind, name, json.loads(properties))

    def _told(self) -> dict[str, str]:
        stacks = self.client("cloudformation").describe_stacks(StackName=self.stack)
        return {each["OutputKey"]: each["OutputValue"] for each in stacks["Stacks"][0]["Outputs"]}

    def _resolve(self, text: str) -> str:
        reference = re.fullmatch(r"\{\{resolve:secretsmanager:(.+):SecretString:(\w+)\}\}", text)
        if not reference:
            return text
        secret = self.client("secretsmanager").get_secret_value(SecretId=reference[1])
        value: str = json.loads(secret["SecretString"])[reference[2]]
        return value


def deploy(endpoint: str, stack: str, **parameters: str) -> Deployment:
    """Deploy the template to the moto server at `endpoint`, all that it can hold."""
    template = transformed()
    _upload_package(endpoint)
    stands_for = {
        "WebhookSecret": make_secret(
            client_of(endpoint, "secretsmanager"), stack, template["Resources"]["WebhookSecret"]
        ),
        "Database": values_of(template, parameters)["DatabaseName"],
        "ScheduleGroup": stack,
        "WorkGroup": stack,
    }
    client_of(endpoint, "cloudformation").create_stack(
        StackName=stack,
        TemplateBody=json.dumps(for_moto(template, stands_for)),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in {**PARAMETERS, **parameters}.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    deployment = Deployment(endpoint, stack)
    deployment.make_the_rest()
    return deployment


def _upload_package(endpoint: str) -> None:
    bucket, key = PACKAGE
    objects = client_of(endpoint, "s3")
    objects.create_bucket(Bucket=bucket)
    objects.put_object(Bucket=bucket, Key=key, Body=b"the function's package")
