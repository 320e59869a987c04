"""What can't be an update is kept, with the reason, and can be had back."""

import hashlib
import json
import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambda_ingest.landing import LandedUpdate, RejectedBody, TrustLevel, land, unwrap_rejected

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
LATE_EVENING = datetime(2026, 10, 7, 2, 30, tzinfo=UTC)
NO_ID = "no update_id that is a whole number from 0 to 2^63-1"

GARBAGE = {
    "nothing": (b"", "empty"),
    "blanks": (b" \r\n\t", "empty"),
    "not UTF-8": (b'{"update_id": 5, "text": "\xff"}', "not UTF-8 (byte 26)"),
    "UTF-16": ('{"update_id": 5}'.encode("utf-16"), "not UTF-8 (byte 0)"),
    "a byte order mark": (b'\xef\xbb\xbf{"update_id": 5}', "not JSON"),
    "NaN": (b'{"update_id": 5, "x": NaN}', "NaN is no JSON value"),
    "Infinity": (b'{"update_id": 5, "x": -Infinity}', "-Infinity is no JSON value"),
    "cut off": (b'{"update_id": 5, "message": {"te', "not JSON"),
    "two updates": (b'{"update_id": 5}{"update_id": 6}', "not JSON"),
    "a form": (b"update_id=5", "not JSON"),
    "an array": (b'[{"update_id": 5}]', "not an object"),
    "a number": (b"5", "not an object"),
    "null": (b"null", "not an object"),
    "no id": (b'{"message": {}}', NO_ID),
    "an id of 2^63": (b'{"update_id": 9223372036854775808}', NO_ID),
    "an id below 0": (b'{"update_id": -1}', NO_ID),
    "true for an id": (b'{"update_id": true}', NO_ID),
    "a text for an id": (b'{"update_id": "5"}', NO_ID),
    "a float for an id": (b'{"update_id": 5.0}', NO_ID),
    "null for an id": (b'{"update_id": null}', NO_ID),
    "nesting": (b'{"update_id": 5, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deeply"),
    "5,000 digits": (b'{"update_id": 5, "x": ' + b"9" * 5_000 + b"}", "digits"),
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def offer(body: bytes) -> LandedUpdate | RejectedBody:
    return land(body, bot_id=7, arrived_at=LATE_EVENING, zone=SAO_PAULO, sender=TrustLevel.NETWORK)


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_no_update_is_rejected_with_a_reason_in_one_sentence(name: str) -> None:
    body, reason = GARBAGE[name]

    result = offer(body)

    assert isinstance(result, RejectedBody)
    assert reason in result.reason
    assert re.fullmatch(r"The body .+\.", result.reason)


@pytest.mark.parametrize("name", GARBAGE)
def test_it_is_kept_under_the_day_of_arrival_by_its_digest(name: str) -> None:
    body, _ = GARBAGE[name]

    result = offer(body)

    digest = hashlib.sha256(body).hexdigest()
    assert result.key == f"rejected/context_date=2026-10-06/{digest}.json"
    assert result.day == date(2026, 10, 6)


def test_the_kept_object_is_json_that_says_the_reason() -> None:
    result = offer(b"\xff")

    assert isinstance(result, RejectedBody)
    assert json.loads(result.body)["reason"] == result.reason


@given(st.binary() | st.text().map(str.encode) | JSON.map(json.dumps).map(str.encode))
@example(offer(b"once").body)
@example(offer(offer(b"twice").body).body)
@example(GARBAGE["nesting"][0])
def test_whatever_comes_lands_or_is_rejected_and_can_be_had_back(body: bytes) -> None:
    result = offer(body)

    original = unwrap_rejected(result.body) if isinstance(result, RejectedBody) else result.body
    assert original == body


@given(st.binary() | st.binary().map(b'{"reason": '.__add__))
@example(b'{"reason": ' + b"[" * 100_000)
@example(b'{"reason": "\xff", "body_base64": ""}')
@example(b'{"reason": "none"}')
def test_what_was_never_rejected_is_given_back_as_it_is(body: bytes) -> None:
    assert unwrap_rejected(body) == body


@pytest.mark.parametrize("inside", [None, 5, 1.5, True, [], {}, "é", "Y", "not base64", "!!!!"])
def test_what_only_looks_like_a_rejected_object_is_given_back_as_it_is(inside: Any) -> None:
    body = json.dumps({"reason": "none", "body_base64": inside}).encode()

    assert unwrap_rejected(body) == body


def test_an_update_that_begins_like_a_rejected_object_is_given_back_as_it_is() -> None:
    body = json.dumps({"reason": "none", "body_base64": "YQ==", "update_id": 5}).encode()

    assert unwrap_rejected(body) == body
