"""The Athena table has the columns of enriched_updates, and computes its partitions."""

from typing import Any

import pytest

from tg_pipeline.athena.tables import TableLocation, athena_columns, table_input
from tg_pipeline.layers.enriched_schema import ENRICHED_UPDATES
from tg_pipeline.query.session import TELEGRAM
from tg_pipeline.settings import DEFAULT_DATABASE, DEFAULT_START_DATE, DEFAULT_WORKGROUP
from tg_pipeline_tests.cloudformation.template import Template

FOLDER = "s3://${EnrichedBucket}/enriched_updates/"


@pytest.fixture
def table(single: Template) -> dict[str, Any]:
    found: dict[str, Any] = single["TelegramTable"]["Properties"]["TableInput"]
    return found


def test_the_columns_are_those_of_the_layer(table: Template) -> None:
    told = [
        (each["Name"], each["Type"], each["Comment"])
        for each in table["StorageDescriptor"]["Columns"]
    ]

    assert told == athena_columns(ENRICHED_UPDATES.schema), (
        "print them with: python -m tg_pipeline.athena.tables"
    )


def test_it_is_the_table_that_the_command_registers(table: Template) -> None:
    place = TableLocation("s3://${EnrichedBucket}", DEFAULT_START_DATE.isoformat())

    assert _substituted(table) == table_input(TELEGRAM, place)


def test_its_names_are_the_defaults_of_the_settings(written: Template, single: Template) -> None:
    assert written["Parameters"]["DatabaseName"]["Default"] == DEFAULT_DATABASE
    assert single["WorkGroup"]["Properties"]["Name"] == DEFAULT_WORKGROUP


def test_its_name_and_partitions_are_those_of_the_original(table: Template) -> None:
    assert table["Name"] == "telegram"
    assert [each["Name"] for each in table["PartitionKeys"]] == ["context_date"]


def test_it_reads_the_parquet_objects_of_the_layer(table: Template) -> None:
    storage = table["StorageDescriptor"]

    assert storage["Location"] == {"Fn::Sub": FOLDER}
    assert storage["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert table["Parameters"]["classification"] == "parquet"


def test_the_partitions_are_computed(table: Template) -> None:
    told = table["Parameters"]
    projection = {
        name.removeprefix("projection."): value
        for name, value in told.items()
        if name.startswith("projection.")
    }

    assert projection == {
        "enabled": "true",
        "context_date.type": "date",
        "context_date.format": "yyyy-MM-dd",
        "context_date.range": f"{DEFAULT_START_DATE},NOW+1DAYS",
        "context_date.interval": "1",
        "context_date.interval.unit": "DAYS",
    }
    assert told["storage.location.template"] == {
        "Fn::Sub": FOLDER + "context_date=${!context_date}"
    }


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
