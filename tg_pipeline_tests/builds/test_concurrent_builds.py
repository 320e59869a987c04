"""Two builders of one day, interleaved or killed at any point, agree without a lock."""

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import date
from itertools import cycle
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Final, Literal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.builds.layers import BUILT_FROM
from tg_pipeline.builds.staleness import day_states
from tg_pipeline.lake.partitions import Lake, PartitionWriter
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline_tests.conftest import DAY, Pipeline

OBJECTS: Final = 4
TURNS: Final = st.tuples(st.booleans(), st.integers(1, 8), st.booleans())
"""Whether an object lands, how often the builder is resumed, and whether it is killed then."""

PlainDigests = dict[tuple[str, str], str]
"""By layer and by the input that its footer names."""


class Killed(BaseException):
    """Raised where a process would be killed."""


class PausedLake(Lake):
    """A lake that waits for an order before each write, when its input is open, and commit."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self.orders: SimpleQueue[Literal["continue", "die"]] = SimpleQueue()
        self.states: SimpleQueue[Literal["paused", "ended"]] = SimpleQueue()

    def _pause(self) -> None:
        self.states.put("paused")
        if self.orders.get() == "die":
            raise Killed

    def writer(
        self, layer: str, day: date | None, schema: pa.Schema
    ) -> AbstractContextManager[PartitionWriter]:
        self._pause()
        return super().writer(layer, day, schema)

    def publish(self, path: Path, key: str) -> None:
        self._pause()
        super().publish(path, key)


class Builder:
    """Builds the day in a thread, from one pause to the next, and starts over at the end."""

    def __init__(self, folder: Path, *, full: bool) -> None:
        self._pipeline, self._full = Pipeline(folder), full
        self._pipeline.lake = self._lake = PausedLake(self._pipeline.lake_uri)
        self._state = "ended"

    def resume(self) -> None:
        if self._state == "paused":
            self._lake.orders.put("continue")
        else:
            Thread(target=self._build, daemon=True).start()
        self._state = self._lake.states.get(timeout=60)

    def kill(self) -> None:
        if self._state == "paused":
            self._lake.orders.put("die")
            self._state = self._lake.states.get(timeout=60)

    def _build(self) -> None:
        try:
            with suppress(Killed):
                self._pipeline.build(full=self._full)
        finally:
            self._lake.states.put("ended")


def land(pipeline: Pipeline, number: int) -> None:
    """Land an object with a new update, a repeated one, and an unreadable line."""
    updates = ({"update_id": number}, {"update_id": 0, "message": {"text": f"oi {number}"}})
    name = f"batch-{9 - number}"
    pipeline.land_batch(name, *(json.dumps(update).encode() for update in updates), b"?")
    (path,) = (pipeline.folder / "landing").rglob(f"*{name}*")
    os.utime(path, (1_790_000_000 + number, 1_790_000_000 + number))


def digests(pipeline: Pipeline) -> PlainDigests:
    built = {}
    for layer in ALL_LAYERS:
        if footer := pipeline.lake.footer(layer.name, DAY):
            built[layer.name, footer.metadata[BUILT_FROM]] = pipeline.digest(layer.name)
    return built


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[PlainDigests]:
    """Return what a single build writes, by the number of landed objects."""
    pipeline, built = Pipeline(tmp_path_factory.mktemp("plain")), []
    for number in range(OBJECTS + 1):
        if number:
            land(pipeline, number)
        pipeline.build(full=True)
        built.append(digests(pipeline))
    return built


@settings(max_examples=40)
@given(turns=st.lists(TURNS, min_size=2, max_size=6), full=st.booleans())
def test_interleaved_and_killed_builds_leave_consistent_partitions_that_heal(
    new_pipeline: Callable[[], Pipeline],
    plain: list[PlainDigests],
    turns: list[tuple[bool, int, bool]],
    full: bool,  # noqa: FBT001 - drawn
) -> None:
    # Given two builders of a day on which objects continue to land
    pipeline, landed = new_pipeline(), 0
    builders = [Builder(pipeline.folder, full=each) for each in (False, full)]
    known = {key: digest for built in plain for key, digest in built.items()}

    # When they take turns, and are killed at times
    for builder, (lands, pauses, is_killed) in zip(cycle(builders), turns, strict=False):
        if lands and landed < OBJECTS:
            landed += 1
            land(pipeline, landed)
        for _ in range(pauses):
            builder.resume()
        if is_killed:
            builder.kill()
        # Then each partition always has the bytes of a plain build of the input that it names
        assert digests(pipeline).items() <= known.items()
    for builder in builders:
        builder.kill()

    # And one build makes the day current, with the bytes of a plain build
    pipeline.build()
    assert digests(pipeline) == plain[landed]
    assert not day_states(pipeline.landing, pipeline.lake, [DAY])[0].is_stale
