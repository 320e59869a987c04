"""A landing zone and a lake on the disk, of a test's own."""

import gzip
import hashlib
import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import obstore
import pytest
from hypothesis import HealthCheck, settings

from lambda_ingest.landing import day_prefix
from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline.builds.layers import (
    DedupedBuildResult,
    EnrichedBuildResult,
    RawBuildResult,
    build_deduped_updates,
    build_enriched_updates,
    build_raw_updates,
)
from tg_pipeline.lake.partitions import Lake, partition_key

settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("house")

DAY = date(2026, 10, 7)
BOT = 7


def pytest_configure() -> None:
    """Hear SIGINT, here and in what is started here; a script in the background does not.

    Dagster gives SIGTERM the same ear, or the same deafness.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class BuiltDay:
    """What the three builds of a day said."""

    raw: RawBuildResult
    deduped: DedupedBuildResult
    enriched: EnrichedBuildResult


class Pipeline:
    """A landing zone and a lake, and what a test does with them."""

    def __init__(self, folder: Path, place: str | None = None) -> None:
        """Keep both below `place`, by default in a folder on the disk."""
        self.folder = folder
        self.landing_uri = f"{place or folder.as_uri()}/landing"
        self.lake_uri = f"{place or folder.as_uri()}/lake"
        self.landing = open_store(self.landing_uri)
        self.lake = Lake(self.lake_uri)

    def put(self, name: str, body: bytes, day: date = DAY) -> None:
        """Land an object under a name of the test's choice."""
        assert put_if_absent(self.landing, f"{day_prefix(day)}/{name}", body)

    def rewrite(self, name: str, body: bytes, day: date = DAY) -> None:
        """Put other bytes under a name that has landed."""
        obstore.put(self.landing, f"{day_prefix(day)}/{name}", body)

    def land(self, *updates: dict[str, Any], day: date = DAY) -> None:
        """Land updates as a door does, one object each."""
        for update in updates:
            self.put(f"{BOT}-{update['update_id']}.json", json.dumps(update).encode(), day)

    def land_batch(self, name: str, *bodies: bytes, day: date = DAY) -> None:
        """Land bodies as one .ndjson.gz object."""
        self.put(f"{BOT}-{name}.ndjson.gz", gzip.compress(b"\n".join(bodies), mtime=0), day)

    def build(self, day: date = DAY, *, full: bool = False) -> BuiltDay:
        """Build all layers of a day."""
        return BuiltDay(
            build_raw_updates(self.landing, self.lake, day, bot_id=0, full=full),
            build_deduped_updates(self.lake, day),
            build_enriched_updates(self.lake, day),
        )

    def rows(self, layer: str, day: date = DAY) -> list[dict[str, Any]]:
        """Give the rows of a layer's day."""
        with self.lake.open(layer, day) as partition:
            return [row for batch in partition.batches() for row in batch.to_pylist()]

    def digest(self, layer: str, day: date = DAY) -> str:
        """Give the digest of a layer's day, byte for byte."""
        body = obstore.get(self.lake.store, partition_key(layer, day)).bytes()
        return hashlib.sha256(body).hexdigest()

    def lose(self, prefix: str = "") -> None:
        """Delete what is in the lake below a prefix."""
        obstore.delete(self.lake.store, [each["path"] for each in self.objects(prefix)])

    def objects(self, prefix: str = "") -> "list[obstore.ObjectMeta]":
        """Give what is in the lake below a prefix."""
        return list(obstore.list(self.lake.store, prefix).collect())

    def age_landing(self) -> None:
        """Make all that landed as old as each other, so that only names order it."""
        for path in (self.folder / "landing").rglob("*"):
            os.utime(path, (1_790_000_000, 1_790_000_000))


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path)


@pytest.fixture
def new_pipeline(tmp_path: Path) -> Callable[[], Pipeline]:
    """Give a maker of pipelines that share nothing."""
    folders = (tmp_path / str(number) for number in count())
    return lambda: Pipeline(next(folders))


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith(("TG_", "TELEGRAM_", "AWS_")) and name != "TG_SCREENSHOTS":
            monkeypatch.delenv(name)
