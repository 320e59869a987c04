"""A batch of lines fits in memory, and a large object is read as its lines are asked for."""

import gzip
import random
from typing import Any

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.store import put_if_absent
from tg_pipeline.lake import landing_reader as lines
from tg_pipeline.lake import landing_reader as reader
from tg_pipeline.lake.landing_reader import LANDED_LINES
from tg_pipeline_tests.lake.conftest import FOLDER, batches, put, rows


def test_a_batch_is_full_at_so_many_rows(
    landing: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BATCH_ROWS", 4)
    put(landing, **{f"{name}__json": b"{}" for name in "abcdefghi"})

    found = batches(landing)

    assert [batch.num_rows for batch in found] == [4, 4, 1]
    assert all(batch.schema.equals(LANDED_LINES) for batch in found)


def test_a_batch_is_full_at_so_many_bytes(
    landing: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BATCH_BYTES", 100)
    sizes = [60, 60, 10, 300, 10, 99, 1, 100]
    put(landing, **{f"{place}__json": b"x" * size for place, size in enumerate(sizes)})

    found = [[len(line.as_py()) for line in batch["content"]] for batch in batches(landing)]

    assert found == [[60, 60], [10, 300], [10, 99], [1, 100]]


def test_a_large_object_goes_beyond_a_full_batch_by_what_is_read_at_a_time(
    landing: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "CHUNK", 20)
    monkeypatch.setattr(reader, "BATCH_ROWS", 5)
    put(landing, a__ndjson=b"123\n" * 1_000, b__ndjson__gz=gzip.compress(b"123\n" * 1_000))

    sizes = [batch.num_rows for batch in batches(landing)]

    assert sum(sizes) == 2_000
    assert max(sizes) < 5 + 20 // 4


@pytest.mark.parametrize("fetch_bytes", [1, 7, 50, 1_000, 100_000])
def test_a_large_object_read_in_ranges_has_the_lines_of_one_read_whole(
    landing: ObjectStore, monkeypatch: pytest.MonkeyPatch, fetch_bytes: int
) -> None:
    noise = random.Random(1)  # noqa: S311
    content = b"\n".join(noise.randbytes(noise.randrange(60)).hex().encode() for _ in range(300))
    put(landing, a__ndjson=content, b__ndjson__gz=gzip.compress(content), c__json=content)
    put(landing, d__ndjson__gz=gzip.compress(content)[:-100], e__txt=content, f__json=b"{}")
    whole = rows(landing)

    monkeypatch.setattr(reader, "FETCH_BYTES", fetch_bytes)

    assert rows(landing) == whole


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz"])
def test_a_large_object_is_fetched_in_few_requests(
    landing: ObjectStore, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    noise = random.Random(1)  # noqa: S311
    content = b"\n".join(noise.randbytes(500).hex().encode() for _ in range(4_000))
    body = gzip.compress(content, 1) if name.endswith(".gz") else content
    put_if_absent(landing, f"{FOLDER}/{name}", body)
    requested: list[int] = []
    get = obstore.get

    def counted(store: ObjectStore, path: str, *, options: Any) -> "obstore.GetResult":
        found = get(store, path, options=options)
        requested.append(found.range[1] - found.range[0])
        return found

    monkeypatch.setattr(obstore, "get", counted)
    monkeypatch.setattr(reader, "FETCH_BYTES", 256 * 1024)

    assert len(rows(landing)) == 4_000
    assert sum(requested) == len(body)
    assert len(requested) <= len(body) // (256 * 1024) + 2
