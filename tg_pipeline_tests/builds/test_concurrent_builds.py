"""Two builders of one day, interleaved or killed at any point, agree without a lock."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle, product
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Final, Literal

import pyarrow as pa
import pytest

from tg_pipeline.builds.raw_updates import BUILT_FROM
from tg_pipeline.lake.partitions import Lake, PartitionName, PartitionWriter
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline_tests.conftest import DAY, Pipeline

OBJECTS: Final = 3
STOPS: Final = {"quarantine": 3, "raw": 4, "listing": 5, "deduped": 6, "enriched": 8}
"""How often a build is resumed until it has opened a table's input and finished the one before."""

END: Final = 10
"""How often a build is resumed until its end."""

SURVIVORS: Final = [(), (0,), (1, 0)]
"""The builders that are not killed, in the order in which they end."""

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

    @contextmanager
    def writer(
        self, layer: str, day: PartitionName, schema: pa.Schema
    ) -> Iterator[PartitionWriter]:
        self._pause()
        with super().writer(layer, day, schema) as output:
            yield output

    def publish(self, path: Path, key: str) -> None:
        self._pause()
        super().publish(path, key)


class Builder:
    """Builds the day in a thread, from one pause to the next."""

    def __init__(self, folder: Path) -> None:
        self._pipeline = Pipeline(folder)
        self._pipeline.lake = self._lake = PausedLake(self._pipeline.lake_uri)
        self._state = "ended"

    @property
    def is_building(self) -> bool:
        return self._state == "paused"

    def resume(self) -> None:
        if self.is_building:
            self._lake.orders.put("continue")
        else:
            Thread(target=self._build, daemon=True).start()
        self._state = self._lake.states.get(timeout=60)

    def kill(self) -> None:
        if self.is_building:
            self._lake.orders.put("die")
            self._state = self._lake.states.get(timeout=60)

    def _build(self) -> None:
        try:
            with suppress(Killed):
                self._pipeline.build()
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


@pytest.mark.slow
@pytest.mark.parametrize("stop", STOPS)
def test_interleaved_and_killed_builds_leave_consistent_partitions_that_heal(
    new_pipeline: Callable[[], Pipeline], plain: list[PlainDigests], stop: str
) -> None:
    others = [*STOPS.values(), END]
    for (other, survivors), before in zip(product(others, SURVIVORS), cycle([0, 1]), strict=False):
        interleave(new_pipeline(), plain, before, (STOPS[stop], other), survivors)


def interleave(
    pipeline: Pipeline,
    plain: list[PlainDigests],
    before: int,
    stops: tuple[int, int],
    survivors: tuple[int, ...],
) -> None:
    known = {key: digest for built in plain for key, digest in built.items()}
    # Given a day with some objects that are built, if any
    for number in range(1, before + 1):
        land(pipeline, number)
        pipeline.build()

    # When two builders each start after another object landed, and stop somewhere
    builders = Builder(pipeline.folder), Builder(pipeline.folder)
    for number, builder in enumerate(builders):
        land(pipeline, before + number + 1)
        for _ in range(stops[number]):
            builder.resume()

    # And then end or are killed
    for number in survivors:
        while builders[number].is_building:
            builders[number].resume()
        # Then each partition always has the bytes of a plain build of the input that it names
        assert digests(pipeline).items() <= known.items()
    for builder in builders:
        builder.kill()
    assert digests(pipeline).items() <= known.items()

    # And one build makes the day current, with the bytes of a plain build
    pipeline.build()
    assert digests(pipeline) == plain[before + 2]
    assert not pipeline.states()[0].is_stale
