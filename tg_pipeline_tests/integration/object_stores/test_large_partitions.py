"""A partition of many megabytes: uploaded in parts, read in ranges, replaced as a whole."""

from datetime import timedelta
from itertools import repeat
from random import Random
from typing import Any

import obstore
import pyarrow as pa
import pytest
from obstore.store import S3Store

from lambda_ingest.store import StoreError
from tg_pipeline import aws
from tg_pipeline.lake.partitions import Lake, Partition, partition_key
from tg_pipeline.storage import object_io
from tg_pipeline.storage.object_io import TAIL_BYTES, ReplacedError
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.fakes.loopback import Loopback
from tg_pipeline_tests.fakes.s3.failing_proxy import FailingProxy, is_put
from tg_pipeline_tests.integration.object_stores.tier import BUCKET, S3Server
from tg_pipeline_tests.stores import SCHEMA

pytestmark = pytest.mark.tiers("moto", "ceph")

KEY = partition_key("raw_updates", DAY)
SMALLEST_PART = 5 * 1024 * 1024
"""Bytes: only the last part may be smaller."""


ROWS = 12_000
"""Of a kilobyte each, which can't be compressed."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_io, "PART_BYTES", SMALLEST_PART)


def write(lake: Lake, seed: int) -> None:
    noise = Random(seed)  # noqa: S311 - no secret
    with lake.writer("raw_updates", DAY, SCHEMA) as writer:
        for _ in range(ROWS // 1_000):
            texts = [noise.randbytes(1_024).decode("latin-1") for _ in range(1_000)]
            rows = [{"user_id": seed, "text": text} for text in texts]
            writer.write(pa.RecordBatch.from_pylist(rows, SCHEMA))
        writer.commit()


def seeds(partition: Partition) -> set[int]:
    return {seed for batch in partition.batches() for seed in batch["user_id"].to_pylist()}


def pending(server: S3Server) -> list[str]:
    found = server.client().list_multipart_uploads(Bucket=BUCKET)
    return [each["Key"] for each in found.get("Uploads", [])]


def test_a_large_day_is_uploaded_in_parts_and_read_completely(lake: Lake, server: S3Server) -> None:
    write(lake, 1)

    with lake.open("raw_updates", DAY) as partition:
        assert partition.rows == ROWS
        assert partition.bytes > 2 * SMALLEST_PART
        assert seeds(partition) == {1}
    with lake.files("raw_updates", [DAY]) as (path,):
        assert path.read_bytes() == obstore.get(lake.store, KEY).bytes()
    assert "-3" in (obstore.head(lake.store, KEY)["e_tag"] or ""), "three parts"
    assert pending(server) == []


def test_only_the_columns_that_are_read_are_fetched(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(lake, 1)
    fetched: list[int] = []
    get = obstore.get

    def counted(*args: Any, options: Any) -> "obstore.GetResult":
        found = get(*args, options=options)
        fetched.append(found.range[1] - found.range[0])
        return found

    monkeypatch.setattr(obstore, "get", counted)
    with lake.open("raw_updates", DAY) as partition:
        assert sum(batch.num_rows for batch in partition.project(["user_id"])) == ROWS

    assert fetched[0] == TAIL_BYTES
    assert sum(fetched) < 2 * TAIL_BYTES


def test_reading_a_day_that_was_replaced_is_an_error(lake: Lake) -> None:
    write(lake, 1)

    with lake.open("raw_updates", DAY) as partition:
        write(lake, 2)
        with pytest.raises(ReplacedError, match="replaced while it was being read: try again"):
            seeds(partition)

    with lake.open("raw_updates", DAY) as partition:
        assert seeds(partition) == {2}


def test_a_failed_upload_leaves_the_old_day_and_no_part(
    lake: Lake, server: S3Server, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    write(lake, 1)
    proxy = FailingProxy(server.address, Random(1), 1, repeat("ExpiredToken"), is_put)  # noqa: S311
    with Loopback(proxy.application) as site:
        monkeypatch.setenv("AWS_ENDPOINT_URL", site.url)
        with pytest.raises(StoreError, match="the session has expired"):
            write(Lake(uri), 2)

    assert proxy.met
    with lake.open("raw_updates", DAY) as partition:
        assert seeds(partition) == {1}
    assert pending(server) == []


def test_the_unfinished_upload_of_a_killed_process_is_aborted_by_the_next(
    lake: Lake, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given unfinished uploads of a day, of another table, and of what others keep in the bucket
    assert isinstance(lake.store, S3Store)
    prefix, client = lake.store.prefix, server.client()
    mine = [f"{prefix}/{KEY}", f"{prefix}/retention/part-0.parquet"]
    others = [f"{prefix}/backup.tar", f"{prefix}-2/{KEY}", f"{prefix}/backup/2026/part-0.parquet"]
    uploads = {
        key: client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        for key in (*mine, *others)
    }
    monkeypatch.setattr(aws, "MAX_UPLOAD_AGE", timedelta(hours=-1))

    write(lake, 1)

    left = set(pending(server))
    for key in others:
        client.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=uploads[key])
    assert left.intersection(uploads) == set(others)
