"""Shards: they are there until they were read, or until a later job finds them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from lambda_ingest.store import StoreError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.parallel.shards import MAX_AGE, read_shard, shards_folder, write_shard
from tg_pipeline_tests.fakes.aws import client_of, moto_server, moto_settings

ROWS = pa.record_batch({"number": [1, 2, 3]})


def put(lake: Lake, key: str) -> str:
    with write_shard(lake, key, ROWS.schema) as write:
        write(ROWS)
        write(ROWS)
    return key


def test_a_shard_has_the_batches_that_were_written_and_is_read_once(tmp_path: Path) -> None:
    lake = Lake((tmp_path / "lake").as_uri())

    with shards_folder(lake, datetime.now(UTC)) as folder:
        key = put(lake, f"{folder}/1")
        assert list(read_shard(lake, key)) == [ROWS, ROWS]
        with pytest.raises(StoreError, match="is gone"):
            list(read_shard(lake, key))

    assert not list((tmp_path / "lake").iterdir())


def test_what_a_killed_job_left_in_a_bucket_is_removed_by_a_later_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with moto_server() as address:
        for name, value in moto_settings(address).items():
            monkeypatch.setenv(name, value)
        s3 = client_of(address, "s3")
        s3.create_bucket(Bucket="lake")
        lake, now = Lake("s3://lake"), datetime.now(UTC)

        # Given a shard of a job that was killed, and one of a job that runs
        put(lake, "spark-shards/killed/1")
        with shards_folder(lake, now + MAX_AGE - timedelta(hours=1)) as running:
            put(lake, f"{running}/1")
            assert len(s3.list_objects_v2(Bucket="lake")["Contents"]) == 2

            # When a job starts a day later, then only the shards of that day are left
            put(lake, f"{running}/2")
        with shards_folder(lake, now + MAX_AGE + timedelta(hours=1)):
            assert "Contents" not in s3.list_objects_v2(Bucket="lake")
