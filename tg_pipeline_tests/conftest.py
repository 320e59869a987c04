"""Fixtures of all tests: a landing zone and a lake per test, and no settings from outside."""

import gc
import gzip
import hashlib
import json
import os
import signal
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import obstore
import pytest
from hypothesis import HealthCheck, Phase, settings

from lambda_ingest.landing import day_prefix
from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline.builds.layers import (
    DedupedBuildResult,
    EnrichedBuildResult,
    build_deduped_updates,
    build_enriched_updates,
)
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import LandingSource, RawBuildResult, build_raw_updates
from tg_pipeline.builds.staleness import DayState, day_states
from tg_pipeline.lake.partitions import Lake, partition_key

settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.register_profile(
    "mutants",
    settings.get_profile("house"),
    max_examples=20,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("house")

DAY = date(2026, 10, 7)
BOT = 7
TIMEZONE = "America/Sao_Paulo"
PARAMETERS = LayerParameters(TIMEZONE)


def pytest_configure() -> None:
    """Restore SIGINT, which is ignored in a script's background job and in its child processes.

    Dagster handles SIGTERM only if SIGINT is not ignored. Definitions read their settings when they
    are imported: they group questions as marts that a test builds by itself, whatever is installed.
    """
    os.environ["TG_MEANINGS"] = "no"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the collector from looking through what the collection creates: it stays to the end.

    What tests create is looked through as usual.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@dataclass(frozen=True)
class BuiltDay:
    """The results of building the three layers of a day."""

    raw: RawBuildResult
    deduped: DedupedBuildResult
    enriched: EnrichedBuildResult


class Pipeline:
    """A landing zone and a lake, with short ways to land, build and read."""

    def __init__(self, folder: Path, place: str | None = None) -> None:
        """Open both below the URI `place`; the default is `folder`."""
        self.folder = folder
        self.landing_uri = f"{place or folder.as_uri()}/landing"
        self.lake_uri = f"{place or folder.as_uri()}/lake"
        self.landing = open_store(self.landing_uri)
        self.lake = Lake(self.lake_uri)

    def put(
        self, name: str, body: bytes, day: date = DAY, arrived_at: datetime | None = None
    ) -> None:
        """Land an object under a name; fail if it is there already."""
        assert put_if_absent(self.landing, f"{day_prefix(day)}/{name}", body, arrived_at)

    def rewrite(self, name: str, body: bytes, day: date = DAY) -> None:
        """Replace a landed object."""
        obstore.put(self.landing, f"{day_prefix(day)}/{name}", body)

    def land(self, *updates: dict[str, Any], day: date = DAY) -> None:
        """Land updates as ingestion does, one object each."""
        for update in updates:
            self.put(f"{BOT}-{update['update_id']}.json", json.dumps(update).encode(), day)

    def land_batch(
        self, name: str, *bodies: bytes, day: date = DAY, arrived_at: datetime | None = None
    ) -> None:
        """Land several bodies as one .ndjson.gz object."""
        content = gzip.compress(b"\n".join(bodies), mtime=0)
        self.put(f"{BOT}-{name}.ndjson.gz", content, day, arrived_at)

    def build(
        self,
        day: date = DAY,
        *,
        parameters: LayerParameters = PARAMETERS,
        full: bool = False,
    ) -> BuiltDay:
        """Build all layers of a day."""
        return BuiltDay(
            self.build_raw(day, parameters, full=full),
            build_deduped_updates(self.lake, day, parameters),
            build_enriched_updates(self.lake, day, parameters),
        )

    def build_raw(
        self, day: date = DAY, parameters: LayerParameters = PARAMETERS, *, full: bool = False
    ) -> RawBuildResult:
        """Build only raw_updates and quarantine of a day."""
        source = LandingSource(self.landing, bot_id=0)
        return build_raw_updates(source, self.lake, day, parameters, full=full)

    def states(self, *days: date, parameters: LayerParameters = PARAMETERS) -> list[DayState]:
        """Return the states of days, by default of DAY."""
        return day_states(self.landing, self.lake, days or [DAY], parameters)

    def rows(self, layer: str, day: date = DAY) -> list[dict[str, Any]]:
        """Return the rows of a layer's day."""
        with self.lake.open(layer, day) as partition:
            return [row for batch in partition.batches() for row in batch.to_pylist()]

    def digest(self, layer: str, day: date = DAY) -> str:
        """Return the SHA-256 of a layer's day."""
        body = obstore.get(self.lake.store, partition_key(layer, day)).bytes()
        return hashlib.sha256(body).hexdigest()

    def lose(self, prefix: str = "") -> None:
        """Delete the objects of the lake below a prefix."""
        obstore.delete(self.lake.store, [each["path"] for each in self.objects(prefix)])

    def objects(self, prefix: str = "") -> "list[obstore.ObjectMeta]":
        """List the objects of the lake below a prefix."""
        return list(obstore.list(self.lake.store, prefix).collect())

    def age_landing(self) -> None:
        """Set the same modification time on all landed objects, so that only names order them."""
        for path in (self.folder / "landing").rglob("*"):
            os.utime(path, (1_790_000_000, 1_790_000_000))


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path)


@pytest.fixture
def new_pipeline(tmp_path: Path) -> Callable[[], Pipeline]:
    """Return a factory of pipelines that share nothing."""
    folders = (tmp_path / str(number) for number in count())
    return lambda: Pipeline(next(folders))


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the user's own settings from the environment of a test."""
    for name in list(os.environ):
        if name.startswith(("TG_", "TELEGRAM_", "AWS_")) and name != "TG_SCREENSHOTS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("TG_MEANINGS", "no")
