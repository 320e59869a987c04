"""Whatever happens to the queue, to Dagster and to runs: what landed ends up built."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline_tests.defs.queue_world import World

Step = Callable[[World], None]


def all_goes_well(world: World) -> None:
    turn = world.turn()
    world.run(turn)
    world.record(turn)


def dagster_dies_before_it_records(world: World) -> None:
    world.turn()


def dagster_dies_between_the_runs_and_the_cursor(world: World) -> None:
    world.run(world.turn())


def the_run_fails(world: World) -> None:
    turn = world.turn()
    world.run(turn, fails=True)
    world.record(turn)


def a_backfill_begins(world: World) -> None:
    world.is_busy = True


def a_backfill_ends(world: World) -> None:
    world.is_busy = False


BACKFILLS = [a_backfill_begins, a_backfill_ends]
TURNS = [
    all_goes_well,
    dagster_dies_before_it_records,
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
STEPS = LANDINGS | WAITS | st.sampled_from(TURNS + BACKFILLS)
HISTORIES = st.lists(STEPS, max_size=40)


def world_after(history: list[Step], seed: int) -> World:
    world = World(seed)
    for step in history:
        step(world)
    return world


@settings(max_examples=300)
@given(HISTORIES, st.integers(0, 3), st.integers())
def test_every_day_that_something_landed_on_ends_built(
    history: list[Step], failures: int, seed: int
) -> None:
    world = world_after([*history, *[the_run_fails] * failures], seed)

    world.settle()

    assert world.built == world.landed
    assert world.queue.bodies == []


@settings(max_examples=200)
@given(HISTORIES, st.integers())
def test_one_state_of_a_day_is_asked_for_once(history: list[Step], seed: int) -> None:
    world = world_after(history, seed)

    world.settle()

    assert set(world.nightly.values()) <= {0, 1}
    assert set(world.asked_late.values()) <= {1}


@settings(max_examples=200)
@given(
    st.lists(
        LANDINGS | WAITS | st.sampled_from([all_goes_well, the_run_fails, *BACKFILLS]), max_size=40
    ),
    st.integers(),
)
def test_a_message_is_lent_a_few_times_at_most(history: list[Step], seed: int) -> None:
    """A queue gives a message up after five times, however long a backfill lasts."""
    world = World(seed)
    for step in history:
        step(world)
        assert world.queue.most_receives <= 5
