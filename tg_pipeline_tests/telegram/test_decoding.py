"""An update's id and type are read, or it has a reason; a wrong field is one null."""

import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lambda_ingest.landing import (
    MAX_NESTING,
    NotAnUpdateError,
    event_time,
    nesting_depth,
    parse_update,
)
from lambda_ingest.update_fields import ValueKind
from tg_pipeline.telegram.decoding import (
    Envelope,
    UnreadableError,
    content_fields,
    read_content,
    read_envelope,
    read_envelopes,
    replace_surrogates,
)
from tg_pipeline.telegram.models import (
    CallbackQuery,
    Chat,
    Entity,
    Message,
    OtherUpdate,
    Poll,
    RichBlock,
    RichMessage,
    RichSpan,
    TelegramObject,
    User,
    content_struct,
)


def envelope_or_reason(payload: bytes) -> Envelope | str:
    try:
        return read_envelope(payload)
    except UnreadableError as error:
        return str(error)


# The envelope: id and type


@pytest.mark.parametrize("kind", ["message", "telepathy", "été", "", "\0"])
def test_the_type_is_the_one_key_besides_the_id_known_or_not(kind: str) -> None:
    contents: list[Any] = [{}, {"date": 1}, [], "text", None, 5]
    for content in contents:
        payload = json.dumps({"update_id": 5, kind: content}).encode()
        assert read_envelope(payload) == Envelope(5, kind)


@pytest.mark.parametrize(
    ("contents", "kind"),
    [
        ({}, None),
        ({"a": {}, "b": {}}, "a"),
        ({"a": 1, "b": {"c": 1}}, "b"),
        ({"a": 1, "b": {}}, "a"),
        ({"a": None, "b": False, "c": [], "d": {}, "e": "", "f": 0, "g": 5}, "g"),
        ({"a": None, "b": [{}]}, "b"),
        ({"a": 1, "b": 2}, "a"),
    ],
)
def test_of_several_types_the_first_with_a_content_wins_an_object_if_possible(
    contents: dict[str, Any], kind: str | None
) -> None:
    for update in ({"update_id": 5} | contents, contents | {"update_id": 5}):
        payload = json.dumps(update, indent=1).encode()
        assert read_envelope(payload) == Envelope(5, kind)


@pytest.mark.parametrize("update_id", [0, 2**53 + 1, 2**63 - 1])
def test_an_id_is_any_whole_number_that_fits_64_bits(update_id: int) -> None:
    assert read_envelope(b'{"update_id": %d}' % update_id).update_id == update_id


@pytest.mark.parametrize(
    "wrong", ["-1", "9223372036854775808", "5.0", "5e0", "true", "null", '"5"', "[5]", "9" * 5_000]
)
def test_any_other_id_is_rejected(wrong: str) -> None:
    payload = f'{{"update_id": {wrong}, "message": {{}}}}'.encode()

    assert envelope_or_reason(payload) == "update_id is no whole number from 0 to 2^63-1"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not JSON"),
        (b'{"update_id": 5', "not JSON"),
        (b'{"update_id": 5} {}', "not JSON"),
        (b'{"update_id": 5, "x": 01}', "not JSON"),
        (b'{"update_id": 5, "x": "a\nb"}', "not JSON"),
        (b'\xef\xbb\xbf{"update_id": 5}', "not JSON"),
        (b'[{"update_id": 5}]', "JSON, but not an object"),
        (b'{"message": {}}', "no update_id"),
        (b'{"update_id": 5, "message": {"text": "\xff"}}', "not UTF-8 at byte 38"),
        (b'{"update_id": 5, "message": {"text": "\xed\xa0\x80"}}', "not UTF-8 at byte 38"),
    ],
)
def test_a_payload_that_is_not_an_update_has_a_reason(payload: bytes, reason: str) -> None:
    assert str(envelope_or_reason(payload)).startswith(reason)


LINES = st.sampled_from(
    [
        b'{"update_id": 5, "message": {"text": "oi"}}',
        b'{"update_id": 6, "poll": {}, "telepathy": {"a": [{"b": "}{"}]}}',
        b'{"update_id": 7}',
        '{"update_id": 8, "été": "}"}'.encode(),
    ]
)
PARTS = LINES | st.sampled_from(
    [
        *(b"{", b"}", b"[", b"]", b'"', b",", b":", b" ", b"\n", b"\r", b"\xff", b"\xc3", b"\xa9"),
        *(
            b'{"a":{}',
            b'{"a":[{}',
            b'{"a":"}',
            b'{y"}',
            b'"b":1}',
            b'{"update_id":',
            b'"update_id"',
        ),
        *(b'{"x": "\\ud800"}', b'{"update_id": -1}', b"{" * MAX_NESTING + b"}" * MAX_NESTING),
    ]
)


@given(st.lists(LINES | st.lists(PARTS, max_size=4).map(b"".join), max_size=6))
def test_lines_that_are_read_at_once_are_those_that_are_read_alone(lines: list[bytes]) -> None:
    at_once, alone = read_envelopes(lines), list(map(envelope_or_reason, lines))

    if at_once is not None:
        assert list(map(Envelope, *at_once)) == alone


@given(st.lists(LINES, min_size=1))
def test_ordinary_lines_are_read_at_once(lines: list[bytes]) -> None:
    assert read_envelopes(lines) is not None


# Nesting


def nested(levels: int) -> bytes:
    """Return an update of so many levels, including the outermost object."""
    inner = levels - 1
    return b'{"update_id": 5, "deep": ' + b"[" * inner + b"]" * inner + b"}"


def at_depth(frames: int, call: Callable[[], object]) -> object:
    return call() if frames == 0 else at_depth(frames - 1, call)


def test_nesting_is_limited() -> None:
    assert read_envelope(nested(MAX_NESTING)) == Envelope(5, "deep")
    assert envelope_or_reason(nested(MAX_NESTING + 1)) == "nested deeper than 200 levels"
    assert envelope_or_reason(nested(100_000)) == "nested deeper than 200 levels"


@pytest.mark.parametrize("levels", [MAX_NESTING, MAX_NESTING + 1, 350, 100_000])
def test_the_result_does_not_depend_on_the_callers_stack(levels: int) -> None:
    frames = sys.getrecursionlimit() * 13 // 20
    unclosed = b'{"update_id": 5, "deep": ' + b"[" * levels

    for payload in (nested(levels), nested(levels).rstrip(b"]}"), b"[" * levels, unclosed):
        result = at_depth(frames, partial(envelope_or_reason, payload))
        assert result == envelope_or_reason(payload)


@pytest.mark.parametrize(
    ("content", "depth"),
    [
        ('{"text": "' + "[" * 300 + '"}', 2),
        ('{"text": "\\"' + "{" * 300 + '"}', 2),
        ('{"text": "\\\\' + "[" * 300 + '"}', 2),
        ("[" + ",".join(["[]"] * 1_000) + "]", 3),
    ],
    ids=["in a text", "after a quote", "after a backslash", "adjacent"],
)
def test_brackets_in_a_text_or_closed_ones_are_not_nesting(content: str, depth: int) -> None:
    payload = f'{{"update_id": 5, "message": {content}}}'.encode()

    assert nesting_depth(payload) == depth
    assert read_envelope(payload) == Envelope(5, "message")


@pytest.mark.timeout(20)
def test_a_megabyte_of_unterminated_quotes_takes_linear_time() -> None:
    reason = envelope_or_reason(b'"\\' * 500_000 + b"[" * 300)

    assert str(reason).startswith("not JSON")


# Surrogates


@pytest.mark.parametrize(
    ("payload", "replaced"),
    [
        (rb'"\uD83D!"', rb'"\ufffd!"'),
        (rb'"\ude00\ud83d"', rb'"\ufffd\ufffd"'),
        (rb'"\ud83d\\ude00"', rb'"\ufffd\\ude00"'),
        (rb'"\\\ud83d"', rb'"\\\ufffd"'),
        (
            rb'"\ud83d\ude00 \\ud83d \u00e9\ue000\ud7ff"',
            rb'"\ud83d\ude00 \\ud83d \u00e9\ue000\ud7ff"',
        ),
        (b'"\xff \\', b'"\xff \\'),
    ],
)
def test_only_lone_surrogates_are_replaced(payload: bytes, replaced: bytes) -> None:
    assert replace_surrogates(payload) == replaced


SURROGATES = st.characters(categories=["Cs"])
TEXTS = st.lists(
    st.text(max_size=3)
    | SURROGATES
    | st.sampled_from(["\\", '"', "u", "d83d", "\\u", "😀", "\\ud83d"])
).map("".join)


def without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return "".join("�" if "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {without_surrogates(name): without_surrogates(item) for name, item in value.items()}
    return value


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=8,
    )
)
@example({"\ud83d": "\ude00\ud83d\\ud83d"})
def test_replacing_surrogates_changes_nothing_else(value: Any) -> None:
    payload = json.dumps(value).encode()

    replaced = replace_surrogates(payload)

    assert msgspec.json.decode(replaced) == without_surrogates(json.loads(payload))
    assert replace_surrogates(replaced) == replaced


# The content

GOOD: dict[str, Any] = {
    "message_id": 2**63 - 1,
    "from": {"id": 3, "is_bot": False, "first_name": "Ana"},
    "chat": {"id": -(2**63), "type": "supergroup"},
    "date": 1_791_378_000,
    "text": "oi",
    "entities": [{"type": "bold", "offset": 0, "length": 2}],
}


def read(content: str, kind: str = "message") -> tuple[TelegramObject | None, int]:
    payload = f'{{"update_id": 5, {json.dumps(kind)}: {content}}}'.encode()
    found = read_content(payload, kind)
    return read_fields(found.value, content_struct(kind)), found.nulled


def read_fields(value: TelegramObject | None, kind: type[TelegramObject]) -> TelegramObject | None:
    """Return a content without the fields that are known, but not read."""
    return value and kind(**{name: getattr(value, name) for name in kind.__struct_fields__})


def read_message(**fields: Any) -> tuple[Message, int]:
    message, nulled = read(json.dumps(GOOD | fields))
    assert isinstance(message, Message)
    return message, nulled


def test_a_valid_message_is_read_completely() -> None:
    assert read_message() == (
        Message(
            message_id=2**63 - 1,
            from_user=User(id=3, is_bot=False, first_name="Ana"),
            chat=Chat(id=-(2**63), type="supergroup"),
            date=1_791_378_000,
            text="oi",
            entities=[Entity(type="bold", offset=0, length=2)],
        ),
        0,
    )


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("message_id", "5"),
        ("message_id", 5.5),
        ("message_id", 2**63),
        ("date", -1),
        ("date", 253_402_300_800),
        ("text", 5),
        ("chat", "a chat"),
        ("entities", {"type": "bold"}),
    ],
)
def test_a_wrong_field_is_nulled_and_counted_and_the_rest_is_kept(name: str, wrong: Any) -> None:
    good, _ = read_message()

    message, nulled = read_message(**{name: wrong})

    assert nulled == 1
    assert msgspec.structs.asdict(message) == msgspec.structs.asdict(good) | {name: None}


@pytest.mark.parametrize("number", ["1e400", "-" + "9" * 5_000])
def test_an_absurd_number_is_nulled_and_counted_if_its_field_is_read(number: str) -> None:
    unread = f'"unread": [{number}]'

    assert read(f'{{"message_id": {number}, "text": "oi"}}') == (Message(text="oi"), 1)
    assert read(f'{{"text": "oi", {unread}}}') == (Message(text="oi"), 0)
    assert read(f'{{"text": "oi", "date": "x", {unread}}}') == (Message(text="oi"), 1)


def test_every_wrong_field_is_counted_also_within_objects() -> None:
    reply = {"message_id": 4, "from": {"id": "x", "username": "a"}}

    message, nulled = read_message(
        date="x", chat={"id": "x", "type": 5}, text=None, reply_to_message=reply
    )

    assert nulled == 4
    assert (message.date, message.chat, message.text) == (None, Chat(), None)
    assert message.reply_to_message is not None
    assert message.reply_to_message.message_id == 4
    assert message.reply_to_message.from_user == User(username="a")


@pytest.mark.parametrize("bad", [5, [], None], ids=repr)
def test_a_wrong_element_of_a_list_is_dropped_and_counted(bad: Any) -> None:
    message, nulled = read_message(entities=[{"type": "bold"}, bad, {"type": "url", "offset": 1}])

    assert message.entities == [Entity(type="bold"), Entity(type="url", offset=1)]
    assert nulled == 1


def test_a_rich_text_keeps_its_valid_parts() -> None:
    link = {"type": "url", "text": ["b", 5], "url": 5}

    message, nulled = read_message(rich_message={"blocks": [{"text": ["a", link, 5]}, 5]})

    kept = RichSpan(type="url", text=["b"])
    assert message.rich_message == RichMessage(blocks=[RichBlock(text=["a", kept])])
    assert nulled == 4


@pytest.mark.parametrize("content", ['"text"', "[{}]", "9" * 5_000, "1e400"])
@pytest.mark.parametrize("kind", ["message", "callback_query", "poll", "telepathy"])
def test_content_that_is_not_an_object_is_nulled_and_counted(kind: str, content: str) -> None:
    assert read(content, kind) == (None, 1)


def test_missing_content_is_not_counted() -> None:
    assert read("null") == (None, 0)
    assert read_content(b'{"update_id": 5}', None).value is None


def test_surrogates_are_replaced_and_nuls_are_kept_without_being_counted() -> None:
    assert read('{"text": "cut \\ud83d", "unread": "\\ude00"}') == (Message(text="cut �"), 0)
    assert read('{"text": "a\\u0000b"}') == (Message(text="a\0b"), 0)


@pytest.mark.parametrize(
    ("kind", "struct"),
    [
        ("edited_channel_post", Message),
        ("callback_query", CallbackQuery),
        ("poll", Poll),
        *((kind, OtherUpdate) for kind in ["message_reaction", "été", "", 'a"b', "a\\b", "a\0b"]),
    ],
)
def test_each_type_is_read_into_its_struct(kind: str, struct: type[TelegramObject]) -> None:
    assert read('{"new": [1]}', kind) == (struct(), 0)


def test_the_keys_of_a_content_keep_their_order() -> None:
    payload = b'{"update_id": 5, "x": {"b": 1, "a": {"c": 2}, "\\ud83d": 3}}'

    assert list(content_fields(payload, "x")) == ["b", "a", "�"]
    assert content_fields(b'{"update_id": 5, "x": [1]}', "x") == {}
    huge = b'{"update_id": 5, "x": {"n": ' + b"9" * 5_000 + b', "z": false, "e": { }}}'
    assert list(content_fields(huge, "x")) == ["n", "z", "e"]


@pytest.mark.parametrize("spoiler", ["1", "9" * 30])
@pytest.mark.parametrize("empty", ["null", "false", "[]", "{}", "{ }", '""', "0"])
def test_a_field_that_is_only_written_out_is_absent(empty: str, spoiler: str) -> None:
    payload = f'{{"update_id": 5, "message": {{"photo": {empty}, "x": {spoiler}}}}}'.encode()

    assert content_fields(payload, "message")["photo"] >= ValueKind.EMPTY_OBJECT
    assert read_content(payload, "message").nulled == 0


# Content of any shape

NAMES = st.sampled_from(["id", "type", "from", "user", "offset", "message", "edited_message"])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**62, 2**65)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=[]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = sorted(
    {field.encode_name for kind in (Message, OtherUpdate) for field in msgspec.structs.fields(kind)}
)
KINDS = st.sampled_from(["message", "edited_channel_post", "callback_query", "poll", "telepathy"])
VALID = GOOD | {
    "photo": [{"file_unique_id": "a", "file_size": 10}],
    "reply_to_message": {"message_id": 4, "from": {"id": 9}},
    "new_reaction": [{"type": "emoji", "emoji": "👍"}],
}


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a content in which some fields, or elements of them, were replaced, but not the text."""
    content = VALID | draw(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3))
    for name in draw(st.sets(st.sampled_from(["entities", "photo", "new_reaction"]))):
        content[name] = draw(st.lists(JSON | st.just(VALID["entities"][0]), max_size=3))
    for name in draw(st.sets(st.sampled_from(["from", "chat", "reply_to_message"]))):
        inside = st.dictionaries(st.sampled_from(["id", "is_bot", "title", "from"]), JSON)
        content[name] = {"id": 3} | draw(inside)
    return content | {"text": "kept"}


@given(KINDS | st.text(st.characters(exclude_categories=[])), mutated() | JSON)
def test_content_of_any_shape_is_read_with_its_valid_fields_and_can_be_written_again(
    kind: str, content: Any
) -> None:
    payload = json.dumps({"update_id": 5} | {kind: content}).encode()
    update_type = read_envelope(payload).update_type if kind != "update_id" else None

    found = read_content(payload, update_type)

    if update_type is not None:
        content_fields(payload, update_type)
    value = read_fields(found.value, content_struct(kind))
    assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value
    if kind == "message" and isinstance(content, dict) and content.get("text") == "kept":
        assert isinstance(found.value, Message)
        assert found.value.text == "kept"


# Agreement with ingestion

DATES = {"date": 1_791_378_000, "edit_date": 1_791_378_001}
CONTENTS = st.dictionaries(
    NAMES | st.just("update_id") | st.text(max_size=5), JSON | st.just(DATES), max_size=3
)
UPDATES = CONTENTS | st.builds(
    lambda update_id, contents: contents | {"update_id": update_id},
    st.integers(0, 2**63 - 1),
    CONTENTS,
)
WRITTEN = st.builds(
    lambda value, indent, as_ascii: json.dumps(value, indent=indent, ensure_ascii=as_ascii),
    UPDATES | JSON,
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
).map(lambda text: text.encode("utf-8", "surrogatepass"))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw an update in which a few bytes were replaced, added or lost."""
    body = draw(WRITTEN)
    at, lost = draw(st.integers(0, len(body))), draw(st.integers(0, 2))
    put = draw(st.binary(max_size=2) | st.sampled_from([b'"', b"\\ud8", b"{", b"}", b",", b"1e"]))
    return body[:at] + put + body[at + lost :]


def landed(body: bytes) -> dict[str, Any] | None:
    try:
        return parse_update(body)
    except NotAnUpdateError:
        return None


@settings(max_examples=150)
@given(WRITTEN | damaged() | st.binary())
@example(b'{"update_id": 5, "\\ud83d": {"date": 1791378000}}')
@example(b'{"update_id": 4, "update_id": 5, "a": 1, "a": {"date": 1791378000}}')
@example(b'{"update_id": 5.0}')
@example(b'{"update_id": 5, "x": 1e400}')
@example(b'{"update_id": 5, "note": 1, "message": {"date": 1791378000}}')
@example(b'{"message": {"date": 1791378000}, "edited_x": {"edit_date": 1}, "update_id": 5}')
def test_ingestion_and_layers_agree_on_updates_ids_and_dates(body: bytes) -> None:
    update = landed(body)

    if update is None:
        assert isinstance(envelope_or_reason(body), str)
        return
    envelope = read_envelope(body)
    assert envelope.update_id == update["update_id"]
    typed = {
        name: content
        for name, content in update.items()
        if without_surrogates(name) == envelope.update_type
    }
    assert event_time(typed) == event_time(update)
