"""An object arrived when its metadata says, else the day's journals, else the listing."""

from datetime import UTC, datetime, timedelta

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline.landing import reader as landing_reader
from tg_pipeline.landing.arrivals import read_journals
from tg_pipeline_tests.stores import DAY, FOLDER, objects, rows

NOON = datetime(2026, 10, 7, 12, tzinfo=UTC)
JOURNAL = "arrivals/context_date=2026-10-07"


def line(name: str, microseconds: int = 0) -> bytes:
    return f"{FOLDER}/{name} 2026-10-07T12:00:00.{microseconds:06}Z".encode()


def received(landing: ObjectStore) -> dict[str, datetime]:
    return {row["object_key"].rpartition("/")[2]: row["received_at"] for row in rows(landing)}


@pytest.mark.parametrize("fetch_bytes", [1, landing_reader.FETCH_BYTES], ids=["ranges", "whole"])
def test_each_source_replaces_a_missing_better_one(
    landing: ObjectStore, monkeypatch: pytest.MonkeyPatch, fetch_bytes: int
) -> None:
    monkeypatch.setattr(landing_reader, "FETCH_BYTES", fetch_bytes)
    for name in ("a.json", "b.txt"):
        put_if_absent(landing, f"{FOLDER}/{name}", b"{}", NOON + timedelta(hours=1))
    for name in ("c.json", "d.txt", "e.json"):
        obstore.put(landing, f"{FOLDER}/{name}", b"{}")
    obstore.put(landing, f"{JOURNAL}/x.txt", b"\n".join(map(line, ["c.json", "d.txt"])))

    found = received(landing)

    assert found["a.json"] == found["b.txt"] == NOON + timedelta(hours=1)
    assert found["c.json"] == found["d.txt"] == NOON
    assert found["e.json"] == objects(landing)["last_modified"][-1].as_py()


def test_metadata_that_is_not_a_time_is_ignored() -> None:
    landing = open_store("memory://not-a-time")
    obstore.put(landing, f"{FOLDER}/a.json", b"{}", attributes={"received-at": "2026-10-07"})

    assert received(landing)["a.json"] == objects(landing)["last_modified"][0].as_py()


def test_incomplete_lines_are_ignored_and_the_earliest_of_several_counts(
    landing: ObjectStore,
) -> None:
    # Given journals of two machines, with lines that were torn, and a repeated one
    whole = [line("a.json", 5), line("with space.json"), line("b.json", 9), line("a.json", 7)]
    torn = [
        line("t.json")[:-1],
        line("t.json")[:-20],
        b"\x00" * 40,
        b"\xff\xfe " + line("x")[-27:],
        f"{FOLDER}/t.json 2026-13-41T25:61:00.000000Z".encode(),
        b"",
    ]
    obstore.put(landing, f"{JOURNAL}/one.txt", b"\n".join([*torn[:3], *whole, torn[0]]))
    obstore.put(landing, f"{JOURNAL}/two.txt", b"\r\n" + b"\n".join([line("b.json", 1), *torn]))

    found = read_journals(landing, DAY).to_pylist()

    own = [row for row in found if row["object_key"].startswith(FOLDER)]
    assert [(row["object_key"].rpartition("/")[2], row["received_at"]) for row in own] == [
        ("a.json", NOON + timedelta(microseconds=5)),
        ("b.json", NOON + timedelta(microseconds=1)),
        ("with space.json", NOON),
    ]
    assert read_journals(landing, DAY + timedelta(days=1)).num_rows == 0
