"""The Athena table has the columns of enriched_updates, and computes its partitions."""

from typing import Any

from tg_pipeline.athena.tables import TableLocation, table_input
from tg_pipeline.query.tables import TELEGRAM
from tg_pipeline.settings import DEFAULT_DATABASE, DEFAULT_START_DATE, DEFAULT_WORKGROUP
from tg_pipeline_tests.cloudformation.template import Template


def test_it_is_the_table_that_the_command_registers(single: Template) -> None:
    table = single["TelegramTable"]["Properties"]["TableInput"]
    place = TableLocation("s3://${EnrichedBucket}", DEFAULT_START_DATE.isoformat())

    assert _substituted(table) == table_input(TELEGRAM, place), (
        "print the columns with: python -m tg_pipeline.athena.tables"
    )


def test_its_names_are_the_defaults_of_the_settings(written: Template, single: Template) -> None:
    assert written["Parameters"]["DatabaseName"]["Default"] == DEFAULT_DATABASE
    assert single["WorkGroup"]["Properties"]["Name"] == DEFAULT_WORKGROUP


def test_queries_have_encrypted_results_and_a_limit(single: Template) -> None:
    rules = single["WorkGroup"]["Properties"]["WorkGroupConfiguration"]

    assert rules["EnforceWorkGroupConfiguration"] is True
    assert rules["BytesScannedCutoffPerQuery"] == 10 * 2**30
    assert rules["ResultConfiguration"] == {
        "OutputLocation": {"Fn::Sub": "s3://${EnrichedBucket}/athena-results/"},
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }


def _substituted(value: Any) -> Any:
    """Return a value with CloudFormation's substitutions, except for the bucket."""
    if isinstance(value, dict):
        if value.keys() == {"Fn::Sub"}:
            return value["Fn::Sub"].replace("${!", "${")
        return {name: _substituted(each) for name, each in value.items()}
    return [_substituted(each) for each in value] if isinstance(value, list) else value
