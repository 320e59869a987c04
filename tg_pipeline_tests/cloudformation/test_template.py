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


def test_every_exception_of_checkov_has_a_comment_and_a_paragraph(page: str) -> None:
    excuses = re.findall(
        r"^ +- (CKV_\w+)(.*)$", (CHECKOUT / ".checkov.yaml").read_text(), re.MULTILINE
    )

    assert set(re.findall(r"^- `(CKV_\w+)`", page, re.MULTILINE)) == {name for name, _ in excuses}
    for name, reason in excuses:
        assert reason.startswith("  # "), name


def test_the_cost_table_adds_up(page: str) -> None:
    rows = re.findall(r"^\| [\w*].*\|$", page.partition("## What it costs")[2], re.MULTILINE)
    lines = [row.strip("| ").split(" | ")[-3:] for row in rows]
    *parts, together = [
        [float(cell.strip("$*").replace("–", "0")) for cell in line]
        for line in lines
        if all(re.fullmatch(r"(\*\*)?\$[\d.]+(\*\*)?|–", cell) for cell in line)
    ]

    assert len(parts) == 10
    assert [round(sum(column), 2) for column in zip(*parts, strict=True)] == together


def test_cloudformation_can_read_the_file() -> None:
    """It accepts no YAML aliases, and loses characters that are not ASCII."""
    text = SOURCE.read_text()

    assert text.isascii()
    assert not re.search(r"(: |- )[&*][a-z]", text)
