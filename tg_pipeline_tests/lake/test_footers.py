"""The footers of many days come from the index of their table, which is read once."""

from datetime import date, timedelta

import obstore
import pytest

from tg_pipeline.lake.footers import FEW, Footers
from tg_pipeline.lake.landing_state import PREFIX as LISTED
from tg_pipeline.lake.landing_state import (
    READ_OBJECTS,
    ReadListing,
    read_listing,
    state_key,
    write_state,
)
from tg_pipeline.lake.partitions import DamagedPartitionError, Lake, partition_key
from tg_pipeline_tests.lake.test_footer_index import TABLE, WatchedLake
from tg_pipeline_tests.stores import DAY, NEXT_DAY, write

DAYS = [DAY + timedelta(days=number) for number in range(FEW + 2)]
LISTING = ReadListing("of the objects", 3, "of the rows", "of the tombstones", 1)


def notes(footers: Footers, days: list[date]) -> list[str | None]:
    return [each.metadata["note"] if each else None for each in footers.footers(TABLE, days)]


def test_a_few_footers_are_read_one_by_one_and_those_of_many_days_from_the_index(
    lake: Lake, uri: str
) -> None:
    for day in DAYS[:-1]:
        write(lake, 1, day=day, note=str(day))
    saved = Footers(lake)
    saved.load([TABLE])
    saved.save()
    few, many = WatchedLake(uri), WatchedLake(uri)

    assert notes(Footers(few), DAYS[:FEW]) == list(map(str, DAYS[:FEW]))
    assert notes(Footers(many), DAYS) == [*map(str, DAYS[:-1]), None]

    assert sorted(day for day in few.read if day) == DAYS[:FEW]
    assert many.read == []
    assert Footers(many).days(TABLE) == DAYS[:-1]


def test_a_table_is_what_it_was_when_it_was_first_asked_for_until_it_is_forgotten(
    lake: Lake,
) -> None:
    write(lake, 1, note="old")
    footers = Footers(lake)
    footers.load([TABLE])

    write(lake, 1, note="new")

    assert notes(footers, [DAY]) == ["old"]
    footers.forget(TABLE)
    assert notes(footers, [DAY]) == ["new"]


@pytest.mark.parametrize("is_loaded", [False, True])
def test_a_damaged_partition_has_no_footer_and_is_an_error_where_that_is_asked_for(
    lake: Lake, *, is_loaded: bool
) -> None:
    write(lake, 1)
    obstore.put(lake.store, partition_key(TABLE, DAY), b"PAR1 no more")
    footers = Footers(lake)
    if is_loaded:
        footers.load([TABLE])

    assert footers.footer(TABLE, DAY) is None
    with pytest.raises(DamagedPartitionError):
        footers.footer_or_raise(TABLE, DAY)
    assert footers.footer_or_raise(TABLE, NEXT_DAY) is None


def test_what_days_were_built_from_is_the_same_from_the_index(lake: Lake) -> None:
    # Given a day whose listing is replaced after the index was saved, a damaged one, and none
    write_state(lake, DAY, LISTING, READ_OBJECTS.empty_table())
    before = Footers(lake)
    before.load([LISTED])
    before.save()
    newer = ReadListing("of others", 4, "of other rows")
    write_state(lake, DAY, newer, READ_OBJECTS.empty_table())
    obstore.put(lake.store, state_key(NEXT_DAY), b"no file of Arrow")

    after = Footers(lake)
    after.load([LISTED])

    assert before.listing(DAY) == LISTING
    assert after.listing(DAY) == read_listing(lake, DAY) == newer
    assert after.listing(NEXT_DAY) is read_listing(lake, NEXT_DAY) is None
    assert after.listing(DAYS[-1]) is None
