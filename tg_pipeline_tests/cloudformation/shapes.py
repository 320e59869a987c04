"""A template for given parameters: the conditions are decided, and what they rule out is gone.

Of CloudFormation's functions it works out those that need no deployed resource.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

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
    """Give the resources and outputs that there are with these parameters, others at default."""
    values = values_of(template, parameters)
    conditions = {
        name: holds(each, template, values) for name, each in template["Conditions"].items()
    }
    parts = {
        part: {
            name: _work_out(_without_condition(member), values, conditions)
            for name, member in template[part].items()
            if conditions.get(member.get("Condition", ""), True)
        }
        for part in ("Resources", "Outputs")
    }
    return {"AWSTemplateFormatVersion": "2010-09-09", **parts}


def refusals(template: Template, parameters: Values) -> list[str]:
    """Give what the template's rules say against these parameters."""
    values = values_of(template, parameters)
    return [
        each["AssertDescription"]
        for rule in template["Rules"].values()
        if holds(rule["RuleCondition"], template, values)
        for each in rule["Assertions"]
        if not holds(each["Assert"], template, values)
    ]


def values_of(template: Template, parameters: Values) -> dict[str, Any]:
    """Give what `Ref` gives for each parameter and pseudo parameter."""
    defaults = {name: each.get("Default") for name, each in template["Parameters"].items()}
    assert parameters.keys() <= defaults.keys()
    return {**PSEUDO, **defaults, **parameters}


def holds(condition: Template, template: Template, values: Values) -> bool:
    """Say whether a condition holds; of its functions those that the template uses."""
    ((function, argument),) = condition.items()

    def also(other: Template) -> bool:
        return holds(other, template, values)

    decisions: dict[str, Callable[[], bool]] = {
        "Condition": lambda: also(template["Conditions"][argument]),
        "Fn::Not": lambda: not also(argument[0]),
        "Fn::And": lambda: all(map(also, argument)),
        "Fn::Or": lambda: any(map(also, argument)),
        "Fn::Equals": lambda: len({str(_work_out(each, values, {})) for each in argument}) == 1,
    }
    return decisions[function]()


def _work_out(value: Any, values: Values, conditions: Mapping[str, bool]) -> Any:
    if isinstance(value, list):
        members = [_work_out(each, values, conditions) for each in value]
        return [each for each in members if each != NOTHING]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        name, yes, no = value["Fn::If"]
        return _work_out(yes if conditions[name] else no, values, conditions)
    if "Ref" in value:
        return values.get(value["Ref"], value)
    if "Fn::Sub" in value:
        return _substitute(value["Fn::Sub"], values)
    fields = {name: _work_out(each, values, conditions) for name, each in value.items()}
    return {name: each for name, each in fields.items() if each != NOTHING}


def _substitute(text: str, values: Values) -> Any:
    known = re.sub(r"\$\{([^!}]+)\}", lambda match: str(values.get(match[1], match[0])), text)
    return {"Fn::Sub": known} if "${" in known else known


def _without_condition(member: Template) -> Template:
    return {name: each for name, each in member.items() if name != "Condition"}
