"""Days and objects of the landing zone: all are listed, new ones are found, old files removed."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import obstore
import pyarrow as pa
import pytest
from obstore.store import LocalStore, ObjectStore

from lambda_ingest.store import put_if_absent
from tg_pipeline.lake.landing_zone import (
    OBJECTS,
    adds_up,
    bot_id_of,
    list_days,
    list_objects,
    listing_fingerprint,
    not_yet_read,
    remove_stale_temp_files,
)
from tg_pipeline_tests.lake.conftest import DAY, FOLDER

MORNING, NOON = datetime(2026, 10, 7, 9, tzinfo=UTC), datetime(2026, 10, 7, 12, tzinfo=UTC)


def listing(*objects: tuple[str, datetime, int]) -> pa.Table:
    rows = [dict(zip(OBJECTS.names, landed, strict=True)) for landed in objects]
    return pa.Table.from_pylist(rows, schema=OBJECTS)


@pytest.mark.parametrize(
    "key",
    [
        "rejected/context_date=2026-10-07/a.json",
        "telegram/7-1.json",
        "telegram/context_date=2026-10-07.json",
        "telegram/context_date=2026-02-30/7-1.json",
        "telegram/context_date=2026-1-1/7-1.json",
        "telegram/context_date=2026-10-07-old/7-1.json",
        "telegram/other/context_date=2026-10-07/7-1.json",
    ],
)
def test_other_folders_are_not_days(landing: ObjectStore, key: str) -> None:
    put_if_absent(landing, key, b"{}")

    assert list_days(landing) == []
    assert list_objects(landing, DAY).equals(OBJECTS.empty_table())


def test_a_listing_has_key_time_and_size(landing: ObjectStore) -> None:
    put_if_absent(landing, f"{FOLDER}/7-1.json", b"12345")

    objects = list_objects(landing, DAY)

    written_at = obstore.head(landing, f"{FOLDER}/7-1.json")["last_modified"]
    assert objects.schema.equals(OBJECTS)
    assert objects.to_pylist() == [
        {"object_key": f"{FOLDER}/7-1.json", "received_at": written_at, "size": 5}
    ]


def test_days_and_objects_are_listed_in_order(landing: ObjectStore) -> None:
    expected = sorted(f"{FOLDER}/7-{number}.json" for number in range(1_100))
    for key in reversed(expected):
        obstore.put(landing, key, b"{}")
    for day in ("2026-10-08", "2024-02-29"):
        put_if_absent(landing, f"telegram/context_date={day}/7-1.json", b"{}")

    assert list_objects(landing, DAY)["object_key"].to_pylist() == expected
    assert list_days(landing) == [date(2024, 2, 29), DAY, date(2026, 10, 8)]


def test_a_fingerprint_changes_when_an_object_is_added_rewritten_or_removed() -> None:
    a, b = ("a", MORNING, 5), ("b", MORNING, 6)
    listings = [[], [a], [a, b], [a, b, ("c", MORNING, 0)], [("a", NOON, 5), b]]

    prints = [listing_fingerprint(listing(*objects)) for objects in listings]

    assert len(set(prints)) == len(prints)
    assert listing_fingerprint(listing(b, a)) == prints[2]


def test_objects_are_unread_if_they_are_new_or_rewritten() -> None:
    now = listing(("a", MORNING, 5), ("d", NOON, 1), ("b", NOON, 6), ("c", NOON, 7))
    known = listing(("a", MORNING, 5), ("b", MORNING, 6), ("gone", MORNING, 1))

    unread = not_yet_read(now, known.select(["object_key", "received_at"]))

    assert unread.equals(listing(("b", NOON, 6), ("c", NOON, 7), ("d", NOON, 1)))
    assert not_yet_read(unread, OBJECTS.empty_table()).equals(unread)
    assert not_yet_read(unread, unread).num_rows == 0


def test_an_object_rewritten_within_the_second_is_detected_by_its_size() -> None:
    read = listing_fingerprint(listing(("a", MORNING, 5), ("b", MORNING, 6)))
    none, new = OBJECTS.empty_table(), listing(("c", NOON, 7))
    same, rewritten = (listing(("a", MORNING, 5), ("b", MORNING, size)) for size in (6, 9))

    assert adds_up(read, same, none)
    assert not adds_up(read, rewritten, none)
    assert adds_up(read, pa.concat_tables([same, new]), new)
    assert not adds_up(read, pa.concat_tables([rewritten, new]), new)
    assert adds_up(read, listing(("a", MORNING, 5)), none), "sizes can't be compared"


@pytest.mark.parametrize(
    ("name", "bot"),
    [
        ("0-5.json", 0),
        ("9223372036854775807-5.json", 2**63 - 1),
        ("123-abc.ndjson.gz", 123),
        ("9223372036854775808-5.json", 42),
        ("9" * 5_000 + "-5.json", 42),
        ("20240802183859123456.json", 42),
        ("-5.json", 42),
        ("a-5.json", 42),
    ],
)
def test_the_bot_id_is_in_the_name_or_the_default(name: str, bot: int) -> None:
    assert bot_id_of(f"{FOLDER}/{name}", 42) == bot


def test_only_stale_temporary_files_are_removed(tmp_path: Path) -> None:
    # Given a landed file, a temporary file in use, and old files of which one is temporary
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    two_hours_ago = time.time() - timedelta(hours=2).total_seconds()
    for name in ("7-1.json", "7-2.json#12345", "7-3.json#12345", "7-4.json#a"):
        (folder / name).write_text("{}")
        if name != "7-2.json#12345":
            os.utime(folder / name, (two_hours_ago, two_hours_ago))

    remove_stale_temp_files(LocalStore(tmp_path), DAY, lambda: datetime.now(UTC))

    left = sorted(path.name for path in folder.iterdir())
    assert left == ["7-1.json", "7-2.json#12345", "7-4.json#a"]
