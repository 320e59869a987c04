"""A partition of many megabytes: put in parts, read in ranges, whole or not at all."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import obstore
import pyarrow as pa
import pytest
from obstore.store import S3Store

from lambda_ingest.store import StoreError
from tg_pipeline import aws as abandoned
from tg_pipeline.aws import abort_stale_uploads
from tg_pipeline.lake import object_io as uploads
from tg_pipeline.lake.object_io import AT_ONCE, ReplacedError
from tg_pipeline.lake.partitions import Lake, Partition, partition_key
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.fakes.proxy import FailingProxy, is_put
from tg_pipeline_tests.lake.conftest import SCHEMA
from tg_pipeline_tests.store_tiers.server import S3Server
from tg_pipeline_tests.store_tiers.tier import BUCKET
from tg_pipeline_tests.telegram_server.loopback import Loopback

ON = ("moto", "ceph")

KEY = partition_key("raw_updates", DAY)
SMALLEST_PART = 5 * 1024 * 1024
"""Bytes: S3 takes no smaller part but as the last."""

AN_HOUR = timedelta(hours=1)

ROWS = 12_000
"""Of a kilobyte each that nothing makes smaller."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PART", SMALLEST_PART)


def write(lake: Lake, seed: int) -> None:
    """Write a day that tells its seed in every row."""
    noise = Random(seed)  # noqa: S311 - no secret
    with lake.writer("raw_updates", DAY, SCHEMA) as writer:
        for _ in range(ROWS // 1_000):
            texts = [noise.randbytes(1_024).decode("latin-1") for _ in range(1_000)]
            rows = [{"user_id": seed, "text": text} for text in texts]
            writer.write(pa.RecordBatch.from_pylist(rows, SCHEMA))
        writer.commit()


def store_of(lake: Lake) -> S3Store:
    assert isinstance(lake.store, S3Store)
    return lake.store


def prefix_of(lake: Lake) -> str:
    return store_of(lake).prefix or ""


def seeds(partition: Partition) -> set[int]:
    return {seed for batch in partition.batches() for seed in batch["user_id"].to_pylist()}


def pending(server: S3Server) -> list[str]:
    """Give the keys of the uploads that were begun and not ended."""
    found = server.client().list_multipart_uploads(Bucket=BUCKET)
    return [each["Key"] for each in found.get("Uploads", [])]


def test_a_large_day_is_put_in_parts_and_comes_back_whole(lake: Lake, server: S3Server) -> None:
    write(lake, 1)

    with lake.open("raw_updates", DAY) as partition:
        assert partition.rows == ROWS
        assert partition.bytes > 2 * SMALLEST_PART
        assert seeds(partition) == {1}
    with lake.files("raw_updates", [DAY]) as (path,):
        assert path.read_bytes() == obstore.get(lake.store, KEY).bytes()
    assert "-3" in (obstore.head(lake.store, KEY)["e_tag"] or ""), "of three parts"
    assert pending(server) == []


def test_of_a_few_columns_only_those_are_fetched(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(lake, 1)
    fetched: list[int] = []
    get = obstore.get

    def counted(*asked: Any, options: Any) -> "obstore.GetResult":
        found = get(*asked, options=options)
        fetched.append(found.range[1] - found.range[0])
        return found

    monkeypatch.setattr(obstore, "get", counted)
    with lake.open("raw_updates", DAY) as partition:
        assert sum(batch.num_rows for batch in partition.project(["user_id"])) == ROWS

    assert fetched[0] == AT_ONCE
    assert sum(fetched) < 2 * AT_ONCE


def test_a_day_that_is_replaced_while_it_is_read_is_an_error_and_no_mixture(lake: Lake) -> None:
    write(lake, 1)

    with lake.open("raw_updates", DAY) as partition:
        write(lake, 2)
        with pytest.raises(ReplacedError, match="replaced while it was read: try again"):
            seeds(partition)

    with lake.open("raw_updates", DAY) as partition:
        assert seeds(partition) == {2}


def test_an_upload_that_fails_leaves_the_old_day_and_no_part(
    lake: Lake, server: S3Server, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    # Given a day, and a bucket that takes no part of another
    write(lake, 1)
    proxy = FailingProxy(server.address, Random(1), 1, iter(["ExpiredToken"] * 99), is_put)  # noqa: S311
    with Loopback(proxy.application) as site:
        monkeypatch.setenv("AWS_ENDPOINT_URL", site.url)

        # When the day is written anew
        with pytest.raises(StoreError, match="the session has expired"):
            write(Lake(uri), 2)

    # Then the old one stands, and nothing of the new one is anywhere
    assert proxy.met
    with lake.open("raw_updates", DAY) as partition:
        assert seeds(partition) == {1}
    assert pending(server) == []


def test_what_a_killed_process_had_begun_to_put_is_aborted_by_the_next_one(
    lake: Lake, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given uploads that nobody will finish, to this day and to another object
    mine, other = (f"{prefix_of(lake)}/{KEY}{end}" for end in ("", ".other"))
    for key in (mine, other):
        server.client().create_multipart_upload(Bucket=BUCKET, Key=key)
    monkeypatch.setattr(abandoned, "ABANDONED_AFTER", timedelta(hours=-1))

    # When the day is written
    write(lake, 1)

    # Then there is none to it any more, and the other object is nobody's business
    assert mine not in pending(server)
    assert other in pending(server)
    abort_stale_uploads(store_of(lake), f"{KEY}.other", begun_before=datetime.now(UTC) + AN_HOUR)
