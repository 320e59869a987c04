"""The door and the layers read an update alike: what lands is read, and as what it landed."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lambda_ingest.landing import NotAnUpdateError, event_time, parse_update
from tg_pipeline.telegram.decoding import UnreadableError, read_envelope

NAMES = st.sampled_from(["message", "edited_message", "poll", "x"]) | st.text(max_size=5)
DATES = {"date": 1_791_378_000, "edit_date": 1_791_378_001}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
IDS = st.integers(0, 2**63 - 1) | JSON
CONTENTS = st.dictionaries(NAMES, JSON | st.just(DATES) | st.just({}), max_size=3)
UPDATES = st.builds(
    lambda contents, update_id, last: (
        contents | {"update_id": update_id} if last else {"update_id": update_id} | contents
    ),
    CONTENTS,
    IDS,
    st.booleans(),
)
SPELLINGS = st.builds(
    lambda value, indent, as_ascii: json.dumps(value, indent=indent, ensure_ascii=as_ascii),
    UPDATES | JSON,
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
).map(str.encode)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw an update in which a few bytes were replaced, added or lost."""
    body = draw(SPELLINGS)
    at, lost = draw(st.integers(0, len(body))), draw(st.integers(0, 2))
    put = draw(st.binary(max_size=2) | st.sampled_from([b'"', b"\\ud8", b"{", b"}", b",", b"1e"]))
    return body[:at] + put + body[at + lost :]


def landed(body: bytes) -> dict[str, Any] | None:
    try:
        return parse_update(body)
    except NotAnUpdateError:
        return None


def mended(name: str) -> str:
    return "".join("�" if "\ud800" <= char <= "\udfff" else char for char in name)


@settings(max_examples=300)
@given(SPELLINGS | damaged() | st.binary())
@example(b'{"update_id": 5, "\\ud83d": {"date": 1791378000}}')
@example(b'{"update_id": 4, "update_id": 5, "a": 1, "a": {"date": 1791378000}}')
@example(b'{"update_id": -0}')
@example(b'{"update_id": 5.0}')
@example(b'{"update_id": 5, "x": 1e400}')
@example(b'{"update_id": 5, "x": "\\u12"}')
def test_what_lands_is_read_with_the_same_id_and_what_does_not_is_not_read(body: bytes) -> None:
    update = landed(body)

    if update is None:
        with pytest.raises(UnreadableError):
            read_envelope(body)
    else:
        assert read_envelope(body).update_id == update["update_id"]


@settings(max_examples=300)
@given(SPELLINGS)
@example(b'{"update_id": 5, "note": 1, "message": {"date": 1791378000}}')
@example(b'{"message": {"date": 1791378000}, "edited_x": {"edit_date": 1}, "update_id": 5}')
@example(b'{"update_id": 5, "a": {}, "message": {"date": 1791378000}}')
def test_the_type_is_the_name_of_the_content_that_dates_the_update(body: bytes) -> None:
    update = landed(body)
    if update is None:
        return

    kind = read_envelope(body).update_type

    alone = {name: content for name, content in update.items() if mended(name) == kind}
    assert event_time(alone) == event_time(update)


def test_a_number_too_long_for_the_door_is_no_harm_to_a_layer() -> None:
    body = b'{"update_id": 5, "message": {"x": ' + b"9" * 5_000 + b"}}"

    assert landed(body) is None
    assert read_envelope(body).update_type == "message"
