"""The template is documented in docs/aws.md."""

import re

import pytest

from tg_pipeline_tests.cloudformation.template import CHECKOUT, SOURCE, Template


@pytest.fixture(scope="module")
def page() -> str:
    return (CHECKOUT / "docs" / "aws.md").read_text()


def test_every_parameter_is_explained_and_no_other(page: str, written: Template) -> None:
    table = page.partition("\n## Parameters\n")[2].partition("\n\nNo parameter")[0]
    named = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall("`([^`]+)`", row)
    }

    assert named == written["Parameters"].keys()


def test_every_alarm_is_explained(page: str, batch: Template) -> None:
    alarms = {name for name, each in batch.items() if each["Type"] == "AWS::CloudWatch::Alarm"}

    assert set(re.findall(r"^\| `(\w+Alarm)` \|", page, re.MULTILINE)) == alarms


def test_every_output_in_the_commands_exists(page: str, written: Template) -> None:
    read = set(re.findall(r"(?<!-)\boutput (\w+)", page))

    assert read
    assert read <= written["Outputs"].keys()


def test_cloudformation_can_read_the_file() -> None:
    """It accepts no YAML aliases, and loses characters that are not ASCII."""
    text = SOURCE.read_text()

    assert text.isascii()
    assert not re.search(r"(: |- )[&*][a-z]", text)
