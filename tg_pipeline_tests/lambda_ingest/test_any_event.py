"""Whatever comes, the door answers; and what it says it has, it has."""

import base64
import gzip
import json
import re
from collections.abc import Callable
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from lambda_ingest import webhook
from lambda_ingest.landing import unwrap_rejected
from tg_pipeline_tests.lambda_ingest.arbitrary import (
    ANY_TEXT,
    BATCHES,
    CALLS,
    EVENTS,
    JSON,
    mutated,
)
from tg_pipeline_tests.lambda_ingest.conftest import Container, update
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event, rest_event

NewContainer = Callable[..., Container]
NUMBERS = count()
DOCUMENTED = {int(status) for status in re.findall(r"\d{3}", str(webhook.__doc__))}


def new(new_container: NewContainer, secret: str = SECRET) -> Container:
    uri = f"memory://any-event/{next(NUMBERS)}"
    settings = {"TG_LANDING_URI": uri, "TELEGRAM_SECRET_TOKEN": secret}
    container: Container = new_container(**settings)
    return container


def kept_by(container: Container) -> list[bytes]:
    """Give every body that a door has, as it came."""
    return [
        body
        for key, stored in container.stored().items()
        for body in (
            gzip.decompress(stored).splitlines()
            if key.endswith(".gz")
            else [unwrap_rejected(stored)]
        )
    ]


def body_of(event: Any) -> bytes:
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else sent(body)


def sent(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@examples(max_examples=400)
@given(EVENTS)
def test_any_event_is_answered_as_documented_and_what_is_answered_200_is_kept(
    new_container: NewContainer, event: Any
) -> None:
    container = new(new_container)

    answer = container.handle(event)

    assert json.loads(json.dumps(answer)) == answer
    assert len(container.lines()) == 1
    if set(answer) == {"batchItemFailures"}:
        return
    assert answer["statusCode"] in DOCUMENTED
    assert kept_by(container) == ([body_of(event)] if answer["statusCode"] == 200 else [])


@examples(max_examples=300)
@given(EVENTS)
def test_nothing_of_a_stranger_s_is_stored(new_container: NewContainer, event: Any) -> None:
    container = new(new_container, secret="another")  # noqa: S106 - a door's of its own

    answer = container.handle(event)

    assert answer.get("statusCode") != 200
    assert container.stored() == {}


@given(CALLS)
def test_a_call_of_telegram_s_is_kept_byte_for_byte(
    new_container: NewContainer, event: dict[str, Any]
) -> None:
    container = new(new_container)

    assert container.handle(event)["statusCode"] == 200
    assert kept_by(container) == [body_of(event)]


@examples(max_examples=200)
@given(BATCHES | mutated(BATCHES))
def test_a_message_of_telegram_s_is_kept_or_comes_again(
    new_container: NewContainer, event: dict[str, Any]
) -> None:
    container = new(new_container)

    answer = container.handle(event)

    kept = kept_by(container)
    again = [each["itemIdentifier"] for each in answer.get("batchItemFailures", [])]
    for each in event.get("Records", []) if "batchItemFailures" in answer else []:
        match each:
            case {
                "body": str(body),
                "messageId": str(message_id),
                "messageAttributes": {"secret_token": {"stringValue": secret}},
            } if secret == SECRET and message_id not in again:
                on_one_line = sent(body).replace(b"\r", b" ").replace(b"\n", b" ")
                assert sent(body) in kept or on_one_line in kept


@given(st.dictionaries(ANY_TEXT, JSON, max_size=4), st.sampled_from([http_event, rest_event]))
def test_no_headers_but_the_secret_s_let_anyone_in(
    new_container: NewContainer, headers: dict[str, Any], wrap: Callable[..., dict[str, Any]]
) -> None:
    container = new(new_container)
    event = wrap(update(5)) | {"headers": headers, "multiValueHeaders": None}
    as_telegram = headers | {"x-Telegram-bot-API-secret-token": SECRET}

    assert container.handle(event)["statusCode"] == 403
    assert container.stored() == {}
    assert container.handle(event | {"headers": as_telegram})["statusCode"] == 200
