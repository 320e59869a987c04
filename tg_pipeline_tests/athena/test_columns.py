"""The Athena type and comment of a column."""

import pyarrow as pa
import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from tg_pipeline.athena.tables import (
    MAX_COMMENT,
    AthenaColumn,
    NotForAthenaError,
    athena_columns,
    athena_type,
    template_lines,
)
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.schema import TIMESTAMP, Layer

ORIGINAL = "message_id user_id user_is_bot user_first_name chat_id chat_type text date".split()


def column(name: str, kind: pa.DataType, description: str = "What it is.") -> pa.Field:
    return pa.field(name, kind, metadata={"description": description})


@pytest.mark.parametrize(
    ("arrow", "hive"),
    [
        (pa.int64(), "bigint"),
        (pa.bool_(), "boolean"),
        (pa.string(), "string"),
        (pa.binary(), "binary"),
        (TIMESTAMP, "timestamp"),
        (pa.list_(pa.string()), "array<string>"),
        (pa.list_(pa.list_(pa.int64())), "array<array<bigint>>"),
    ],
    ids=str,
)
def test_an_arrow_type_has_its_hive_type(arrow: pa.DataType, hive: str) -> None:
    assert athena_type(arrow) == hive


@pytest.mark.parametrize("layer", ALL_LAYERS, ids=lambda layer: layer.name)
def test_every_column_of_every_layer_has_a_type(layer: Layer) -> None:
    told = athena_columns(layer.schema)

    assert sorted(each.name for each in told) == sorted(layer.schema.names)


def test_the_original_s_columns_come_first() -> None:
    names = ["update_id", *reversed(ORIGINAL), "caption"]

    told = athena_columns(pa.schema([column(name, pa.string()) for name in names]))

    assert [each.name for each in told] == [*ORIGINAL, "update_id", "caption"]


def test_a_type_without_a_counterpart_is_named_with_its_column() -> None:
    schema = pa.schema([column("price", pa.decimal128(9, 2))])

    with pytest.raises(NotForAthenaError, match=r"column price: .* Arrow's decimal128\(9, 2\)"):
        athena_columns(schema)


def test_a_description_that_is_too_long_for_the_catalog_is_an_error() -> None:
    fits, too_long = "x" * MAX_COMMENT, "x" * (MAX_COMMENT + 1)

    athena_columns(pa.schema([column("text", pa.string(), fits)]))
    with pytest.raises(NotForAthenaError, match="description of text is longer than 255"):
        athena_columns(pa.schema([column("text", pa.string(), too_long)]))


def test_a_description_is_converted_to_ascii() -> None:
    schema = pa.schema([column("text", pa.string(), "Polls, queries, ….")])

    assert athena_columns(schema) == [AthenaColumn("text", "string", "Polls, queries, ....")]


def test_the_printed_lines_are_a_yaml_list_of_the_columns() -> None:
    schema = pa.schema([column("text", pa.string(), 'The "text": as it is.')])

    assert yaml_parse("\n".join(template_lines(schema))) == [
        {"Name": "text", "Type": "string", "Comment": 'The "text": as it is.'}
    ]
