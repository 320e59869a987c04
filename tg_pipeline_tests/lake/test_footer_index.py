"""The index of a table's footers is a cache: whatever it holds, the footers are today's."""

import gzip
import json
from collections.abc import Callable
from datetime import date, timedelta

import obstore
import pytest

from tg_pipeline.lake.footer_index import PREFIX, FooterIndex, read_footer_index
from tg_pipeline.lake.partitions import Lake, PartitionName, partition_key
from tg_pipeline.storage.parquet import Footer
from tg_pipeline_tests.stores import DAY, NEXT_DAY, SCHEMA, batch, write

TABLE = "raw_updates"
KEY = f"{PREFIX}/{TABLE}.json.gz"


class WatchedLake(Lake):
    """A lake that records which footers are read, and calls `on_read` before each."""

    def __init__(self, uri: str, on_read: Callable[[], object] = lambda: None) -> None:
        super().__init__(uri)
        self.read: list[PartitionName] = []
        self._on_read = on_read

    def footer(self, layer: str, day: PartitionName) -> Footer | None:
        self.read.append(day)
        self._on_read()
        return super().footer(layer, day)


def saved(lake: Lake, table: str = TABLE) -> FooterIndex:
    index = read_footer_index(lake, table)
    index.save(lake)
    return index


def facts(index: FooterIndex) -> dict[PartitionName, tuple[int, int, str | None, str]]:
    return {
        day: (footer.rows, footer.bytes, footer.metadata.get("note"), footer.fingerprint)
        for day, footer in index.footers.items()
    }


def test_a_saved_index_has_the_footers_of_a_table_and_none_is_read_again(
    lake: Lake, uri: str
) -> None:
    write(lake, 1, 2, note="olá")
    write(lake, 3, day=NEXT_DAY)
    first = saved(lake)

    watched = WatchedLake(uri)
    again = read_footer_index(watched, TABLE)

    assert watched.read == []
    assert facts(again) == facts(first)
    for day in (DAY, NEXT_DAY):
        footer = lake.footer(TABLE, day)
        assert footer
        assert facts(again)[day] == (
            *(footer.rows, footer.bytes, footer.metadata.get("note"), footer.fingerprint),
        )
    assert again.metadata(DAY, "note") == "olá"
    assert again.metadata(NEXT_DAY, "note") is again.metadata(date(2026, 1, 1), "note") is None


def test_a_table_without_days_has_one_footer(lake: Lake) -> None:
    with lake.writer("threads", None, SCHEMA) as writer:
        writer.write(batch(1, 2))
        writer.commit()

    assert saved(lake, "threads").footers[None].rows == 2
    assert read_footer_index(lake, "threads").footers.keys() == {None}


def test_a_table_without_partitions_has_no_index(lake: Lake) -> None:
    assert saved(lake).footers == {}
    assert not list(obstore.list(lake.store).collect())


def test_a_partition_that_was_replaced_added_or_removed_is_the_only_one_read(
    lake: Lake, uri: str
) -> None:
    # Given an index of three days
    third, fourth = NEXT_DAY + timedelta(days=1), NEXT_DAY + timedelta(days=2)
    for day in (DAY, NEXT_DAY, third):
        write(lake, 1, day=day, note="old")
    saved(lake)

    # When one is replaced, with as many bytes, one removed, and one added
    write(lake, 1, day=NEXT_DAY, note="new")
    obstore.delete(lake.store, partition_key(TABLE, third))
    write(lake, 1, day=fourth, note="new")
    watched = WatchedLake(uri)
    saved(watched)

    # Then the index says so, and after it was saved nothing is read
    assert sorted(day for day in watched.read if day) == [NEXT_DAY, fourth]
    notes = {day: footer.metadata["note"] for day, footer in saved(watched).footers.items()}
    assert notes == {DAY: "old", NEXT_DAY: "new", fourth: "new"}
    assert len(watched.read) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x1f\x8b",
        b"garbage",
        gzip.compress(b"garbage"),
        gzip.compress(b'{"format": 1, "entries": []}'),
        gzip.compress(b'{"format": 2, "entries": [[1, 2]]}'),
    ],
    ids=["empty", "cut off", "no gzip", "no JSON", "another format", "other fields"],
)
def test_a_damaged_index_is_replaced(lake: Lake, content: bytes) -> None:
    write(lake, 1)
    expected = facts(saved(lake))
    whole = obstore.get(lake.store, KEY).bytes()

    obstore.put(lake.store, KEY, content)

    assert facts(saved(lake)) == expected
    assert obstore.get(lake.store, KEY).bytes() == whole


def test_no_flipped_bit_of_an_index_changes_a_footer(lake: Lake) -> None:
    write(lake, 1, note="a")
    expected = facts(saved(lake))
    whole = bytes(obstore.get(lake.store, KEY).bytes())

    for position in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << position % 8
        obstore.put(lake.store, KEY, bytes(flipped))
        assert facts(read_footer_index(lake, TABLE)) == expected


def test_a_damaged_partition_is_named_and_hides_no_other(lake: Lake) -> None:
    for day in (DAY, NEXT_DAY):
        write(lake, 1, day=day)
    saved(lake)
    obstore.put(lake.store, partition_key(TABLE, DAY), b"PAR1 no more")

    index = saved(lake)
    assert index.damaged == {DAY}
    assert index.footers.keys() == {NEXT_DAY}

    write(lake, 1)
    assert saved(lake).footers.keys() == {DAY, NEXT_DAY}
    assert not saved(lake).damaged


def test_a_partition_that_is_marked_as_damaged_is_not_taken_from_the_index(
    lake: Lake, uri: str
) -> None:
    write(lake, 1)
    saved(lake)
    lake.mark_damaged(TABLE, DAY)

    assert read_footer_index(Lake(uri), TABLE).damaged == {DAY}
    write(lake, 1)
    assert read_footer_index(Lake(uri), TABLE).footers.keys() == {DAY}


def test_a_footer_that_is_newer_than_the_listing_is_not_stored_as_that_of_the_listed_version(
    lake: Lake, uri: str
) -> None:
    """Else it would be trusted when the listed version comes back."""
    write(lake, 1, note="old")
    watched = WatchedLake(uri, lambda: write(lake, 1, 2, 3, note="new"))

    assert saved(watched).metadata(DAY, "note") == "new"

    stored = obstore.get(lake.store, KEY).bytes() if list(obstore.list(lake.store, PREFIX)) else b""
    assert not stored or json.loads(gzip.decompress(stored))["entries"] == []
    assert read_footer_index(lake, TABLE).metadata(DAY, "note") == "new"


@pytest.mark.parametrize("is_newer_last", [0, 1])
def test_of_concurrent_writers_the_last_wins_and_no_footer_is_wrong(
    lake: Lake, is_newer_last: int
) -> None:
    write(lake, 1, note="old")
    older = read_footer_index(lake, TABLE)
    write(lake, 1, note="new")
    newer = read_footer_index(lake, TABLE)

    for index in (older, newer) if is_newer_last else (newer, older):
        index.save(lake)

    assert read_footer_index(lake, TABLE).metadata(DAY, "note") == "new"


def test_metadata_that_a_footer_lacks_is_stored_until_the_partition_is_replaced(
    lake: Lake,
) -> None:
    write(lake, 1)
    read_footer_index(lake, TABLE).with_metadata({DAY: {"note": "counted"}}).save(lake)

    assert read_footer_index(lake, TABLE).metadata(DAY, "note") == "counted"
    write(lake, 1, 2)
    assert read_footer_index(lake, TABLE).metadata(DAY, "note") is None


def test_other_objects_below_a_table_are_no_partitions(lake: Lake) -> None:
    write(lake, 1)
    for name in (
        "_SUCCESS",
        "context_date=2026-10-07/other",
        "context_date=2026-99-99/part-0.parquet",
    ):
        obstore.put(lake.store, f"{TABLE}/{name}", b"x")

    assert saved(lake).footers.keys() == {DAY}
