"""An update takes the next id and is rendered once, or takes none and is dropped."""

import json

from tg_pipeline_tests.telegram_server.conftest import Caller
from tg_pipeline_tests.telegram_server.server import FIRST_UPDATE_ID, TelegramServer
from tg_pipeline_tests.telegram_server.updates import Draft


def test_ids_follow_each_other(telegram: TelegramServer) -> None:
    ids = [telegram.user_sends(5, "a"), telegram.push({"poll": {"id": "1"}, "update_id": 3})]
    telegram.skip_update_ids(2)
    ids.append(telegram.push(b'{"update_id": 9}'))

    assert ids == [FIRST_UPDATE_ID, FIRST_UPDATE_ID + 1, FIRST_UPDATE_ID + 4]
    assert telegram.pending == ids == list(telegram.sent)


def test_bytes_stay_as_they_are_but_for_the_id(telegram: TelegramServer) -> None:
    telegram.push(b'{ "update_id" : 9,\r\n"poll": {"text": "\\ud83d \\u0000"} }\n')
    telegram.push(b"\xff not JSON")
    telegram.push(b"[" * 100_000)

    assert list(telegram.sent.values()) == [
        b'{ "update_id" : %d,\r\n"poll": {"text": "\\ud83d \\u0000"} }\n' % FIRST_UPDATE_ID,
        b"\xff not JSON",
        b"[" * 100_000,
    ]


def test_an_update_is_written_as_telegram_writes_it(telegram: TelegramServer) -> None:
    update_id = telegram.push({"poll": {"question": "olá?"}})

    assert update_id is not None
    expected = b'{"update_id":%d,\n"poll":{"question":"ol\\u00e1?"}}' % update_id
    assert telegram.sent[update_id] == expected


def test_an_update_without_contents_is_its_id() -> None:
    assert Draft.of({}).numbered(8).body == b'{"update_id":8}'


def test_what_a_user_writes_is_a_message(telegram: TelegramServer) -> None:
    telegram.user_sends(5, "first")
    telegram.user_sends(-100, "/start now", user_id=6, reply_to=1, date=1_790_000_000)

    first, second = (json.loads(body)["message"] for body in telegram.sent.values())

    assert (first["message_id"], first["chat"]["type"], first["from"]["id"]) == (1, "private", 5)
    assert (second["message_id"], second["chat"]["type"]) == (1, "supergroup")
    assert (second["from"]["id"], second["date"]) == (6, 1_790_000_000)
    assert second["reply_to_message"]["message_id"] == 1
    assert second["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


def test_three_types_are_off_until_they_are_asked_for(
    telegram: TelegramServer, call: Caller
) -> None:
    reaction = {"message_reaction": {"chat": {"id": 5}}}

    before = telegram.push(reaction)
    call("getUpdates", allowed_updates=["message_reaction"])
    asked = [telegram.push(reaction), telegram.user_sends(5, "dropped")]
    call("getUpdates")
    kept = telegram.push(reaction)
    call("getUpdates", allowed_updates=[])
    default = [telegram.push(reaction), telegram.user_sends(5, "a")]

    first = FIRST_UPDATE_ID
    assert (before, asked, kept, default) == (None, [first, None], first + 1, [None, first + 2])


def test_a_type_of_the_future_is_an_update_too(telegram: TelegramServer) -> None:
    assert telegram.push({"telepathy": {"thought": "?"}}) == FIRST_UPDATE_ID


def test_a_chat_is_a_lane_else_a_user_else_an_update_alone() -> None:
    chat, user = {"chat": {"id": -3}, "from": {"id": 4}}, {"from": {"id": 4}}
    lanes = [
        Draft.of({"message": chat}).numbered(8).lane,
        Draft.of({"callback_query": user | {"message": chat}}).numbered(8).lane,
        Draft.of({"poll_answer": {"user": {"id": 4}}}).numbered(8).lane,
        Draft.of({"poll": {"id": "1"}}).numbered(8).lane,
        Draft.of(b"\xff").numbered(8).lane,
        Draft.of(b"\xff", chat_id=-3).numbered(8).lane,
    ]

    assert lanes == ["chat -3", "user 4", "user 4", "update 8", "update 8", "chat -3"]
