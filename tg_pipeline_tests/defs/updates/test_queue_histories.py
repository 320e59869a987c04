"""Random histories of the queue, of Dagster and of runs: what landed ends up built."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline_tests.defs.sensor_scenarios import World

Step = Callable[[World], object]


def all_goes_well(world: World) -> None:
    result = world.poll()
    world.run(result)
    world.record(result)


def dagster_dies_between_the_runs_and_the_cursor(world: World) -> None:
    world.run(world.poll())


def the_run_fails(world: World) -> None:
    result = world.poll()
    world.run(result, fails=True)
    world.record(result)


BACKFILLS: list[Step] = [World.start_backfill, World.end_backfill]
POLLS: list[Step] = [
    all_goes_well,
    World.poll,
    dagster_dies_between_the_runs_and_the_cursor,
]

LANDINGS: st.SearchStrategy[Step] = st.builds(
    lambda days_ago, copies: lambda world: world.land(days_ago, copies),
    st.integers(0, 10),
    st.integers(1, 3),
)
WAITS: st.SearchStrategy[Step] = st.builds(
    lambda minutes, ticks: lambda world: world.wait(timedelta(minutes=minutes), ticks),
    st.sampled_from([1, 4, 6, 30, 300, 1500]),
    st.integers(0, 2),
)
HISTORIES = st.lists(LANDINGS | WAITS | st.sampled_from(POLLS + BACKFILLS), max_size=40)


def world_after(history: list[Step], seed: int) -> World:
    world = World(seed)
    for step in history:
        step(world)
    return world


@settings(max_examples=80)
@given(HISTORIES, st.integers(0, 3), st.integers())
def test_every_day_with_landed_objects_ends_built_unless_its_run_failed(
    history: list[Step], failures: int, seed: int
) -> None:
    world = world_after([*history, *[the_run_fails] * failures], seed)

    world.settle()

    unbuilt = {day for day in world.landed if world.built[day] != world.landed[day]}
    assert unbuilt <= world.failed
    assert world.queue.bodies == []


@settings(max_examples=80)
@given(HISTORIES, st.integers())
def test_each_state_of_a_day_is_requested_once(history: list[Step], seed: int) -> None:
    world = world_after(history, seed)

    world.settle()

    assert set(world.runs_of_state.values()) <= {1}


@settings(max_examples=80)
@given(
    st.lists(
        LANDINGS | WAITS | st.sampled_from([all_goes_well, the_run_fails, *BACKFILLS]), max_size=40
    ),
    st.integers(),
)
def test_a_message_is_received_at_most_three_times(history: list[Step], seed: int) -> None:
    """After five times, it would be a dead letter, however long a backfill lasts."""
    world = World(seed)
    for step in history:
        step(world)
        assert world.queue.most_receives <= 3
