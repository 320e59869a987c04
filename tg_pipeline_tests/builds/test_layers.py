"""A day is built from whatever landed: no row is lost, and the same input gives the same bytes."""

import gzip
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_ingest.landing import day_prefix
from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID
from tg_pipeline.builds.layers import (
    build_deduped_updates,
    deduped_conservation,
    enriched_conservation,
    raw_conservation,
)
from tg_pipeline.builds.raw_updates import BUILT_FROM, TIMEZONE
from tg_pipeline.lake.floors import Floors
from tg_pipeline.lake.partitions import partition_key
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.update_ids import UPDATE_IDS, decode_update_ids
from tg_pipeline_tests.conftest import DAY, PARAMETERS, Pipeline

LAYERS = [layer.name for layer in ALL_LAYERS]
NEXT_DAY = DAY + timedelta(days=1)
ARRIVED = datetime(2026, 10, 7, 15, tzinfo=UTC)

CALLBACK = {"update_id": 8, "callback_query": {"id": "1", "from": {"id": 3}, "data": "sim"}}

UNREADABLE = {
    "7-1.json": (b"", "the object is empty"),
    "7-2.json": (b'{"update_id": 1', "not JSON"),
    "7-3.json": (b'{"update_id": 1, "message": {"text": "\xff"}}', "not UTF-8"),
    "7-4.json": (b"[" * 1_000 + b"]" * 1_000, "nested deeper"),
    "7-5.json": (b"[]", "not an object"),
    "7-6.json": (b'{"message": {}}', "no update_id"),
    "7-7.json": (b'{"update_id": 9223372036854775808}', "update_id is no whole number"),
    "7-8.json.gz": (gzip.compress(b'{"update_id": 1}')[:-9], "the gzip stream ends early"),
    "7-9.json.gz": (b'{"update_id": 1}', "not a gzip stream"),
    "7-a.txt": (b'{"update_id": 1}', "the name is no"),
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)

FIELDS = st.sampled_from(
    "message_id from chat date edit_date text entities photo poll rich_message reply_markup "
    "checklist location new_chat_members".split()
)


def message(update_id: int, **fields: Any) -> dict[str, Any]:
    content = {"message_id": update_id, "date": 1_791_378_000, "text": f"oi {update_id}"}
    return {"update_id": update_id, "message": content | fields}


@settings(max_examples=10)
@given(st.sets(st.integers(0, 29)), st.integers(1, 4))
def test_a_day_built_in_two_steps_has_the_bytes_of_a_day_built_at_once(
    new_pipeline: Callable[[], Pipeline], early: set[int], garbage: int
) -> None:
    # Given thirty updates and some garbage, some of which land and are built early
    at_once, in_two = new_pipeline(), new_pipeline()
    everything = {f"7-{number}.json": body(number, garbage) for number in range(30)}
    for number in sorted(early):
        in_two.put(f"7-{number}.json", everything[f"7-{number}.json"])
    in_two.age_landing()
    in_two.build()

    # When the rest lands and the day is built again
    for name, content in everything.items():
        at_once.put(name, content)
        if int(name[2:-5]) not in early:
            in_two.put(name, content)
    at_once.age_landing()
    in_two.age_landing()
    at_once.build()
    second = in_two.build()

    # Then only the rest was read, and the bytes are those of the day landed at once
    assert second.raw.objects_read == 30 - len(early)
    for layer in LAYERS:
        assert in_two.digest(layer) == at_once.digest(layer)


def body(number: int, garbage: int) -> bytes:
    return b"?" * number if number % garbage == 1 else json.dumps(message(number)).encode()


def test_a_day_built_again_is_byte_identical_and_its_objects_are_read_again_only_if_full(
    pipeline: Pipeline,
) -> None:
    pipeline.land(message(1), message(2))
    pipeline.put("garbage.json", b"{")
    first = pipeline.build()
    before = [pipeline.digest(layer) for layer in LAYERS]

    for full, objects_read in ((False, 0), (True, 3)):
        assert pipeline.build(full=full).raw.objects_read == objects_read
        assert [pipeline.digest(layer) for layer in LAYERS] == before
    assert first.raw.objects_read == 3
    assert len(pipeline.objects()) == len([*LAYERS, "its listing", "an index"])
    pipeline.lose()
    pipeline.build()
    assert [pipeline.digest(layer) for layer in LAYERS] == before


def test_the_old_rows_of_a_rewritten_object_are_removed(pipeline: Pipeline) -> None:
    # Given a day built from an object that is rewritten afterwards
    pipeline.put("20261007120000000001.json", json.dumps(message(1)).encode())
    pipeline.put("20261007120000000002.json", json.dumps(message(2)).encode())
    pipeline.build()
    pipeline.rewrite("20261007120000000001.json", json.dumps(message(30)).encode())

    # When the day is built again
    pipeline.build()

    # Then it has the new content, and nothing of the old
    assert [row["update_id"] for row in pipeline.rows("enriched_updates")] == [30, 2]


def test_an_object_rewritten_with_another_size_or_time_makes_every_layer_stale(
    pipeline: Pipeline,
) -> None:
    # Given objects with an arrival time, which rewriting keeps
    for number in (1, 2):
        body = json.dumps(message(number)).encode()
        pipeline.put(f"7-{number}.json", body, arrived_at=ARRIVED)
    pipeline.build()
    (path,) = (pipeline.folder / "landing").rglob("7-1.json")

    # When one is rewritten with the same time and another size, and then the other way round
    for text, seconds in (("a longer text", 0), ("another text!", 1)):
        path.write_text(json.dumps(message(1, text=text)))
        moment = ARRIVED.timestamp() + seconds
        os.utime(path, (moment, moment))
        assert pipeline.states()[0].pending_objects == 1

        # Then a build that is interrupted after raw_updates leaves the day stale
        pipeline.build_raw()
        assert pipeline.states()[0].is_stale
        pipeline.build()
        first = pipeline.rows("enriched_updates")[0]
        assert (first["text"], first["received_at"]) == (text, ARRIVED)
        assert not pipeline.states()[0].is_stale


def test_the_rows_of_a_removed_object_stay(pipeline: Pipeline) -> None:
    # Given a day built from an object that is removed
    pipeline.land(message(1), message(2))
    pipeline.build()
    before = [pipeline.digest(layer) for layer in LAYERS]
    (path,) = (pipeline.folder / "landing").rglob("7-1.json")
    content, times = path.read_bytes(), path.stat()
    path.unlink()

    # When the day is built, and again after the object is back
    assert pipeline.states()[0].is_stale
    pipeline.build()
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    again = pipeline.build()

    # Then its rows stayed, and are there once
    assert [pipeline.digest(layer) for layer in LAYERS] == before
    assert again.raw.objects_read == 0
    assert not pipeline.states()[0].is_stale


def hide(pipeline: Pipeline, *names: str) -> list[Path]:
    """Move objects out of the landing zone, as if a listing left them out; return where to."""
    paths = [path for name in names for path in (pipeline.folder / "landing").rglob(name)]
    return [path.rename(pipeline.folder / path.name) for path in paths]


def bring_back(pipeline: Pipeline, hidden: list[Path]) -> None:
    for path in hidden:
        path.rename(pipeline.folder / "landing" / day_prefix(DAY) / path.name)


@pytest.mark.parametrize("builds", ["again", "in full", "without its listing", "interrupted"])
def test_rows_stay_however_often_a_listing_omits_their_objects(
    pipeline: Pipeline, builds: str
) -> None:
    # Given a day with updates and an unreadable line
    pipeline.land(*map(message, range(1, 6)))
    pipeline.put("7-bad.json", b"{", arrived_at=ARRIVED)
    pipeline.build()
    before = {layer: pipeline.rows(layer) for layer in (*LAYERS, "quarantine")}

    # When three listings in a row omit most of its objects
    hidden = hide(pipeline, "7-1.json", "7-3.json", "7-4.json", "7-bad.json")
    for _ in range(3):
        if builds == "without its listing":
            pipeline.lose("listings")
        if builds == "interrupted":
            write_raw_again(pipeline, rows=5, footer={TIMEZONE})
        built = pipeline.build(full=builds == "in full")
        assert raw_conservation(DAY, built.raw).holds

    # Then no row is lost, and none is there twice when they are listed again
    assert {layer: pipeline.rows(layer) for layer in before} == before
    bring_back(pipeline, hidden)
    again = pipeline.build()
    assert {layer: pipeline.rows(layer) for layer in before} == before
    assert raw_conservation(DAY, again.raw).holds
    assert not pipeline.states()[0].is_stale


def test_an_object_that_comes_back_with_other_content_replaces_the_rows_that_stayed(
    pipeline: Pipeline,
) -> None:
    pipeline.land(message(1), message(2))
    pipeline.build()
    (hidden,) = hide(pipeline, "7-1.json")
    pipeline.build(full=True)

    hidden.write_bytes(hidden.read_bytes().replace(b"oi 1", b"other"))
    bring_back(pipeline, [hidden])
    pipeline.build()

    assert [row["text"] for row in pipeline.rows("enriched_updates")] == ["other", "oi 2"]


def test_a_damaged_table_is_no_obstacle_to_reading_all_objects_again(pipeline: Pipeline) -> None:
    pipeline.land(*map(message, range(1, 6)))
    pipeline.build()
    before = {layer: pipeline.rows(layer) for layer in LAYERS}
    for layer in ("raw_updates", "quarantine"):
        path = pipeline.folder / "lake" / partition_key(layer, DAY)
        path.write_bytes(path.read_bytes()[:-20])

    pipeline.build(full=True)

    assert {layer: pipeline.rows(layer) for layer in LAYERS} == before


def test_batches_and_single_objects_become_the_same_rows(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    one_by_one, batched = new_pipeline(), new_pipeline()
    updates = [message(number) for number in range(10, 40)]
    one_by_one.land(*updates)
    batched.land_batch("aa", *(json.dumps(update).encode() for update in updates))

    one_by_one.build()
    batched.build()

    def without_arrival(pipeline: Pipeline) -> list[dict[str, Any]]:
        rows = pipeline.rows("enriched_updates", DAY)
        return [{k: v for k, v in row.items() if k != "received_at"} for row in rows]

    assert without_arrival(one_by_one) == without_arrival(batched)


def test_a_duplicate_across_midnight_is_counted_once_on_the_earlier_day(
    pipeline: Pipeline,
) -> None:
    # Given an update without a time of its own, landed on both sides of midnight
    pipeline.land(CALLBACK, day=DAY)
    pipeline.land(CALLBACK, {**CALLBACK, "update_id": 9}, day=NEXT_DAY)

    # When both days are built
    pipeline.build(DAY)
    built = pipeline.build(NEXT_DAY)

    # Then the copy on the later day is left out
    assert [row["update_id"] for row in pipeline.rows("enriched_updates", DAY)] == [8]
    assert [row["update_id"] for row in pipeline.rows("enriched_updates", NEXT_DAY)] == [9]
    assert (built.deduped.raw_rows, built.deduped.duplicates) == (2, 1)


@pytest.mark.parametrize("chat", [{"id": 5, "type": "private"}, {"id": -(10**12) - 5}])
def test_a_history_that_lands_before_or_after_its_updates_gives_the_same_bytes(
    new_pipeline: Callable[[], Pipeline], chat: dict[str, Any]
) -> None:
    # Given messages, some delivered as updates and some in an export, and some in both
    second = int(ARRIVED.timestamp())
    live: list[dict[str, Any]] = [
        {"message_id": n, "chat": chat, "from": {"id": 5}, "date": second + n, "text": f"Oi {n}"}
        for n in range(10)
    ]
    written: list[dict[str, Any]] = [
        {"id": n, "from_id": "user5", "text": f"Oi {n}"} for n in range(5, 15)
    ]
    exported = [
        {
            "update_id": FIRST_SYNTHETIC_ID + each["id"],
            "exported_message": {"date": second + each["id"], "chat": chat, "message": each},
        }
        for each in written
    ]
    updates = [{"update_id": each["message_id"] + 1, "message": each} for each in live]

    # When they land in both orders, with a build in between
    digests = []
    for first, then in ((updates, exported), (exported, updates)):
        pipeline = new_pipeline()
        for lines in (first, then):
            pipeline.land(*lines)
            pipeline.age_landing()
            built = pipeline.build()
        digests.append(pipeline.digest("enriched_updates"))

        # Then each message has one row, and no row is unaccounted for
        assert built.enriched.shadowed == 5
        assert enriched_conservation(DAY, built.enriched).holds
        texts = sorted(row["text"] for row in pipeline.rows("enriched_updates"))
        assert texts == sorted(f"Oi {n}" for n in range(15))

    # And the order makes no difference
    assert digests[0] == digests[1]


def test_the_copy_that_landed_first_is_kept(pipeline: Pipeline) -> None:
    # Given objects of the original project, where a retry is a second object; b landed before a
    for name, text, age in (("20261007a.json", "second", 200), ("20261007b.json", "first", 100)):
        update = {"update_id": 1, "message": {"message_id": 1, "text": text}}
        pipeline.put(name, json.dumps(update).encode())
        path = next((pipeline.folder / "landing").rglob(name))
        os.utime(path, (1_791_000_000 + age, 1_791_000_000 + age))

    built = pipeline.build()

    (row,) = pipeline.rows("enriched_updates")
    assert row["text"] == "first"
    assert built.deduped.duplicates == 1


def test_two_bots_may_share_an_update_id_and_a_group(
    pipeline: Pipeline,
) -> None:
    group = {"chat": {"id": -1_001_234_567_890}}
    for bot in (5, 6):
        pipeline.put(f"{bot}-1.json", b'{"update_id": 1}')
        pipeline.put(f"{bot}-2.json", json.dumps(message(2, message_id=9, **group)).encode())

    pipeline.build()

    rows = pipeline.rows("enriched_updates")
    assert [(row["bot_id"], row["update_id"], row["is_copy"]) for row in rows] == [
        *((5, 1, False), (5, 2, False)),
        *((6, 1, False), (6, 2, True)),
    ]


def test_unreadable_input_is_quarantined_with_the_reason(pipeline: Pipeline) -> None:
    # Given a day with only unreadable input
    for name, (content, _) in UNREADABLE.items():
        pipeline.put(name, content)
    only_unreadable = pipeline.build()
    assert only_unreadable.raw.quarantined.rows == len(UNREADABLE)
    assert only_unreadable.raw.raw.rows == only_unreadable.enriched.enriched.rows == 0

    # When an update lands
    pipeline.land(message(99))
    pipeline.build()

    # Then it is a row, and all else is quarantined
    assert [row["update_id"] for row in pipeline.rows("enriched_updates")] == [99]
    reasons = {Path(row["object_key"]).name: row["reason"] for row in pipeline.rows("quarantine")}
    assert reasons.keys() == UNREADABLE.keys()
    for name, (_, reason) in UNREADABLE.items():
        assert reason in reasons[name]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cut \\ud83d off", "cut � off"),
        ("nul \\u0000 inside", "nul \x00 inside"),
        ("whole \\ud83d\\ude00", "whole 😀"),
        ("a" * 1_000_000, "a" * 1_000_000),
    ],
    ids=["half a surrogate pair", "NUL", "a whole pair", "a megabyte"],
)
def test_any_text_becomes_a_row(pipeline: Pipeline, text: str, kept: str) -> None:
    pipeline.put("7-1.json", b'{"update_id": 1, "message": {"text": "%s"}}' % text.encode())

    pipeline.build()

    (row,) = pipeline.rows("enriched_updates")
    assert row["text"] == kept
    assert row["fields_nulled"] == 0


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {"message": {"chat": {"id": -(2**53) - 1}, "from": {"id": 2**53 + 1}}},
            {"chat_id": -(2**53) - 1, "user_id": 2**53 + 1, "fields_nulled": 0},
        ),
        (
            {
                "message": {
                    "message_id": "five",
                    "date": 10**30,
                    "text": "oi",
                    "from": {"id": 2**70, "first_name": "Ana"},
                }
            },
            {"message_id": None, "date": None, "user_id": None, "fields_nulled": 3}
            | {"text": "oi", "user_first_name": "Ana"},
        ),
        (
            {"telepathy": {"from": {"id": 3}, "chat": {"id": 9}, "date": 1_791_378_000}},
            {"update_type": "telepathy", "user_id": 3, "chat_id": 9}
            | {"event_at": datetime.fromtimestamp(1_791_378_000, UTC)},
        ),
    ],
    ids=["64-bit ids are exact", "a wrong type is null and counted", "an unknown type"],
)
def test_an_unusual_update_is_a_row(
    pipeline: Pipeline, content: dict[str, Any], expected: dict[str, Any]
) -> None:
    pipeline.land({"update_id": 2**63 - 1} | content)

    built = pipeline.build()

    (row,) = pipeline.rows("enriched_updates")
    assert row.items() >= ({"update_id": 2**63 - 1} | expected).items()
    assert row["fields_nulled"] == built.enriched.fields_nulled


@settings(max_examples=20)
@given(st.lists(st.dictionaries(FIELDS, JSON), min_size=1, max_size=5), st.binary(max_size=40))
def test_rows_are_conserved_for_any_content(
    pipeline: Pipeline, contents: list[dict[str, Any]], noise: bytes
) -> None:
    lines = [
        json.dumps({"update_id": number, "edited_message": content}).encode()
        for number, content in enumerate(contents)
    ]
    for path in (pipeline.folder / "landing").rglob("*.gz"):
        path.unlink()
    noise = noise.replace(b"\n", b"") or b"?"
    pipeline.land_batch("any", *lines, noise)

    built = pipeline.build(full=True)

    assert raw_conservation(DAY, built.raw).holds
    assert deduped_conservation(DAY, built.deduped).holds
    assert enriched_conservation(DAY, built.enriched).holds


def test_rows_lost_by_an_earlier_build_are_detected(pipeline: Pipeline) -> None:
    # Given a day whose raw_updates has lost the rows of an object
    pipeline.land({"update_id": 1}, {"update_id": 2})
    pipeline.build()
    write_raw_again(pipeline, rows=1, footer={BUILT_FROM, TIMEZONE, UPDATE_IDS})

    # When the day is built, and nothing new has landed
    built = pipeline.build()

    # Then the counts differ
    assert not raw_conservation(DAY, built.raw).holds


def write_raw_again(pipeline: Pipeline, rows: int, footer: set[str]) -> None:
    """Replace raw_updates of the day by its first rows, with some of the footer's metadata."""
    path = pipeline.folder / "lake" / partition_key("raw_updates", DAY)
    table, metadata = pq.read_table(path), pq.read_metadata(path).metadata
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table.slice(0, rows))
        writer.add_key_value_metadata({key: metadata[key.encode()] for key in footer})


def test_the_footers_state_the_update_ids(pipeline: Pipeline) -> None:
    pipeline.land(message(11), message(12), message(14))
    pipeline.put("garbage.json", b"{")
    pipeline.build()

    for layer in LAYERS:
        with pipeline.lake.open(layer, DAY) as partition:
            text = partition.metadata.get(UPDATE_IDS)
        ids = text and decode_update_ids(text)[7].ranges
        assert ids == (
            [(11, 12), (14, 14)] if layer in {"raw_updates", "enriched_updates"} else None
        )


@pytest.mark.parametrize(
    "floors", [Floors(), Floors(landing=NEXT_DAY)], ids=["landed", "expired in the landing zone"]
)
def test_a_day_of_an_earlier_release_is_written_again_from_its_own_rows(
    pipeline: Pipeline, floors: Floors
) -> None:
    # Given a day whose raw_updates does not state its update ids
    pipeline.land(message(1), message(2))
    pipeline.put("garbage.json", b"{")
    pipeline.build()
    before = [pipeline.digest(layer) for layer in LAYERS]
    write_raw_again(pipeline, rows=2, footer={BUILT_FROM, TIMEZONE})
    parameters = replace(PARAMETERS, floors=floors)
    assert pipeline.states(parameters=parameters)[0].is_stale

    # When it is built, then no object is read, and it has the bytes of a day built by this release
    assert pipeline.build(parameters=parameters).raw.objects_read == 0
    assert [pipeline.digest(layer) for layer in LAYERS] == before
    assert not pipeline.states(parameters=parameters)[0].is_stale


def test_the_pages_of_an_earlier_release_are_not_copied(pipeline: Pipeline) -> None:
    # Given a day without duplicates whose raw_updates have no checksums
    pipeline.land(message(1), message(2))
    pipeline.build()
    before = pipeline.digest("deduped_updates")
    write_raw_again(pipeline, rows=2, footer={BUILT_FROM, TIMEZONE, UPDATE_IDS})

    build_deduped_updates(pipeline.lake, DAY, PARAMETERS)

    # Then its deduped_updates are written as by this release
    assert pipeline.digest("deduped_updates") == before
    assert pipeline.lake.verify("deduped_updates", DAY)
