"""A writer that is killed at any file-system call, or whose machine loses its power."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tg_pipeline_tests.chaos.crash_points.operations import NEW, OLD, OPERATIONS
from tg_pipeline_tests.chaos.crash_points.system_calls import (
    CrashLab,
    DurableDisk,
    SystemCall,
    can_trace,
)
from tg_pipeline_tests.chaos.processes import ProcessPool

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashLab]:
    if not can_trace():
        pytest.skip("strace is not installed, or may not trace: apt-get install strace")
    folder = tmp_path_factory.mktemp("lab")
    with ProcessPool(os.environ, folder / "outputs") as pool:
        yield CrashLab(pool, folder)


def without_repeated_writes(calls: list[SystemCall]) -> Iterator[SystemCall]:
    """Yield the calls before which a kill leaves another state."""
    last = None
    for call in calls:
        if call.changes_something and (call.name != "write" or call.paths != last):
            yield call
        last = call.paths


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_write_that_is_killed_at_any_call_is_old_or_new_and_is_completed_by_the_next(
    lab: CrashLab, tmp_path: Path, name: str
) -> None:
    operation, model = OPERATIONS[name], tmp_path / "model"
    operation.prepare(model)
    calls = list(without_repeated_writes(lab.trace(name, model)))

    for number, call in enumerate(calls):
        place = tmp_path / str(number)
        operation.prepare(place)
        was_killed = lab.kill_at(call, name, place)

        state = operation.state(place)
        assert was_killed, f"{call} was not reached"
        assert state in {OLD, NEW}, f"{state} when killed at {call}"
        if call.is_acknowledgement:
            assert state == NEW
        if state == OLD:
            operation.act(place)
        assert operation.state(place) == NEW, f"not completed after a kill at {call}"


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_write_is_durable_when_it_reports_success_and_never_half(
    lab: CrashLab, tmp_path: Path, name: str
) -> None:
    operation = OPERATIONS[name]
    operation.prepare(tmp_path)
    calls = lab.trace(name, tmp_path)
    disk = DurableDisk()

    disk.replay(calls, re.compile(operation.objects))

    lost = [
        each for path in operation.acknowledged(tmp_path) for each in disk.lost_at_once(str(path))
    ]
    assert operation.acknowledged(tmp_path)
    assert disk.problems == []
    assert lost == []
