"""A floor of retention only rises, in every order of writers, and other objects are no floors."""

from datetime import date
from itertools import permutations

import obstore
import pytest
from obstore.store import ObjectStore

from tg_pipeline.lake.floors import FLOORS_PREFIX, Floors, TableGroup, raise_floors, read_floors

FIRST, SECOND, THIRD = (date(2026, 10, day) for day in (1, 2, 3))


def test_a_new_landing_zone_keeps_all_days(landing: ObjectStore) -> None:
    floors = read_floors(landing)

    assert floors == Floors()
    assert all(floors.keeps(group, date.min) for group in TableGroup)


@pytest.mark.parametrize("order", list(permutations([FIRST, SECOND, THIRD])))
def test_a_floor_is_never_lowered(landing: ObjectStore, order: tuple[date, ...]) -> None:
    for day in order:
        raise_floors(landing, Floors(raw=day, marts=FIRST))

    assert read_floors(landing) == Floors(raw=THIRD, marts=FIRST)


def test_the_day_of_the_floor_is_kept(landing: ObjectStore) -> None:
    floors = raise_floors(landing, Floors(enriched=SECOND))

    kept = [floors.keeps(TableGroup.ENRICHED, day) for day in (FIRST, SECOND, THIRD)]
    assert kept == [False, True, True]
    assert floors.keeps(TableGroup.RAW, FIRST)


def test_years_of_floors_leave_a_few_objects(landing: ObjectStore) -> None:
    for ordinal in range(50):
        raise_floors(landing, Floors(raw=date.fromordinal(FIRST.toordinal() + ordinal)))

    assert len(list(obstore.list(landing, FLOORS_PREFIX).collect())) <= 2


def test_objects_of_other_names_are_no_floors(landing: ObjectStore) -> None:
    for name in ("raw-2026-13-40.json", "users-2026-10-01.json", "raw-2026-10-01.txt"):
        obstore.put(landing, f"{FLOORS_PREFIX}/{name}", b"{}")

    assert read_floors(landing) == Floors()
