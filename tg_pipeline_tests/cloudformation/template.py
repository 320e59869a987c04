"""The template: as written, as transformed by SAM, and its resources for given parameters.

Run as a module with a folder, it writes the transformed template and its resources for each choice
of parameters there, for the linters. CloudFormation's functions are evaluated if they need no
deployed resource.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from boto3.session import Session
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from tg_pipeline_tests.fakes.aws import REGION

Template = dict[str, Any]
Values = Mapping[str, Any]

PSEUDO: Final = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "tg-pipeline",
    "AWS::URLSuffix": "amazonaws.com",
}

NOTHING: Final = {"Ref": "AWS::NoValue"}


def shape(template: Template, parameters: Values) -> Template:
    """Return the resources and outputs for these parameters; the others have their defaults."""
    values = values_of(template, parameters)
    conditions = {
        name: holds(each, template, values) for name, each in template["Conditions"].items()
    }
    parts = {
        part: {
            name: _work_out(_without_condition(member), values, conditions, template)
            for name, member in template[part].items()
            if conditions.get(member.get("Condition", ""), True)
        }
        for part in ("Resources", "Outputs")
    }
    return {"AWSTemplateFormatVersion": "2010-09-09", **parts}


def refusals(template: Template, parameters: Values) -> list[str]:
    """Return the messages of the template's rules that these parameters violate."""
    values = values_of(template, parameters)
    return [
        each["AssertDescription"]
        for rule in template["Rules"].values()
        if holds(rule["RuleCondition"], template, values)
        for each in rule["Assertions"]
        if not holds(each["Assert"], template, values)
    ]


def values_of(template: Template, parameters: Values) -> dict[str, Any]:
    defaults = {name: each.get("Default") for name, each in template["Parameters"].items()}
    assert parameters.keys() <= defaults.keys()
    return {**PSEUDO, **defaults, **parameters}


def holds(condition: Template, template: Template, values: Values) -> bool:
    """Evaluate a condition; supports the functions that the template uses."""
    ((function, argument),) = condition.items()

    def also(other: Template) -> bool:
        return holds(other, template, values)

    decisions: dict[str, Callable[[], bool]] = {
        "Condition": lambda: also(template["Conditions"][argument]),
        "Fn::Not": lambda: not also(argument[0]),
        "Fn::And": lambda: all(map(also, argument)),
        "Fn::Or": lambda: any(map(also, argument)),
        "Fn::Equals": lambda: len({str(_work_out(each, values, {}, {})) for each in argument}) == 1,
    }
    return decisions[function]()


def _work_out(
    value: Any, values: Values, conditions: Mapping[str, bool], template: Template
) -> Any:
    def also(other: Any) -> Any:
        return _work_out(other, values, conditions, template)

    if isinstance(value, list):
        return [each for each in map(also, value) if each != NOTHING]
    if not isinstance(value, dict):
        return value
    functions: dict[str, Callable[[Any], Any]] = {
        "Fn::If": lambda choice: also(choice[1 if conditions[choice[0]] else 2]),
        "Ref": lambda name: values.get(name, value),
        "Fn::Sub": lambda text: _substitute(text, values),
        "Fn::Split": lambda parts: also(parts[1]).split(parts[0]),
        "Fn::FindInMap": lambda keys: template["Mappings"][keys[0]][also(keys[1])][keys[2]],
    }
    for name in functions.keys() & value.keys():
        return functions[name](value[name])
    fields = {name: also(each) for name, each in value.items()}
    return {name: each for name, each in fields.items() if each != NOTHING}


def _substitute(text: str, values: Values) -> Any:
    known = re.sub(r"\$\{([^!}]+)\}", lambda match: str(values.get(match[1], match[0])), text)
    return {"Fn::Sub": known} if "${" in known else known


def _without_condition(member: Template) -> Template:
    return {name: each for name, each in member.items() if name != "Condition"}


def grants_of_role(resources: Template, role: str) -> set[str]:
    return set(_allowed(policies_on(resources, role)))


def grants_of(policy: Template) -> set[str]:
    """Return everything that a policy allows, with the principal if it names one."""
    return set(_allowed([policy["Properties"]["PolicyDocument"]]))


def policies_on(resources: Template, role: str) -> list[Template]:
    """Return the policies of a role; managed policies are an error."""
    properties = resources[role]["Properties"]
    assert "ManagedPolicyArns" not in properties
    inline = [each["PolicyDocument"] for each in properties["Policies"]]
    return inline + [
        each["Properties"]["PolicyDocument"]
        for each in resources.values()
        if {"Ref": role} in each["Properties"].get("Roles", [])
    ]


def who_may_assume(resources: Template, role: str) -> list[Template]:
    policy = resources[role]["Properties"]["AssumeRolePolicyDocument"]
    statements: list[Template] = policy["Statement"]
    return statements


def text_of(value: Any) -> str:
    """Return a value as text, with attributes of resources as `${Resource.Attribute}`."""
    if not isinstance(value, dict):
        return str(value)
    ((function, argument),) = value.items()
    if function == "Fn::GetAtt":
        return "${" + ".".join(argument) + "}"
    return f"${{{argument}}}" if function == "Ref" else str(argument)


def _allowed(policies: Iterable[Template]) -> Iterator[str]:
    for policy in policies:
        for statement in policy["Statement"]:
            if statement["Effect"] == "Allow":
                yield from _sentences(statement)


def _sentences(statement: Template) -> Iterator[str]:
    who = f"{text_of(statement['Principal'])} " if "Principal" in statement else ""
    only = statement.get("Condition")
    condition = f" if {json.dumps(only)}" if only else ""
    for action in _list(statement["Action"]):
        for resource in _list(statement["Resource"]):
            yield f"{who}{action} on {text_of(resource)}{condition}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


CHECKOUT: Final = Path(__file__).parents[2]
SOURCE: Final = CHECKOUT / "lambda_ingest" / "template.yaml"

PACKAGE: Final = ("packages", "ingest.zip")
"""The bucket and the key that `sam deploy` would upload the function's code to."""

PARAMETERS: Final = {"BotId": "7"}
"""The parameters without defaults."""

SECRETS: Final = f"arn:aws:secretsmanager:{REGION}:{PSEUDO['AWS::AccountId']}:secret"

SHAPES: Final[dict[str, dict[str, str]]] = {
    "single": {},
    "batch": {"Mode": "Batch"},
    "function-url": {"Endpoint": "FunctionUrl", "ReservedConcurrency": "5"},
    "everything": {
        "ChatIds": "-1001234567890",
        "ForwardSecretName": "my-bot/webhook",
        "ForwardAllowedUpdates": "message,callback_query",
        "PreviousToken": "Accept",
        "PrivacyKeySecretName": "my-bot/privacy",
        "ForgetPrincipalArn": "arn:aws:iam::123456789012:user/me",
        "Drop": "contact,location",
        "DropText": "landing",
        "KeepDaysLanding": "30",
        "KeepDaysRaw": "30",
        "KeepDaysEnriched": "90",
        "KeepDaysMarts": "365",
        "AlarmEmail": "me@example.org",
        "BucketPrefix": "my-bot",
        "ReservedConcurrency": "20",
    },
    "fargate": {
        "DailyBuild": "Fargate",
        "BuildImageTag": "1",
        "BuildVpcId": "vpc-1",
        "BuildSubnetIds": "subnet-1,subnet-2",
        "BotTokenSecretArn": f"{SECRETS}:my-bot/token-AbCdEf",
        "PrivacyKeySecretName": "my-bot/privacy",
        "PrivacyKeySecretArn": f"{SECRETS}:my-bot/privacy-AbCdEf",
        "AdminChatId": "-1001234567890",
        "Digest": "day",
        "KeepDaysLanding": "30",
        "AlarmEmail": "me@example.org",
    },
}
"""The choices of an operator that change which resources exist."""


def source() -> Template:
    template: Template = yaml_parse(SOURCE.read_text())
    return template


def transformed() -> Template:
    """Return the template that CloudFormation gets, after its code is uploaded.

    The API's deployment is named after its content and the time; here, it has no suffix.
    """
    template = source()
    bucket, key = PACKAGE
    function = template["Resources"]["IngestFunction"]
    function["Properties"]["CodeUri"] = f"s3://{bucket}/{key}"
    # There are no managed policies, so the transform needs no list of them from AWS.
    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))
    made = json.dumps(translator.translate(template, dict(PARAMETERS), passthrough_metadata=True))
    translator.metrics.publish()  # to nowhere; otherwise it warns at exit
    renamed: Template = json.loads(re.sub(r"(WebhookApiDeployment)\w+", r"\1", made))
    return renamed


def shaped(**parameters: str) -> Template:
    return shape(transformed(), PARAMETERS | parameters)


def container_of_the_task(resources: Template) -> Template:
    (found,) = resources["BuildTask"]["Properties"]["ContainerDefinitions"]
    container: Template = found
    return container


def variables_of_the_task(resources: Template, buckets: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the task that are no secrets, with the names of buckets."""

    def text(value: Any) -> str:
        written = str(value["Fn::Sub"] if isinstance(value, dict) else value)
        return re.sub(r"\$\{(\w+)\}", lambda match: buckets[match[1]], written)

    environment = container_of_the_task(resources)["Environment"]
    return {each["Name"]: text(each["Value"]) for each in environment}


def of_kind(resources: Template, kind: str) -> dict[str, Any]:
    return {name: each for name, each in resources.items() if each["Type"] == kind}


def definition_of_the_api(resources: Template) -> Template:
    body: Template = resources["WebhookApi"]["Properties"]["Body"]
    return body


def main(folder: Path) -> None:
    """Write the transformed template into a folder, and its resources for each choice."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {"transformed": transformed()}
    written |= {name: shaped(**chosen) for name, chosen in SHAPES.items()}
    for name, document in written.items():
        (folder / f"{name}.json").write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
