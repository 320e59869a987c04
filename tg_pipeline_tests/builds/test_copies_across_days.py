"""An update counts once, on the earliest day on which it landed, however long ago that was."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import obstore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_ingest.landing import TrustLevel
from lambda_ingest.writer import LandingWriter
from tg_pipeline.builds.layers import (
    CONFLICTS,
    DUPLICATES,
    build_deduped_updates,
    deduped_conservation,
    read_known_ids,
)
from tg_pipeline.builds.monitoring.status import conflict_problems
from tg_pipeline.builds.staleness import day_states, outdated_days, stale_days
from tg_pipeline.lake.floors import Floors
from tg_pipeline.lake.footers import Footers
from tg_pipeline.lake.partitions import partition_key
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.update_ids import MAX_RANGES
from tg_pipeline.report.formatting import Formatter
from tg_pipeline_tests.builds.test_sample_month import ZONE
from tg_pipeline_tests.conftest import BOT, DAY, PARAMETERS, Pipeline

LAYERS = [layer.name for layer in ALL_LAYERS]
FIVE_DAYS = [DAY + timedelta(days=number) for number in range(5)]


def callback(update_id: int, data: str = "sim") -> dict[str, Any]:
    """Return an update without a time of its own: its day is that of its arrival."""
    return {"update_id": update_id, "callback_query": {"id": str(update_id), "data": data}}


def later(days: int) -> date:
    return DAY + timedelta(days=days)


def ids(pipeline: Pipeline, day: date, layer: str = "enriched_updates") -> list[int]:
    return [row["update_id"] for row in pipeline.rows(layer, day)]


def build_stale(pipeline: Pipeline, days: list[date]) -> list[date]:
    """Build what is stale until nothing is, as `tg-pipeline run` does; return what was built."""
    built = []
    while stale := stale_days(pipeline.states(*days)):
        for day in stale:
            pipeline.build(day)
        built += stale
        assert len(built) < 10 * len(days)
    return built


@pytest.mark.parametrize("days", [1, 8, 40, 1_000])
def test_an_update_that_lands_again_is_left_out_however_many_days_later(
    pipeline: Pipeline, days: int
) -> None:
    # Given an export with button presses, which land on the day on which they arrive
    pipeline.land(callback(8), callback(9))
    pipeline.build()

    # When it is landed again, with one more, and built
    pipeline.land(callback(8), callback(9), callback(10), day=later(days))
    built = pipeline.build(later(days))

    # Then only the one is counted, and all rows are accounted for
    assert (ids(pipeline, DAY), ids(pipeline, later(days))) == ([8, 9], [10])
    assert (built.deduped.raw_rows, built.deduped.duplicates, built.deduped.conflicts) == (3, 2, 0)
    assert deduped_conservation(later(days), built.deduped).holds
    assert build_stale(pipeline, [DAY, later(days)]) == []


def test_an_old_update_from_an_operator_and_from_the_network_counts_on_the_day_it_happened(
    pipeline: Pipeline,
) -> None:
    # Given a message of some weeks ago, whose date is believed if an operator lands it
    content = {"message_id": 1, "date": 1_791_378_000, "text": "oi"}
    body = json.dumps({"update_id": 5, "message": content}).encode()
    now = datetime(2026, 11, 20, 15, tzinfo=UTC)
    days = [date(2026, 10, 7), date(2026, 11, 20)]

    # When it also arrives from the network, where so old a date is not
    for trust in (TrustLevel.OPERATOR, TrustLevel.NETWORK):
        LandingWriter(pipeline.landing, BOT, ZONE, trust).write(body, now)
    build_stale(pipeline, days)

    # Then it is in the raw rows of two days, and counts once
    assert [ids(pipeline, day, "raw_updates") for day in days] == [[5], [5]]
    assert [ids(pipeline, day) for day in days] == [[5], []]


def test_two_bots_may_use_the_same_update_ids_on_different_days(pipeline: Pipeline) -> None:
    pipeline.put("7-8.json", json.dumps(callback(8)).encode(), DAY)
    pipeline.put("6-8.json", json.dumps(callback(8)).encode(), later(30))

    pipeline.build(DAY)
    pipeline.build(later(30))

    assert (ids(pipeline, DAY), ids(pipeline, later(30))) == ([8], [8])


def test_an_earlier_copy_that_lands_late_makes_the_later_day_stale(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    # Given a built day, and 40 days before it one that is built after it
    pipeline, at_once = new_pipeline(), new_pipeline()
    days = [DAY, later(40)]
    pipeline.put("7-8.json", json.dumps(callback(8)).encode(), days[1], ARRIVED)
    pipeline.put("7-1.json", json.dumps(callback(1)).encode(), days[0], ARRIVED)
    build_stale(pipeline, days)
    pipeline.put("7-8.json", json.dumps(callback(8)).encode(), days[0], ARRIVED)

    # When only the earlier day is built, then the footers alone tell that the later one is outdated
    assert stale_days(pipeline.states(*days)) == [days[0]]
    pipeline.build(days[0])
    known = read_known_ids(pipeline.lake, Floors())
    assert outdated_days(Footers(pipeline.lake), PARAMETERS, known) == [days[1]]
    assert build_stale(pipeline, days) == [days[1]]
    assert outdated_days(Footers(pipeline.lake), PARAMETERS, known) == []

    # And the bytes are those of a lake that was built at once
    for number in (1, 8):
        at_once.put(f"7-{number}.json", json.dumps(callback(number)).encode(), days[0], ARRIVED)
    at_once.put("7-8.json", json.dumps(callback(8)).encode(), days[1], ARRIVED)
    build_stale(at_once, days)
    assert digests(pipeline, days) == digests(at_once, days)


ARRIVED = datetime(2026, 10, 7, 15, tzinfo=UTC)


def digests(pipeline: Pipeline, days: list[date]) -> list[str]:
    return [pipeline.digest(layer, day) for layer in LAYERS for day in days]


LANDINGS = st.lists(
    st.tuples(
        st.integers(0, 4), st.integers(7, 8), st.integers(0, 5), st.integers(0, 2), st.booleans()
    ),
    max_size=14,
)
"""The number of a day, a bot, an update, an instalment, and whether the copy has other content."""


@pytest.mark.slow
@settings(max_examples=10)
@given(LANDINGS)
def test_copies_on_any_days_in_any_instalments_give_the_bytes_of_a_build_from_scratch(
    new_pipeline: Callable[[], Pipeline], landings: list[tuple[int, int, int, int, bool]]
) -> None:
    in_parts, at_once = new_pipeline(), new_pipeline()
    for instalment in range(3):
        for number, landing in enumerate(landings):
            if landing[3] == instalment:
                land(in_parts, number, *landing)
                land(at_once, number, *landing)
        build_stale(in_parts, FIVE_DAYS)
    days = [day for number, day in enumerate(FIVE_DAYS) if number in {each[0] for each in landings}]
    for day in days:
        at_once.build(day)

    assert digests(in_parts, days) == digests(at_once, days)
    assert kept(at_once) == first_landings(landings)


def land(pipeline: Pipeline, number: int, day: int, bot: int, update: int, *rest: Any) -> None:
    arrived = ARRIVED + timedelta(seconds=number % 3)
    body = json.dumps(callback(update, "nao" if rest[-1] else "sim")).encode()
    pipeline.put(f"{bot}-x{number:02}.json", body, FIVE_DAYS[day], arrived)


def kept(pipeline: Pipeline) -> set[tuple[date, int, int, int]]:
    """Return the day, the bot, the update and the number of each landing that is kept."""
    return {
        (day, row["bot_id"], row["update_id"], int(row["object_key"][-7:-5]))
        for day in FIVE_DAYS
        for row in pipeline.rows("deduped_updates", day)
    }


def first_landings(
    landings: list[tuple[int, int, int, int, bool]],
) -> set[tuple[date, int, int, int]]:
    taken: set[tuple[int, int]] = set()
    found = set()
    order = sorted(
        (day, number % 3, bot, number, update)
        for number, (day, bot, update, _, _) in enumerate(landings)
    )
    for day, _, bot, number, update in order:
        if (bot, update) not in taken:
            taken.add((bot, update))
            found.add((FIVE_DAYS[day], bot, update, number))
    return found


def test_once_the_raw_rows_have_expired_the_enriched_ones_tell_which_updates_were_there(
    pipeline: Pipeline,
) -> None:
    # Given two days with a copy, and one without; then the raw rows of the first day expire
    pipeline.land(callback(8))
    pipeline.land(callback(8), callback(9), day=later(20))
    days = [DAY, later(20), later(30)]
    build_stale(pipeline, days)
    floors = Floors(landing=later(1), raw=later(1))
    parameters = replace(PARAMETERS, floors=floors)
    for table in ("raw_updates", "quarantine", "deduped_updates", "listings"):
        pipeline.lose(f"{table}/context_date={DAY}")

    # Then nothing is stale, and copies are found, on a day that is built again as on a new one
    assert stale_days(pipeline.states(*days, parameters=parameters)) == []
    pipeline.land(callback(10), day=later(20))
    pipeline.land(callback(8), callback(9), callback(11), day=later(30))
    for day in days[1:]:
        pipeline.build(day, parameters=parameters)
    assert [ids(pipeline, day) for day in days] == [[8], [10, 9], [11]]
    assert stale_days(pipeline.states(*days, parameters=parameters)) == []


def test_while_an_earlier_day_is_damaged_its_enriched_rows_tell_which_updates_were_there(
    pipeline: Pipeline,
) -> None:
    # Given a day with a copy of an update of a day that is damaged
    pipeline.land(callback(8))
    pipeline.land(callback(8), callback(9), day=later(20))
    build_stale(pipeline, [DAY, later(20)])
    obstore.put(pipeline.lake.store, partition_key("raw_updates", DAY), b"PAR1 no more")
    assert not pipeline.states(later(20))[0].is_stale

    # When it is built again, and one after it, then both copies are found
    pipeline.land(callback(10), day=later(20))
    pipeline.land(callback(8), callback(11), day=later(30))
    for day in (later(20), later(30)):
        pipeline.build(day)
    assert [ids(pipeline, day) for day in (later(20), later(30))] == [[10, 9], [11]]

    # And once the damage is repaired, they are still there once
    pipeline.build(DAY, full=True)
    days = [DAY, later(20), later(30)]
    build_stale(pipeline, days)
    assert [ids(pipeline, day) for day in days] == [[8], [10, 9], [11]]


def test_damage_that_is_found_after_the_ids_were_read_does_not_stop_a_later_day(
    pipeline: Pipeline,
) -> None:
    pipeline.land(callback(8))
    pipeline.build()
    pipeline.land(callback(8), day=later(20))
    pipeline.build_raw(later(20))
    known = read_known_ids(pipeline.lake, Floors())
    pipeline.lake.mark_damaged("raw_updates", DAY)

    built = build_deduped_updates(pipeline.lake, later(20), PARAMETERS, known)

    assert built.duplicates == 1


def test_a_day_that_expired_altogether_does_not_make_its_copies_count_elsewhere(
    pipeline: Pipeline,
) -> None:
    pipeline.land(callback(8))
    pipeline.land(callback(8), callback(9), day=later(20))
    days = [DAY, later(20)]
    build_stale(pipeline, days)
    floors = Floors(landing=later(1), raw=later(1), enriched=later(1))
    for table in ("raw_updates", "quarantine", "deduped_updates", "enriched_updates", "listings"):
        pipeline.lose(f"{table}/context_date={DAY}")

    assert stale_days(pipeline.states(*days, parameters=replace(PARAMETERS, floors=floors))) == []


def test_a_day_that_is_removed_by_hand_makes_its_copies_count_again(pipeline: Pipeline) -> None:
    """An operator may delete what was landed on a wrong day."""
    pipeline.land(callback(8))
    pipeline.land(callback(8), day=later(20))
    build_stale(pipeline, [DAY, later(20)])
    for path in (pipeline.folder / "landing").rglob(f"*={DAY}/*.json"):
        path.unlink()
    for table in (*LAYERS, "listings"):
        pipeline.lose(f"{table}/context_date={DAY}")

    assert build_stale(pipeline, [DAY, later(20)]) == [later(20)]
    assert ids(pipeline, later(20)) == [8]


def test_a_bot_that_gets_every_third_update_does_not_make_days_depend_on_each_other(
    pipeline: Pipeline,
) -> None:
    # Given days of a bot whose other updates are filtered out: thousands of gaps
    per_day = 5 * MAX_RANGES
    for number in range(3):
        lines = [
            json.dumps({"update_id": 3 * (number * per_day + each)}).encode()
            for each in range(per_day)
        ]
        pipeline.land_batch("filtered", *lines, day=later(number))
        built = pipeline.build(later(number))
        assert built.deduped.duplicates == 0

    # Then days that are not next to each other are not compared, and a copy is found
    known = read_known_ids(pipeline.lake, Floors())
    assert later(0) not in known.earlier_days(later(2))
    pipeline.land({"update_id": 3}, {"update_id": 3 * 3 * per_day}, day=later(9))
    assert pipeline.build(later(9)).deduped.duplicates == 1


@pytest.mark.parametrize("days", [0, 30])
def test_a_copy_with_other_content_is_counted_as_a_conflict(pipeline: Pipeline, days: int) -> None:
    # Given two different updates under one id, as if two bots landed under the same bot id
    first, second = (json.dumps(callback(8, data)).encode() for data in ("sim", "nao"))
    pipeline.put("7-8.json", first, DAY, ARRIVED)
    pipeline.put("7-again8.json", second, later(days), ARRIVED + timedelta(days=days, seconds=1))
    pipeline.put("7-same8.json", first, later(days), ARRIVED + timedelta(days=days, seconds=2))
    pipeline.build()

    built = pipeline.build(later(days))

    assert (built.deduped.duplicates, built.deduped.conflicts) == (2, 1)
    assert built.deduped.examples == ((BOT, 8),)
    with pipeline.lake.open("deduped_updates", later(days)) as partition:
        footer = partition.metadata
    assert (footer[DUPLICATES], footer[CONFLICTS]) == ("2", "1")
    assert len(pipeline.rows("raw_updates", later(days))) == (2 if days else 3)
    states = day_states(pipeline.landing, pipeline.lake, [later(days)], PARAMETERS)
    (problem,) = conflict_problems(states, Formatter("en"))
    assert problem.message.startswith(f"1 update has on {later(days)} the id of another update")
    assert not problem.is_failure
