"""An answer takes the shape that gateways read, with the bot's own bytes in it."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest.http_events import HttpResponse


def body_of(event: dict[str, Any]) -> bytes:
    """Read a body as a gateway does."""
    body: str = event["body"]
    return base64.b64decode(body) if event["isBase64Encoded"] else body.encode()


@pytest.mark.parametrize("status", [200, 403, 413, 500])
def test_a_door_says_its_status_and_nothing_else(status: int) -> None:
    assert HttpResponse(status).as_event() == {
        "statusCode": status,
        "headers": {},
        "body": "",
        "isBase64Encoded": False,
    }


def test_the_reason_is_for_the_journal_and_is_not_sent() -> None:
    assert HttpResponse(500, why="The store failed.").as_event() == HttpResponse(500).as_event()


def test_a_text_is_sent_as_it_is_with_its_headers() -> None:
    said = HttpResponse(200, '{"text": "olá"}'.encode(), {"Content-Type": "application/json"})

    event = said.as_event()

    assert event["body"] == '{"text": "olá"}'
    assert event["headers"] == {"Content-Type": "application/json"}
    assert event["isBase64Encoded"] is False


@given(st.binary() | st.text().map(str.encode))
def test_any_body_goes_through_a_gateway_byte_for_byte(body: bytes) -> None:
    event = json.loads(json.dumps(HttpResponse(200, body).as_event()))

    assert body_of(event) == body
