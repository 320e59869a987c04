"""The lake in a bucket is read range by range, each object as it was when it was found."""

from collections.abc import Iterator
from pathlib import Path

import obstore
import pyarrow as pa
import pytest

from tg_pipeline.lake.partitions import Lake
from tg_pipeline.query.filesystem import LakeFiles
from tg_pipeline.query.session import QueryError, open_session
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.fakes.aws import REGION, client_of, moto_server
from tg_pipeline_tests.query.conftest import SAID, TOLD, ZONE, answer, write

KEY = f"said/context_date={DAY}/part-0.parquet"
PATTERN = "lake://said/context_date=*/part-0.parquet"
MANY = 50_000
"""Texts of so many rows are more than what DuckDB reads of a file at once."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        client_of(address, "s3").create_bucket(Bucket="lake")
        yield address


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lake:
    """Give a lake of the test's own in a bucket."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "anyone",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
    }.items():
        monkeypatch.setenv(name, value)
    return Lake(f"s3://lake/{tmp_path.name}")


@pytest.fixture
def files(bucket: Lake) -> LakeFiles:
    return LakeFiles(bucket.store)


def test_a_question_is_answered_from_a_bucket(bucket: Lake) -> None:
    write(bucket, *range(MANY))
    write(bucket, 7, day=None)

    with open_session(bucket, ZONE, [SAID, TOLD]) as session:
        assert answer(session, "SELECT count(*), sum(user_id), min(context_date) FROM said") == [
            (MANY, MANY * (MANY - 1) // 2, DAY)
        ]
        assert answer(session, "SELECT user_id FROM said JOIN told USING (user_id)") == [(7,)]


def test_a_part_of_an_object_is_fetched_as_a_part(bucket: Lake, files: LakeFiles) -> None:
    obstore.put(bucket.store, KEY, b"0123456789")

    with files.open(KEY) as file:
        file.seek(3)
        assert file.read(4) == b"3456"
        assert file.read() == b"789"


def test_objects_are_found_by_their_days_and_nothing_beside_them(
    bucket: Lake, files: LakeFiles
) -> None:
    beside = ["said/part-0.parquet", f"said/x/{KEY}", f"said2/{KEY}", KEY + ".old"]
    for key in [KEY, KEY.replace("07", "06"), *beside]:
        obstore.put(bucket.store, key, b"")

    assert files.glob(PATTERN) == [KEY.replace("07", "06"), KEY]
    assert files.glob(KEY) == [KEY]
    assert files.glob("lake://nothing/context_date=*/part-0.parquet") == []


def test_an_object_that_is_replaced_while_it_is_read_is_an_error_and_no_mixture(
    bucket: Lake, files: LakeFiles
) -> None:
    obstore.put(bucket.store, KEY, b"the old day")
    (found,) = files.glob(PATTERN)
    obstore.put(bucket.store, KEY, b"the new day")

    with files.open(found) as file, pytest.raises(OSError, match="replaced while it was read"):
        file.read()

    files.glob(PATTERN)
    assert files.open(KEY).read() == b"the new day"


def test_nothing_is_written_through_it(bucket: Lake) -> None:
    with open_session(bucket, ZONE, []) as session, pytest.raises(QueryError, match="reading only"):
        answer(session, "COPY (SELECT 1) TO 'lake://said/part-0.parquet'")

    assert list(obstore.list(bucket.store)) == []


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_one_line_that_says_so() -> None:
    missing = Lake("s3://nowhere")

    with pytest.raises(QueryError) as caught, open_session(missing, ZONE, [SAID]):
        pass

    said = "s3://nowhere: there is no such bucket: check its name, and AWS_ENDPOINT_URL."
    assert str(caught.value) == said


def test_a_text_that_is_longer_than_a_range_comes_through(bucket: Lake) -> None:
    text = "á" * 3_000_000
    with bucket.writer("said", DAY, SAID.schema) as writer:
        writer.write(pa.RecordBatch.from_pylist([{"user_id": 1, "text": text}], SAID.schema))
        writer.commit()

    with open_session(bucket, ZONE, [SAID]) as session:
        assert answer(session, "SELECT text FROM said") == [(text,)]
