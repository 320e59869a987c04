"""DuckDB reads a bucket in ranges, each object in the version that was listed."""

from collections.abc import Iterator
from pathlib import Path

import obstore
import pyarrow as pa
import pytest

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.filesystem import LakeFiles
from tg_pipeline.query.session import QueryError, open_session
from tg_pipeline.storage.object_io import ReplacedError
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.fakes.aws import client_of, moto_server, moto_settings
from tg_pipeline_tests.query.conftest import DAILY, UNDATED, ZONE, answer, write

KEY = f"daily/context_date={DAY}/part-0.parquet"
PATTERN = "lake://daily/context_date=*/part-0.parquet"
MANY = 50_000
"""Rows whose texts are more than DuckDB reads of a file at once."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        client_of(address, "s3").create_bucket(Bucket="lake")
        yield address


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lake:
    for name, value in moto_settings(endpoint).items():
        monkeypatch.setenv(name, value)
    return Lake(f"s3://lake/{tmp_path.name}")


@pytest.fixture
def files(bucket: Lake) -> LakeFiles:
    return LakeFiles(bucket.store)


def test_tables_in_a_bucket_can_be_queried(bucket: Lake) -> None:
    write(bucket, *range(MANY))
    write(bucket, 7, day=None)

    with open_session(bucket, ZONE, [DAILY, UNDATED]) as session:
        assert answer(session, "SELECT count(*), sum(user_id), min(context_date) FROM daily") == [
            (MANY, MANY * (MANY - 1) // 2, DAY)
        ]
        assert answer(session, "SELECT user_id FROM daily JOIN undated USING (user_id)") == [(7,)]


def test_only_the_objects_of_days_match_the_pattern(bucket: Lake, files: LakeFiles) -> None:
    others = ["daily/part-0.parquet", f"daily/x/{KEY}", f"daily2/{KEY}", KEY + ".old"]
    for key in [KEY, KEY.replace("07", "06"), *others]:
        obstore.put(bucket.store, key, b"")

    assert files.glob(PATTERN) == [KEY.replace("07", "06"), KEY]
    assert files.glob(KEY) == [KEY]
    assert files.glob("lake://nothing/context_date=*/part-0.parquet") == []


def test_an_object_replaced_after_it_was_listed_is_an_error(bucket: Lake, files: LakeFiles) -> None:
    obstore.put(bucket.store, KEY, b"the old day")
    (found,) = files.glob(PATTERN)
    obstore.put(bucket.store, KEY, b"the new day")

    with (
        files.open(found) as file,
        pytest.raises(ReplacedError, match="replaced while it was being read"),
    ):
        file.read()

    files.glob(PATTERN)
    assert files.open(KEY).read() == b"the new day"


def test_the_lake_is_read_only(bucket: Lake) -> None:
    with open_session(bucket, ZONE, []) as session, pytest.raises(QueryError, match="read-only"):
        answer(session, "COPY (SELECT 1) TO 'lake://daily/part-0.parquet'")

    assert list(obstore.list(bucket.store)) == []


def test_a_confined_session_reads_the_tables_of_a_bucket_only(bucket: Lake) -> None:
    write(bucket, 7)
    obstore.put(bucket.store, "report/names.csv", b"word\nxyzzy\n")

    with open_session(bucket, ZONE, [DAILY], confined=True) as session:
        assert answer(session, "SELECT user_id FROM daily") == [(7,)]
        with pytest.raises(QueryError, match="not part of a table"):
            answer(session, "FROM read_text('lake://report/names.csv')")


def test_a_text_longer_than_a_range_can_be_read(bucket: Lake) -> None:
    text = "á" * 3_000_000
    with bucket.writer("daily", DAY, DAILY.schema) as writer:
        writer.write(pa.RecordBatch.from_pylist([{"user_id": 1, "text": text}], DAILY.schema))
        writer.commit()

    with open_session(bucket, ZONE, [DAILY]) as session:
        assert answer(session, "SELECT text FROM daily") == [(text,)]
