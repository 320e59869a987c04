"""Events of every shape: those that AWS sends, those that it nearly sends, and any JSON."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tg_pipeline_tests.lambda_ingest.conftest import update
from tg_pipeline_tests.lambda_ingest.events import (
    SECRET,
    http_event,
    in_base64,
    queue_event,
    record,
    rest_event,
)

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


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Give every place in an event: what holds it, and its key or index there."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in list(members):
        yield value, key
        if isinstance(member, dict | list):
            yield from places(member)


@st.composite
def mutated(draw: st.DrawFn, events: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """Draw an event in which some members are others, are gone, or have other names."""
    event = copy.deepcopy(draw(events))
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(event))
        if not found:
            break
        holder, key = draw(st.sampled_from(found))
        match draw(st.sampled_from(["other", "gone", "renamed"])):
            case "other":
                holder[key] = draw(JSON)
            case "renamed" if isinstance(holder, dict):
                holder[draw(ANY_TEXT | st.just(key.swapcase()))] = holder.pop(key)
            case _:
                del holder[key]
    return event


EVENTS = JSON | CALLS | BATCHES | mutated(CALLS) | mutated(BATCHES)
