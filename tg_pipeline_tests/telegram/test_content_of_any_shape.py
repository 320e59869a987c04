"""Whatever stands in the place of whatever field, content is read and can be written again."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.telegram.decoding import content_keys, read_content, read_envelope
from tg_pipeline.telegram.models import Message, OtherUpdate

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**62, 2**65)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=[]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "from", "user", "offset", "message"]) | st.text(),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
FIELDS = sorted(
    {field.encode_name for part in (Message, OtherUpdate) for field in msgspec.structs.fields(part)}
)
KINDS = st.sampled_from(["message", "edited_channel_post", "callback_query", "poll", "telepathy"])
VALID: dict[str, Any] = {
    "message_id": 5,
    "from": {"id": 3, "is_bot": False, "first_name": "Ana"},
    "chat": {"id": -1_001, "type": "supergroup", "title": "Course"},
    "date": 1_791_378_000,
    "text": "oi",
    "entities": [{"type": "bold", "offset": 0, "length": 2}],
    "photo": [{"file_unique_id": "a", "file_size": 10}],
    "reply_to_message": {"message_id": 4, "from": {"id": 9}},
    "new_reaction": [{"type": "emoji", "emoji": "👍"}],
}


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid content some of whose fields, or of their elements, were replaced."""
    content = VALID | draw(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3))
    for name in draw(st.sets(st.sampled_from(["entities", "photo", "new_reaction"]))):
        content[name] = draw(st.lists(JSON | st.just(VALID["entities"][0]), max_size=3))
    for name in draw(st.sets(st.sampled_from(["from", "chat", "reply_to_message"]))):
        inside = st.dictionaries(st.sampled_from(["id", "is_bot", "title", "from"]), JSON)
        content[name] = {"id": 3} | draw(inside)
    return content


@settings(max_examples=400)
@given(KINDS, mutated() | JSON)
def test_nothing_raises_and_what_is_read_can_be_written(kind: str, content: Any) -> None:
    payload = json.dumps({"update_id": 5, kind: content}).encode()

    found = read_content(payload, read_envelope(payload).update_type)

    again = msgspec.json.decode(msgspec.json.encode(found.part), type=type(found.part))
    assert again == found.part
    assert found.nulled >= 0


@given(st.text(st.characters(exclude_categories=[])), JSON)
def test_nothing_raises_whatever_the_type_is_called(kind: str, content: Any) -> None:
    payload = json.dumps({"update_id": 5} | {kind: content}).encode()

    kind_read = read_envelope(payload).update_type if kind != "update_id" else None

    read_content(payload, kind_read)
    if kind_read is not None:
        content_keys(payload, kind_read)


@given(mutated())
def test_a_field_that_is_right_stands_whatever_is_wrong_beside_it(content: dict[str, Any]) -> None:
    payload = json.dumps({"update_id": 5, "message": content | {"text": "kept"}}).encode()

    part = read_content(payload, "message").part

    assert isinstance(part, Message)
    assert part.text == "kept"
