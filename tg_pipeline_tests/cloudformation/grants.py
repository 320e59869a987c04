"""Who may do what, as sentences: `s3:PutObject on ${RawBucket.Arn}/telegram/*`."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tg_pipeline_tests.cloudformation.shapes import Template


def grants_of_role(resources: Template, role: str) -> set[str]:
    """Give all that the policies in and on a role allow it."""
    return set(_allowed(policies_on(resources, role)))


def grants_of(policy: Template) -> set[str]:
    """Give all that a policy allows, each with who it allows it, where it says so."""
    return set(_allowed([policy["Properties"]["PolicyDocument"]]))


def policies_on(resources: Template, role: str) -> list[Template]:
    """Give the policies that count for a role; fails on one that is written elsewhere."""
    properties = resources[role]["Properties"]
    assert "ManagedPolicyArns" not in properties
    inline = [each["PolicyDocument"] for each in properties["Policies"]]
    return inline + [
        each["Properties"]["PolicyDocument"]
        for each in resources.values()
        if {"Ref": role} in each["Properties"].get("Roles", [])
    ]


def who_may_assume(resources: Template, role: str) -> list[Template]:
    """Give the statements that say who may take on a role."""
    statements: list[Template] = resources[role]["Properties"]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    return statements


def text_of(value: Any) -> str:
    """Give a value as text, with what only a deployment knows as `${Resource.Attribute}`."""
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
