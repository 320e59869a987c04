"""A row never costs the day: whatever lands is a row of raw_updates, or of quarantine."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline_tests.conftest import Pipeline

GOOD = {"update_id": 1, "message": {"message_id": 5, "date": 1_791_378_000, "text": "oi"}}

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


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_can_t_be_read_is_quarantined_with_its_reason(pipeline: Pipeline, name: str) -> None:
    content, reason = UNREADABLE[name]
    pipeline.put(name, content)
    pipeline.land(GOOD | {"update_id": 99})

    built = pipeline.build()

    (bad,) = pipeline.rows("quarantine")
    assert reason in bad["reason"]
    assert bad["object_key"].endswith(name)
    assert [row["update_id"] for row in pipeline.rows("enriched_updates")] == [99]
    assert built.raw.lines == 2


def test_a_day_of_only_garbage_is_built(pipeline: Pipeline) -> None:
    for name, (content, _) in UNREADABLE.items():
        pipeline.put(name, content)

    built = pipeline.build()

    assert built.raw.quarantined.rows == len(UNREADABLE)
    assert built.raw.raw.rows == built.deduped.deduped.rows == built.enriched.enriched.rows == 0


def test_an_empty_day_is_built(pipeline: Pipeline) -> None:
    built = pipeline.build()

    assert built.raw.lines == 0
    assert pipeline.rows("enriched_updates") == []


def test_the_lines_before_a_cut_in_a_gzip_stand(pipeline: Pipeline) -> None:
    lines = b"".join(b'{"update_id": %d}\n' % number for number in range(20_000))
    pipeline.put("7-cut.ndjson.gz", gzip.compress(lines, mtime=0)[:-2_000])

    built = pipeline.build()

    assert 0 < built.raw.raw.rows < 20_000
    (bad,) = pipeline.rows("quarantine")
    assert bad["reason"] == "the gzip stream ends early"
    assert bad["line"] == built.raw.raw.rows + 1


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
def test_no_text_costs_its_row(pipeline: Pipeline, text: str, kept: str) -> None:
    pipeline.put("7-1.json", b'{"update_id": 1, "message": {"text": "%s"}}' % text.encode())

    pipeline.build()

    (row,) = pipeline.rows("enriched_updates")
    assert row["text"] == kept
    assert row["fields_nulled"] == 0


def test_ids_of_64_bits_are_kept_to_the_digit(pipeline: Pipeline) -> None:
    chat = {"id": -1_009_007_199_254_740_993, "type": "supergroup"}
    user = {"id": 9_007_199_254_740_993, "is_bot": False, "first_name": "Ana"}
    pipeline.land(
        {"update_id": 2**63 - 1, "message": {"message_id": 1, "chat": chat, "from": user}}
    )

    pipeline.build()

    (row,) = pipeline.rows("enriched_updates")
    assert (row["update_id"], row["chat_id"], row["user_id"]) == (2**63 - 1, chat["id"], user["id"])


def test_a_wrong_value_costs_its_field_and_is_counted(pipeline: Pipeline) -> None:
    pipeline.land(
        {
            "update_id": 1,
            "message": {
                "message_id": "five",
                "date": 10**30,
                "text": "oi",
                "from": {"id": 2**70, "first_name": "Ana"},
            },
        }
    )

    built = pipeline.build()

    (row,) = pipeline.rows("enriched_updates")
    assert (row["message_id"], row["date"], row["user_id"]) == (None, None, None)
    assert (row["text"], row["user_first_name"]) == ("oi", "Ana")
    assert row["fields_nulled"] == built.enriched.fields_nulled == 3


def test_an_unknown_update_type_is_data(pipeline: Pipeline) -> None:
    content = {"from": {"id": 3, "first_name": "Rui"}, "chat": {"id": 9}, "date": 1_791_378_000}
    pipeline.land({"update_id": 1, "telepathy": content})

    pipeline.build()

    (row,) = pipeline.rows("enriched_updates")
    assert (row["update_type"], row["user_id"], row["chat_id"]) == ("telepathy", 3, 9)
    assert row["event_at"].timestamp() == 1_791_378_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    ["message_id", "from", "chat", "date", "edit_date", "text", "entities", "photo", "poll"]
)


@settings(max_examples=60)
@given(st.lists(st.dictionaries(FIELDS, JSON), min_size=1, max_size=5), st.binary(max_size=40))
def test_lines_are_conserved_whatever_they_hold(
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

    assert built.raw.lines == built.raw.raw.rows + built.raw.quarantined.rows
    assert built.deduped.raw_rows == built.deduped.deduped.rows + built.deduped.duplicates
    assert built.enriched.deduped_rows == built.enriched.enriched.rows
