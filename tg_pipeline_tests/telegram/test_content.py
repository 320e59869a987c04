"""One wrong field of an update is one null, and never an exception."""

import json
from typing import Any

import msgspec
import pytest

from tg_pipeline.telegram.decoding import content_keys, read_content
from tg_pipeline.telegram.models import (
    CallbackQuery,
    Chat,
    Entity,
    Message,
    OtherUpdate,
    Poll,
    TelegramObject,
    User,
)

GOOD = {
    "message_id": 5,
    "from": {"id": 3, "is_bot": False, "first_name": "Ana"},
    "chat": {"id": -1_001, "type": "supergroup"},
    "date": 1_791_378_000,
    "text": "oi",
    "entities": [{"type": "bold", "offset": 0, "length": 2}],
}


def read(content: str, kind: str = "message") -> tuple[TelegramObject | None, int]:
    payload = f'{{"update_id": 5, {json.dumps(kind)}: {content}}}'.encode()
    found = read_content(payload, kind)
    return found.part, found.nulled


def message(**fields: Any) -> tuple[Message, int]:
    part, nulled = read(json.dumps(GOOD | fields))
    assert isinstance(part, Message)
    return part, nulled


def test_a_good_message_is_read_whole() -> None:
    part, nulled = message()

    assert nulled == 0
    assert (part.message_id, part.date, part.text) == (5, 1_791_378_000, "oi")
    assert part.from_user == User(id=3, is_bot=False, first_name="Ana")
    assert part.chat == Chat(id=-1_001, type="supergroup")
    assert part.entities == [Entity(type="bold", offset=0, length=2)]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("message_id", "5"),
        ("message_id", True),
        ("message_id", 5.5),
        ("message_id", 2**63),
        ("message_id", -(2**63) - 1),
        ("date", -1),
        ("date", 253_402_300_800),
        ("date", [1_791_378_000]),
        ("text", 5),
        ("text", {"text": "oi"}),
        ("chat", "a chat"),
        ("chat", [1]),
        ("entities", {"type": "bold"}),
    ],
)
def test_a_wrong_field_is_left_out_and_counted_and_the_rest_stands(name: str, wrong: Any) -> None:
    good, _ = message()

    part, nulled = message(**{name: wrong})

    assert nulled == 1
    assert getattr(part, name) is None
    assert msgspec.structs.asdict(part) == msgspec.structs.asdict(good) | {name: None}


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5_000, "-" + "9" * 5_000])
def test_an_absurd_number_is_left_out_and_counted(number: str) -> None:
    part, nulled = read(f'{{"message_id": {number}, "text": "oi"}}')

    assert part == Message(text="oi")
    assert nulled == 1


def test_an_absurd_number_in_a_field_that_nobody_reads_costs_nothing() -> None:
    unread = f'"unread": [{"9" * 5_000}, 1e400]'

    assert read(f'{{"text": "oi", {unread}}}') == (Message(text="oi"), 0)
    assert read(f'{{"text": "oi", "date": "x", {unread}}}') == (Message(text="oi"), 1)


def test_the_bounds_of_64_bits_are_kept() -> None:
    part, nulled = message(message_id=2**63 - 1, chat={"id": -(2**63)})

    assert (part.message_id, part.chat, nulled) == (2**63 - 1, Chat(id=-(2**63)), 0)


def test_a_wrong_field_deep_inside_leaves_what_is_around_it() -> None:
    part, nulled = message(reply_to_message={"message_id": 4, "from": {"id": "x", "username": "a"}})

    assert nulled == 1
    assert part.reply_to_message is not None
    assert part.reply_to_message.message_id == 4
    assert part.reply_to_message.from_user == User(username="a")


def test_several_wrong_fields_are_each_counted() -> None:
    part, nulled = message(date="x", chat={"id": "x", "type": 5}, text=None)

    assert nulled == 3
    assert (part.date, part.chat, part.text) == (None, Chat(), None)


@pytest.mark.parametrize("bad", [5, "bold", [], None], ids=repr)
def test_of_a_list_with_one_bad_element_the_others_stand(bad: Any) -> None:
    part, nulled = message(entities=[{"type": "bold"}, bad, {"type": "url", "offset": 1}])

    assert part.entities == [Entity(type="bold"), Entity(type="url", offset=1)]
    assert nulled == 1


@pytest.mark.parametrize("content", ["5", '"text"', "[]", "[{}]", "true", "9" * 5_000, "1e400"])
@pytest.mark.parametrize("kind", ["message", "callback_query", "poll", "telepathy"])
def test_content_that_is_no_object_is_left_out_and_counted(kind: str, content: str) -> None:
    assert read(content, kind) == (None, 1)


def test_no_content_is_nothing_to_count() -> None:
    assert read("null") == (None, 0)
    assert read_content(b'{"update_id": 5}', None).part is None


def test_half_a_surrogate_pair_is_replaced_and_no_fault() -> None:
    part, nulled = read('{"text": "cut \\ud83d", "unread": "\\ude00"}')

    assert (part, nulled) == (Message(text="cut �"), 0)


def test_a_nul_in_a_text_stays() -> None:
    assert read('{"text": "a\\u0000b"}') == (Message(text="a\0b"), 0)


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("edited_channel_post", Message()),
        ("callback_query", CallbackQuery()),
        ("poll", Poll()),
        ("message_reaction", OtherUpdate()),
    ],
)
def test_each_type_is_read_as_what_it_is(kind: str, part: Any) -> None:
    assert read("{}", kind) == (part, 0)


@pytest.mark.parametrize(
    "kind", ["telepathy", "été", "", "content", "a.b", 'a"b', "a\\b", "a\nb", "a\0b"], ids=repr
)
def test_a_type_that_nobody_knows_yet_is_read_as_an_event(kind: str) -> None:
    part, nulled = read('{"date": 1, "from": {"id": 3}, "new": [1]}', kind)

    assert (part, nulled) == (OtherUpdate(date=1, from_user=User(id=3)), 0)


def test_the_keys_of_a_content_are_given_in_their_order() -> None:
    payload = b'{"update_id": 5, "x": {"b": 1, "a": {"c": 2}, "\\ud83d": 3}}'

    assert content_keys(payload, "x") == ["b", "a", "�"]
    assert content_keys(b'{"update_id": 5, "x": [1]}', "x") == []
    assert content_keys(b'{"update_id": 5, "x": {"n": ' + b"9" * 5_000 + b"}}", "x") == ["n"]
