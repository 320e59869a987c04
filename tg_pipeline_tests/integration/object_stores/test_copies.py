"""A copy of a landing zone builds the same bytes in every table, whatever times the copies have."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import obstore
import pytest
from obstore.store import ObjectStore, S3Store

from lambda_ingest.landing import TrustLevel
from lambda_ingest.writer import LandingWriter
from tg_pipeline.builds.staleness import stale_days
from tg_pipeline.landing.writer import Delivery, land_batches
from tg_pipeline.landing.zone import list_days
from tg_pipeline_tests.builds.marts.mart_days import ZONE
from tg_pipeline_tests.conftest import BOT, Pipeline
from tg_pipeline_tests.integration.object_stores.end_to_end import (
    build,
    contents,
    land,
    sample_deliveries,
)
from tg_pipeline_tests.integration.object_stores.tier import BUCKET, S3Server


def land_everything(pipeline: Pipeline) -> None:
    """Land some days: objects of their own, batches, duplicates, and what can't be read."""
    land(pipeline.landing)
    arrived = sample_deliveries()[0].arrived_at
    callbacks = [
        Delivery(b'{"update_id": %d, "callback_query": {"id": "1"}}' % number, at, "batch")
        for number in range(9_000_000, 9_000_004)
        for at in (arrived + timedelta(hours=number % 4, seconds=1),)
    ]
    writer = LandingWriter(pipeline.landing, BOT, ZoneInfo(ZONE), TrustLevel.NETWORK)
    list(land_batches(writer, callbacks, 3))
    pipeline.put("unreadable.json", b"{", arrived_at=arrived)


def built(pipeline: Pipeline) -> dict[str, bytes]:
    build(pipeline)
    return contents(pipeline.lake.store)


@pytest.mark.slow
@pytest.mark.tiers("file")
def test_cp_r_and_a_restore_with_other_times(
    new_pipeline: Callable[[], Pipeline], tmp_path: Path
) -> None:
    # Given some days that landed and were built
    original, copied = new_pipeline(), new_pipeline()
    land_everything(original)
    expected = built(original)

    # When they are copied without the times of the files, to another place and back
    copy = ["cp", "-r", "--no-preserve=all"]
    subprocess.run([*copy, folder_of(original), tmp_path / "backup"], check=True)
    subprocess.run([*copy, f"{tmp_path / 'backup'}/.", folder_of(copied)], check=True)
    subprocess.run([*copy, f"{tmp_path / 'backup'}/.", folder_of(original)], check=True)

    # Then a new lake has the same bytes
    assert built(copied) == expected

    # And the old one as well, in which the days are stale once
    days = list_days(original.landing)
    assert stale_days(original.states(*days)) == days
    assert built(original) == expected
    assert stale_days(original.states(*days)) == []


@pytest.mark.slow
@pytest.mark.tiers("moto", "ceph")
def test_a_sync_between_buckets_and_from_a_disk_to_a_bucket(
    new_pipeline: Callable[[], Pipeline], server: S3Server, tmp_path: Path
) -> None:
    # Given the same days, landed on a disk and in a bucket
    on_disk, in_bucket = Pipeline(tmp_path / "disk"), new_pipeline()
    for pipeline in (on_disk, in_bucket):
        land_everything(pipeline)

    # When both are copied to other buckets
    uploaded, synced = new_pipeline(), new_pipeline()
    upload(on_disk.landing, uploaded.landing)
    copy_objects(server, in_bucket.landing, synced.landing)

    # Then all have the same bytes
    expected = built(on_disk)
    for pipeline in (in_bucket, uploaded, synced):
        assert built(pipeline) == expected


def folder_of(pipeline: Pipeline) -> str:
    return pipeline.landing_uri.removeprefix("file://")


def upload(source: ObjectStore, target: ObjectStore) -> None:
    for meta in obstore.list(source).collect():
        obstore.put(target, meta["path"], obstore.get(source, meta["path"]).bytes())


def copy_objects(server: S3Server, source: ObjectStore, target: ObjectStore) -> None:
    """Copy each object within the server, as `aws s3 sync` does between buckets."""
    assert isinstance(source, S3Store)
    assert isinstance(target, S3Store)
    for meta in obstore.list(source).collect():
        server.client().copy_object(
            Bucket=BUCKET,
            Key=f"{target.prefix}/{meta['path']}",
            CopySource={"Bucket": BUCKET, "Key": f"{source.prefix}/{meta['path']}"},
        )
