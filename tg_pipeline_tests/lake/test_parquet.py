"""The same rows give the same file, in row groups bounded by rows and by bytes."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.lake import parquet
from tg_pipeline.lake.parquet import ParquetWriter, read_batches

SCHEMA = pa.schema(
    [
        pa.field("user_id", pa.int64(), metadata={"description": "Who."}),
        pa.field("text", pa.string()),
        pa.field("payload", pa.binary(), nullable=False),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("flag", pa.bool_()),
        pa.field("at", pa.timestamp("us", tz="UTC")),
    ]
)
GROUP_ROWS, GROUP_BYTES = 5, 60
ROWS = st.fixed_dictionaries(
    {
        "user_id": st.none() | st.integers(-(2**63), 2**63 - 1),
        "text": st.none() | st.text(max_size=10),
        "payload": st.integers(0, 80).map(b"x".__mul__) | st.binary(max_size=5),
        "tags": st.none() | st.lists(st.text(max_size=3), max_size=3),
        "flag": st.none() | st.booleans(),
        "at": st.none() | st.integers(0, 2**50),
    }
)


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP_ROWS", GROUP_ROWS)
    monkeypatch.setattr(parquet, "GROUP_BYTES", GROUP_BYTES)


def row(size: int) -> dict[str, Any]:
    return {"payload": b"x" * size}


def batch_of(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def written(path: Path, batches: list[pa.RecordBatch], **metadata: str) -> pq.ParquetFile:
    with ParquetWriter(path, SCHEMA) as writer:
        for batch in batches:
            writer.write(batch)
        writer.close(metadata)
    return pq.ParquetFile(path)


def groups(file: pq.ParquetFile) -> list[list[int]]:
    """Give the payload sizes of each row group."""
    return [
        [len(value.as_py()) for value in file.read_row_group(group)["payload"]]
        for group in range(file.num_row_groups)
    ]


@settings(max_examples=60)
@given(st.lists(ROWS, max_size=25), st.lists(st.integers(0, 25), max_size=8))
def test_the_same_rows_in_other_batches_give_the_same_bytes(
    tmp_path: Path, rows: list[dict[str, Any]], cuts: list[int]
) -> None:
    whole = batch_of(rows)
    bounds = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    slices = [whole.slice(start, end - start) for start, end in pairwise(bounds)]
    copies = [batch_of(rows[start:end]) for start, end in pairwise(bounds)]
    singles = [batch_of([each]) for each in rows]

    bytes_of = []
    for number, batches in enumerate(
        [[whole], slices, copies, singles, [whole.slice(0, 0), whole]]
    ):
        written(tmp_path / f"{number}", batches, rows=str(len(rows))).close()
        bytes_of.append((tmp_path / f"{number}").read_bytes())

    assert len(set(bytes_of)) == 1
    assert pq.ParquetFile(tmp_path / "0").read().to_pylist() == whole.to_pylist()


@settings(max_examples=60)
@given(st.lists(st.integers(0, 80), max_size=40))
def test_a_row_group_is_bounded_by_rows_and_by_bytes_and_no_smaller_than_need_be(
    tmp_path: Path, sizes: list[int]
) -> None:
    found = groups(written(tmp_path / "a", [batch_of([row(size) for size in sizes])]))

    assert [size for group in found for size in group] == sizes
    assert all(len(group) <= GROUP_ROWS for group in found)
    assert all(sum(group) <= GROUP_BYTES or len(group) == 1 for group in found)
    for group, following in pairwise(found):
        assert len(group) == GROUP_ROWS or sum(group) + following[0] > GROUP_BYTES


def test_text_counts_like_payload(tmp_path: Path) -> None:
    rows = [{"payload": b"", "text": "é" * 10}] * 4

    assert [len(group) for group in groups(written(tmp_path / "a", [batch_of(rows)]))] == [3, 1]


def test_a_row_larger_than_a_group_stands_alone(tmp_path: Path) -> None:
    rows = [row(size) for size in (10, 500, 10, 500, 500, 0)]

    found = groups(written(tmp_path / "a", [batch_of(rows)]))

    assert found == [[10], [500], [10], [500], [500], [0]]


def test_a_file_without_rows_still_has_its_columns(tmp_path: Path) -> None:
    file = written(tmp_path / "a", [])

    assert file.metadata.num_rows == 0
    assert file.schema_arrow.names == SCHEMA.names
    assert list(read_batches(file, None, 10)) == []


def test_rows_are_read_in_order_in_batches_that_do_not_outgrow_a_group(tmp_path: Path) -> None:
    file = written(tmp_path / "a", [batch_of([row(size) for size in range(12)])])

    batches = list(read_batches(file, ["payload"], 3))

    assert [len(value) for batch in batches for value in batch["payload"].to_pylist()] == list(
        range(12)
    )
    assert max(batch.num_rows for batch in batches) == 3
    assert batches[0].schema.names == ["payload"]


def test_the_footer_keeps_what_the_writer_says_and_the_descriptions(tmp_path: Path) -> None:
    file = written(tmp_path / "a", [batch_of([row(1)])], source="raw", note="olá")

    assert file.metadata.metadata[b"source"] == b"raw"
    assert file.metadata.metadata[b"note"].decode() == "olá"
    assert file.schema_arrow.field("user_id").metadata[b"description"] == b"Who."


def test_a_user_can_be_looked_up_by_a_bloom_filter_and_nothing_else_has_one(tmp_path: Path) -> None:
    rows = [{"user_id": user, "payload": b""} for user in range(12)]
    file = written(tmp_path / "a", [batch_of(rows)])

    for group in range(file.num_row_groups):
        columns = [file.metadata.row_group(group).column(n) for n in range(len(SCHEMA))]
        filtered = [c.path_in_schema for c in columns if c.bloom_filter_offset is not None]
        assert filtered == ["user_id"]
