"""No secret stands in the template, in a parameter, or in an output."""

import json
import re
from typing import Any

import pytest

from tg_pipeline_tests.cloudformation.documents import SOURCE
from tg_pipeline_tests.cloudformation.shapes import Template

BOT_TOKEN = re.compile(r"[0-9]{6,}:[A-Za-z0-9_-]{30,}")
LONG_AND_MIXED = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])[A-Za-z0-9+/=_-]{20,}")


@pytest.fixture
def variables(everything: Template) -> dict[str, Any]:
    found: dict[str, Any] = everything["IngestFunction"]["Properties"]["Environment"]["Variables"]
    return found


def test_no_default_looks_like_a_secret(written: Template) -> None:
    for name, parameter in written["Parameters"].items():
        default = str(parameter.get("Default", ""))
        assert not BOT_TOKEN.search(default), name
        assert not LONG_AND_MIXED.search(default), name


def test_no_parameter_is_meant_to_carry_one(written: Template) -> None:
    hidden = [name for name, each in written["Parameters"].items() if "NoEcho" in each]
    named = {name for name in written["Parameters"] if re.search("(?i)secret|token|key", name)}

    assert hidden == []
    assert named == {"ForwardSecretName", "SecretsRevision"}


def test_nothing_in_the_file_looks_like_a_bot_s_token() -> None:
    assert not BOT_TOKEN.search(SOURCE.read_text())


def test_the_function_gets_its_secrets_by_reference(variables: dict[str, Any]) -> None:
    reference = "{{resolve:secretsmanager:%s:SecretString:%s}}"

    assert {name: each for name, each in variables.items() if "secretsmanager" in str(each)} == {
        "TELEGRAM_SECRET_TOKEN": {"Fn::Sub": reference % ("${WebhookSecret}", "secret_token")},
        "FORWARD_URL": reference % ("my-bot/webhook", "url"),
        "FORWARD_SECRET_TOKEN": reference % ("my-bot/webhook", "secret_token"),
    }


def test_without_a_bot_behind_the_door_nothing_is_forwarded(single: Template) -> None:
    variables = single["IngestFunction"]["Properties"]["Environment"]["Variables"]

    assert not {name for name in variables if name.startswith("FORWARD")}


def test_a_raised_revision_changes_the_function_so_that_secrets_are_read_anew(
    written: Template,
) -> None:
    text = written["Resources"]["IngestFunction"]["Properties"]["Description"]

    assert "${SecretsRevision}" in text["Fn::Sub"]


def test_no_output_tells_a_secret(shapes: dict[str, Template]) -> None:
    for shaped in shapes.values():
        assert "resolve:" not in json.dumps(shaped["Outputs"])


def test_the_access_log_holds_neither_query_strings_nor_headers(single: Template) -> None:
    logged = json.loads(single["HttpApiStage"]["Properties"]["AccessLogSettings"]["Format"])

    assert set(logged.values()) == {
        "$context.requestId",
        "$context.requestTime",
        "$context.identity.sourceIp",
        "$context.routeKey",
        "$context.status",
        "$context.responseLatency",
        "$context.integrationErrorMessage",
    }
