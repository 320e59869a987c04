"""The same rows give the same bytes, in row groups bounded by rows and bytes; footers are read."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.storage import parquet
from tg_pipeline.storage.parquet import ParquetWriter, has_pages_of_today, read_batches
from tg_pipeline_tests.stores import DAY, KEY, write

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


def batch_of(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def written(path: Path, batches: list[pa.RecordBatch], **metadata: str) -> pq.ParquetFile:
    with ParquetWriter(path, SCHEMA) as writer:
        for batch in batches:
            writer.write(batch)
        writer.close(metadata)
    return pq.ParquetFile(path)


def groups(file: pq.ParquetFile) -> list[list[int]]:
    return [
        [len(value.as_py()) for value in file.read_row_group(group)["payload"]]
        for group in range(file.num_row_groups)
    ]


@settings(max_examples=12)
@given(st.lists(ROWS, max_size=25), st.lists(st.integers(0, 25), max_size=8))
def test_the_bytes_depend_on_the_rows_and_not_on_the_batches(
    tmp_path: Path, rows: list[dict[str, Any]], cuts: list[int]
) -> None:
    whole = batch_of(rows)
    bounds = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    slices = [whole.slice(start, end - start) for start, end in pairwise(bounds)]
    singles = [batch_of([each]) for each in rows]

    bytes_of = set()
    for batches in ([whole], slices, singles, [whole.slice(0, 0), whole]):
        written(tmp_path / "a", batches, rows=str(len(rows))).close()
        bytes_of.add((tmp_path / "a").read_bytes())

    assert len(bytes_of) == 1
    assert pq.ParquetFile(tmp_path / "a").read().to_pylist() == whole.to_pylist()


@settings(max_examples=40)
@given(st.lists(st.integers(0, 80), max_size=40))
def test_row_groups_are_as_large_as_the_limits_allow(tmp_path: Path, sizes: list[int]) -> None:
    found = groups(written(tmp_path / "a", [batch_of([{"payload": b"x" * n} for n in sizes])]))

    assert [size for group in found for size in group] == sizes
    assert all(len(group) <= GROUP_ROWS for group in found)
    assert all(sum(group) <= GROUP_BYTES or len(group) == 1 for group in found)
    for group, following in pairwise(found):
        assert len(group) == GROUP_ROWS or sum(group) + following[0] > GROUP_BYTES


def test_text_counts_like_payload(tmp_path: Path) -> None:
    rows = [{"payload": b"", "text": "é" * 10}] * 4

    assert [len(group) for group in groups(written(tmp_path / "a", [batch_of(rows)]))] == [3, 1]


def test_rows_are_read_in_order_in_batches_of_one_row_group(tmp_path: Path) -> None:
    file = written(tmp_path / "a", [batch_of([{"user_id": n, "payload": b""} for n in range(12)])])

    batches = [batch.to_pydict() for batch in read_batches(file, ["user_id"], 3)]

    assert batches == [
        {"user_id": part} for part in ([0, 1, 2], [3, 4], [5, 6, 7], [8, 9], [10, 11])
    ]


def test_only_the_user_id_has_a_bloom_filter(tmp_path: Path) -> None:
    file = written(tmp_path / "a", [batch_of([{"user_id": 1, "payload": b""}])])

    group = file.metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    filtered = [c.path_in_schema for c in columns if c.bloom_filter_offset is not None]
    assert filtered == ["user_id"]


def test_a_footer_s_fingerprint_changes_only_with_the_rows(lake: Lake) -> None:
    fingerprints = []
    for users in ((1, 2), (1, 2), (1, 3)):
        write(lake, *users)
        footer = lake.footer("raw_updates", DAY)
        fingerprints.append(footer and footer.fingerprint)

    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


@pytest.mark.parametrize("content", [None, b"", b"PAR1", b"x" * 100])
def test_a_missing_or_damaged_object_has_no_footer(lake: Lake, content: bytes | None) -> None:
    if content is not None:
        obstore.put(lake.store, KEY, content)

    assert lake.footer("raw_updates", DAY) is None


def test_a_footer_has_rows_size_and_metadata_of_any_length(lake: Lake) -> None:
    note = "x" * 200_000
    written = write(lake, 1, 2, 3, note=note)

    footer = lake.footer("raw_updates", DAY)

    assert footer
    assert (footer.rows, footer.bytes, footer.metadata["note"]) == (3, written.bytes, note)


def test_footers_are_in_the_order_of_the_days(lake: Lake) -> None:
    days = [DAY + timedelta(days=number) for number in range(20)]
    for number, day in enumerate(days[:-1]):
        write(lake, *range(number), day=day)

    rows = [footer and footer.rows for footer in lake.footers("raw_updates", days[::-1])]

    assert rows == [None, *reversed(range(19))]


@settings(max_examples=12)
@given(st.lists(ROWS, max_size=25))
def test_copied_pages_are_the_bytes_that_writing_the_rows_again_would_give(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    written(tmp_path / "original", [batch_of(rows)], table="original").close()
    written(tmp_path / "again", [batch_of(rows)], table="copy").close()

    with (
        (tmp_path / "original").open("rb") as source,
        ParquetWriter(tmp_path / "copy", SCHEMA) as writer,
    ):
        writer.close_with_pages_of(source, {"table": "copy"})

    assert has_pages_of_today(pq.read_metadata(tmp_path / "original"))
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "again").read_bytes()
