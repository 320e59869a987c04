"""Events of any shape get a documented response, and what is confirmed is stored."""

import copy
import gzip
import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from lambda_ingest import webhook
from lambda_ingest.landing import unwrap_rejected
from lambda_ingest.web.http_events import read_body
from tg_pipeline_tests.lambda_ingest.conftest import Container, update
from tg_pipeline_tests.lambda_ingest.events import (
    SECRET,
    http_event,
    in_base64,
    queue_event,
    record,
    rest_event,
)

NewContainer = Callable[..., Container]
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
UPDATES = st.builds(update, st.integers(0, 3), st.sampled_from(["message", "poll"]), text=ANY_TEXT)
BODIES = UPDATES | JSON.map(json.dumps).map(str.encode) | st.binary(max_size=20)
TEXTS = BODIES.map(lambda body: body.decode("utf-8", "replace").encode())
RECORDS = st.builds(record, TEXTS, ANY_TEXT, st.sampled_from([SECRET, None, "guessed"]))
CALLS = (
    st.builds(http_event, BODIES)
    | st.builds(rest_event, BODIES)
    | st.builds(http_event, TEXTS).map(in_base64)
)
BATCHES = st.lists(RECORDS, min_size=1, max_size=4).map(lambda records: queue_event(*records))


def positions(value: Any) -> Iterator[tuple[Any, Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in list(members):
        yield value, key
        if isinstance(member, dict | list):
            yield from positions(member)


@st.composite
def mutated(draw: st.DrawFn, events: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    event = copy.deepcopy(draw(events))
    for _ in range(draw(st.integers(1, 3))):
        found = list(positions(event))
        if not found:
            break
        holder, key = draw(st.sampled_from(found))
        match draw(st.sampled_from(["replaced", "removed", "renamed"])):
            case "replaced":
                holder[key] = draw(JSON)
            case "renamed" if isinstance(holder, dict):
                holder[draw(ANY_TEXT | st.just(key.swapcase()))] = holder.pop(key)
            case _:
                del holder[key]
    return event


EVENTS = JSON | CALLS | BATCHES | mutated(CALLS) | mutated(BATCHES)

NUMBERS = count()
DOCUMENTED = {int(status) for status in re.findall(r"\d{3}", str(webhook.__doc__))}


def new(new_container: NewContainer, secret: str = SECRET) -> Container:
    uri = f"memory://any-event/{next(NUMBERS)}"
    settings = {"TG_LANDING_URI": uri, "TELEGRAM_SECRET_TOKEN": secret}
    container: Container = new_container(**settings)
    return container


def stored_bodies(container: Container) -> list[bytes]:
    return [
        body
        for key, stored in container.stored().items()
        for body in (
            gzip.decompress(stored).splitlines()
            if key.endswith(".gz")
            else [unwrap_rejected(stored)]
        )
    ]


def sent(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@examples(max_examples=100)
@given(EVENTS)
def test_any_event_gets_a_documented_response_and_only_with_the_secret_200_and_is_stored(
    new_container: NewContainer, event: Any
) -> None:
    container, other = new(new_container), new(new_container, secret="another-secret-of-5")  # noqa: S106

    response = container.handle(event)

    assert other.handle(event).get("statusCode") != 200
    assert other.stored() == {}
    assert json.loads(json.dumps(response)) == response
    assert len(container.lines()) == 1
    if set(response) == {"batchItemFailures"}:
        return
    assert response["statusCode"] in DOCUMENTED
    assert stored_bodies(container) == ([read_body(event)] if response["statusCode"] == 200 else [])


@examples(max_examples=50)
@given(BATCHES | mutated(BATCHES))
def test_every_message_of_telegram_is_stored_or_delivered_again(
    new_container: NewContainer, event: dict[str, Any]
) -> None:
    container = new(new_container)

    response = container.handle(event)

    kept = stored_bodies(container)
    again = [each["itemIdentifier"] for each in response.get("batchItemFailures", [])]
    for each in event.get("Records", []) if "batchItemFailures" in response else []:
        match each:
            case {
                "body": str(body),
                "messageId": str(message_id),
                "messageAttributes": {"secret_token": {"stringValue": secret}},
            } if secret == SECRET and message_id not in again:
                on_one_line = sent(body).replace(b"\r", b" ").replace(b"\n", b" ")
                assert sent(body) in kept or on_one_line in kept
