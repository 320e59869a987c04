"""The template as moto's CloudFormation takes it: what it does not know stands in the outputs."""

from collections.abc import Container
from typing import Final

from tg_pipeline_tests.cloudformation.calls import CALLS
from tg_pipeline_tests.cloudformation.shapes import Template

LEFT_OUT: Final = frozenset(
    {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::Lambda::Url",
        "AWS::S3::BucketPolicy",  # moto reads no conditions: it would deny all, not only plain HTTP
    }
)
"""Types of which nothing is deployed; what such a resource says is read from the template."""

IN_PART: Final = "AWS::S3::Bucket"
"""A type of which the stack makes a part, and a call the rest."""

GENERATED: Final = "AWS::SecretsManager::Secret"


def for_moto(template: Template, stands_for: dict[str, str]) -> Template:
    """Give the template of what moto's CloudFormation knows, with outputs that tell of the rest.

    A resource that is not in the stack becomes a parameter, so that `Ref` still finds it; what it
    gives is in `stands_for`, or the resource's own name in the template.
    """
    resources: Template = template["Resources"]
    absent = _of_kinds(resources, (LEFT_OUT | CALLS.keys() | {GENERATED}) - {IN_PART})
    called = [name for kind in CALLS for name in _of_kinds(resources, {kind})]
    return template | {
        "Resources": {name: each for name, each in resources.items() if name not in absent},
        "Parameters": template["Parameters"]
        | {name: {"Type": "String", "Default": stands_for.get(name, name)} for name in absent},
        "Outputs": template["Outputs"]
        | {f"{resources[name]['Type']}|{name}": _tell(resources[name]) for name in called},
    }


def _of_kinds(resources: Template, kinds: Container[str]) -> list[str]:
    return [name for name, each in resources.items() if each["Type"] in kinds]


def _tell(resource: Template) -> Template:
    condition = {"Condition": resource["Condition"]} if "Condition" in resource else {}
    return {"Value": {"Fn::ToJsonString": resource["Properties"]}, **condition}
