"""A landing zone and a lake, on disk and in memory, and what the tests write to them."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from obstore.store import ObjectStore

from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline.lake.partitions import Lake, Partition, PartitionStats
from tg_pipeline.landing.arrivals import read_journals, with_arrivals
from tg_pipeline.landing.reader import read_objects
from tg_pipeline.landing.zone import list_objects
from tg_pipeline_tests.fakes.s3.errors import S3, serve_s3

DAY, NEXT_DAY = date(2026, 10, 7), date(2026, 10, 8)
KEY = "raw_updates/context_date=2026-10-07/part-0.parquet"
SCHEMA = pa.schema(
    [
        pa.field("user_id", pa.int64(), metadata={"description": "Who wrote."}),
        pa.field("text", pa.string(), metadata={"description": "What they wrote."}),
    ],
    metadata={"description": "What was written."},
)
FOLDER = "telegram/context_date=2026-10-07"


@pytest.fixture(params=["file", "memory"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (tmp_path / "store").as_uri() if request.param == "file" else f"memory://{tmp_path}"


@pytest.fixture
def landing(uri: str) -> ObjectStore:
    return open_store(uri)


@pytest.fixture
def lake(uri: str) -> Lake:
    return Lake(uri)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> S3:
    return partial(serve_s3, monkeypatch=monkeypatch)


def batch(*users: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([{"user_id": n, "text": f"n{n}"} for n in users], SCHEMA)


def write(lake: Lake, *users: int, day: date = DAY, **metadata: str) -> PartitionStats:
    with lake.writer("raw_updates", day, SCHEMA) as writer:
        writer.write(batch(*users))
        return writer.commit(**metadata)


def users_in(partition: Partition) -> list[int]:
    return [user for batch in partition.batches() for user in batch["user_id"].to_pylist()]


def users(lake: Lake, day: date = DAY) -> list[int]:
    with lake.open("raw_updates", day) as partition:
        return users_in(partition)


def put(landing: ObjectStore, **bodies: bytes) -> None:
    for name, body in bodies.items():
        put_if_absent(landing, f"{FOLDER}/{name.replace('__', '.').replace('_', '-')}", body)


def objects(landing: ObjectStore) -> pa.Table:
    """Return the objects of the day, with the arrival times of journals and listing."""
    return with_arrivals(list_objects(landing, DAY), read_journals(landing, DAY))


def batches(landing: ObjectStore) -> list[pa.RecordBatch]:
    return list(read_objects(landing, objects(landing), bot_id=42))


def rows(landing: ObjectStore) -> list[dict[str, Any]]:
    return [row for batch in batches(landing) for row in batch.to_pylist()]
