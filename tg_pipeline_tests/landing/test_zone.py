"""Days and objects of the landing zone: all are listed, new ones are found, old files removed."""

import os
from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from zlib import crc32

import obstore
import pyarrow as pa
import pytest
from obstore.store import LocalStore, ObjectStore

from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline.landing.zone import (
    LANDED_OBJECTS,
    OBJECTS,
    bot_id_of,
    is_same_listing,
    list_days,
    list_objects,
    listing_fingerprint,
    not_in,
    remove_stale_temp_files,
    with_versions,
)
from tg_pipeline_tests.stores import DAY, FOLDER

MORNING, NOON = datetime(2026, 10, 7, 9, tzinfo=UTC), datetime(2026, 10, 7, 12, tzinfo=UTC)


def listing(*objects: tuple[str, datetime, int], version: int | None = None) -> pa.Table:
    rows = [dict(zip(OBJECTS.names, (*landed, version), strict=True)) for landed in objects]
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
    assert list_objects(landing, DAY).equals(LANDED_OBJECTS.empty_table())


def test_a_listing_has_key_time_size_and_except_on_disk_the_version(landing: ObjectStore) -> None:
    put_if_absent(landing, f"{FOLDER}/7-1.json", b"12345")

    objects = list_objects(landing, DAY)

    stored = obstore.head(landing, f"{FOLDER}/7-1.json")
    version = None if isinstance(landing, LocalStore) else crc32((stored["e_tag"] or "").encode())
    assert objects.schema.equals(LANDED_OBJECTS)
    assert objects.to_pylist() == [
        {
            "object_key": f"{FOLDER}/7-1.json",
            "last_modified": stored["last_modified"],
            "size": 5,
            "version": version,
            "sealed_in": None,
        }
    ]


def test_a_folder_of_files_is_listed_as_obstore_lists_it(tmp_path: Path) -> None:
    # Given files of all times and sizes, with names of ingestion and of others
    landing = open_store(tmp_path.as_uri())
    names = ["7-10.json", "7-9.json", "20240802-183859.json", "a_b.C.ndjson.gz", "X"]
    for number, name in enumerate(names):
        put_if_absent(landing, f"{FOLDER}/{name}", b"x" * number)
        nanoseconds = 1_759_800_000_123_456_789 + 999_999_999 * number
        os.utime(tmp_path / FOLDER / name, ns=(0, nanoseconds))
    fast = list_objects(landing, DAY)

    # When something else is in the folder, so that obstore lists it
    (tmp_path / FOLDER / "another").mkdir()

    assert fast.num_rows == len(names)
    assert list_objects(landing, DAY).equals(fast)


def test_days_and_objects_are_listed_in_order(landing: ObjectStore) -> None:
    expected = sorted(f"{FOLDER}/7-{number}.json" for number in range(1_100))
    for key in reversed(expected):
        obstore.put(landing, key, b"{}")
    for day in ("2026-10-08", "2024-02-29"):
        put_if_absent(landing, f"telegram/context_date={day}/7-1.json", b"{}")

    assert list_objects(landing, DAY)["object_key"].to_pylist() == expected
    assert list_days(landing) == [date(2024, 2, 29), DAY, date(2026, 10, 8)]


def test_a_fingerprint_changes_when_an_object_is_added_rewritten_renamed_or_removed() -> None:
    a, b, c = ("a", MORNING, 5), ("b", MORNING, 6), ("c", MORNING, 6)
    listings = [[], [a], [a, b], [a, b, c], [a, c], [("a", NOON, 5), b], [("a", MORNING, 6), b]]
    listings += [[("a", MORNING, 6), ("b", MORNING, 5)], [("ab", MORNING, 5), ("", MORNING, 6)]]

    prints = [listing_fingerprint(listing(*objects)) for objects in listings]

    assert len(set(prints)) == len(prints)
    parts = pa.concat_tables([listing(("x", NOON, 1), a).slice(1), listing(b, c).slice(0, 1)])
    assert listing_fingerprint(parts) == prints[2], "the same rows in other batches"


def test_objects_are_not_in_a_listing_if_their_key_time_or_size_is_not() -> None:
    now = listing(("a", MORNING, 5), ("d", NOON, 1), ("b", NOON, 6), ("c", MORNING, 7))
    known = listing(("a", MORNING, 5), ("b", MORNING, 6), ("c", MORNING, 8), ("gone", MORNING, 1))

    missing = not_in(now, known)

    assert missing.equals(listing(("b", NOON, 6), ("c", MORNING, 7), ("d", NOON, 1)))
    assert not_in(missing, OBJECTS.empty_table()).equals(missing)
    assert not_in(missing, missing).num_rows == 0


def test_an_object_that_was_rewritten_within_a_second_has_another_version() -> None:
    a, b = ("a", MORNING, 5), ("b", MORNING, 5)
    before = listing(a, b, version=1)
    after = pa.concat_tables([listing(a, version=1), listing(b, version=2)])

    assert not_in(after, before).equals(listing(b, version=2))
    assert not is_same_listing(listing_fingerprint(after), listing_fingerprint(before))


def test_an_unknown_version_is_no_other_one_until_it_is_known() -> None:
    # Given a listing of an earlier release, without versions, and the same objects with them
    a, b = ("a", MORNING, 5), ("b", MORNING, 6)
    before, after = listing(a, b), listing(a, b, version=2**32 - 1)

    # Then they are the same objects, whichever is without versions,
    for one, other in ((before, after), (after, before), (after, after)):
        assert not_in(one, other).num_rows == 0
        assert is_same_listing(listing_fingerprint(one), listing_fingerprint(other))

    # other objects are others, with or without versions,
    for one, other in ((listing(a), before), (listing(a), after), (listing(a, version=1), before)):
        assert not is_same_listing(listing_fingerprint(one), listing_fingerprint(other))

    # and the versions of the objects that are still there are known from then on
    assert with_versions(before, after).equals(after)
    assert with_versions(before, after.slice(0, 0)).equals(before)
    assert with_versions(after, listing(a, b, version=7)).equals(after)


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


def test_a_build_removes_what_killed_writers_left_and_nothing_else(tmp_path: Path) -> None:
    # Given a landed file, files of a killed writer, and one that a person put there
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    names = ["7-1.json", "7-2.json#140281234567", "export.json#2"]
    for name in names:
        (folder / name).write_text("{}")

    # When the day is built at once, and an hour later
    left = []
    for hours in (0, 1.1):
        now = datetime.now(UTC) + timedelta(hours=hours)
        remove_stale_temp_files(LocalStore(tmp_path), DAY, partial(copy, now))
        left.append(sorted(path.name for path in folder.iterdir()))

    # Then a file that may be in use is left, and only that of the writer is removed
    assert left == [names, ["7-1.json", "export.json#2"]]
