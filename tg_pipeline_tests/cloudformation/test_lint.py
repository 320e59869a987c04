"""The linters find nothing, but for what is excused with a reason."""

import json
import re

from cfnlint.api import lint  # type: ignore[import-untyped]

from tg_pipeline_tests.cloudformation.documents import SOURCE, transformed

REGIONS = ["us-east-1", "sa-east-1"]


def test_cfn_lint_finds_nothing_in_the_template_as_written() -> None:
    assert [str(each) for each in lint(SOURCE.read_text(), regions=REGIONS)] == []


def test_cfn_lint_finds_nothing_in_the_template_as_cloudformation_gets_it() -> None:
    assert [str(each) for each in lint(json.dumps(transformed()), regions=REGIONS)] == []


def test_cfn_lint_would_find_something() -> None:
    broken = "{Resources: {Bucket: {Type: AWS::S3::Bucket, Properties: {Bucketname: raw}}}}"

    assert lint(broken, regions=REGIONS)


def test_cloudformation_can_read_the_file() -> None:
    """It takes no YAML aliases, and loses what is not ASCII."""
    text = SOURCE.read_text()

    assert text.isascii()
    assert not re.search(r"(: |- )[&*][a-z]", text)
