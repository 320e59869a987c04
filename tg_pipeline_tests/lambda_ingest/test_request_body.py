"""A body comes out of an event as it was sent, byte for byte."""

import base64
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambda_ingest.http_events import InvalidHttpEventError, read_body
from tg_pipeline_tests.lambda_ingest.events import http_event, in_base64, rest_event

EVENTS = st.sampled_from([http_event, rest_event])


@given(EVENTS, st.binary())
@example(http_event, b'{"update_id": 5}')
@example(rest_event, b"\xff")
@example(rest_event, "😀\x00\u2028".encode())
def test_every_body_comes_out_as_it_was_sent(event: Any, body: bytes) -> None:
    assert read_body(event(body)) == body


@given(EVENTS, st.text())
def test_a_text_in_base64_comes_out_the_same(event: Any, text: str) -> None:
    plain = event(text.encode())

    assert read_body(in_base64(plain)) == read_body(plain)


@pytest.mark.parametrize("event", [http_event, rest_event])
def test_a_request_without_a_body_has_an_empty_one(event: Any) -> None:
    named = event(None)
    unnamed = {name: value for name, value in named.items() if name != "body"}

    assert read_body(named) == b""
    assert read_body(unnamed) == b""


@pytest.mark.parametrize("body", [5, True, [], {}, ["{}"]], ids=repr)
def test_a_body_that_is_no_text_is_none(body: Any) -> None:
    with pytest.raises(InvalidHttpEventError, match=r"The event's body is no text\."):
        read_body(http_event(b"") | {"body": body})


@pytest.mark.parametrize("body", ["{}", "YQ", "YQ==\n", "Y Q==", "é", "\ud83d", "YQ==YQ=="])
def test_what_only_says_it_is_base64_is_no_body(body: str) -> None:
    with pytest.raises(InvalidHttpEventError, match=r"not base64, as it says\."):
        read_body(http_event(b"") | {"body": body, "isBase64Encoded": True})


@pytest.mark.parametrize("flag", [False, None, 0])
def test_what_does_not_say_it_is_base64_is_taken_as_it_stands(flag: Any) -> None:
    text = base64.b64encode(b"{}").decode()

    assert read_body(http_event(b"") | {"body": text, "isBase64Encoded": flag}) == text.encode()


def test_half_a_surrogate_pair_stays_one() -> None:
    body = read_body(http_event(b"") | {"body": "\ud83d"})

    assert body.decode("utf-8", "surrogatepass") == "\ud83d"


@pytest.mark.parametrize("event", [None, [], "POST", 5])
def test_an_event_that_is_no_object_has_no_body(event: Any) -> None:
    assert read_body(event) == b""
