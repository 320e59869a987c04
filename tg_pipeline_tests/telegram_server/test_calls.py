"""A call is answered as the Bot API answers it, and remembered."""

import requests

from tg_pipeline_tests.telegram_server.conftest import Caller
from tg_pipeline_tests.telegram_server.params import Upload
from tg_pipeline_tests.telegram_server.server import TelegramServer


def test_a_bot_learns_who_it_is(call: Caller) -> None:
    answer = call("getMe")

    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    assert answer.json()["result"]["id"] == 7
    assert answer.json()["result"]["is_bot"] is True


def test_a_wrong_token_is_unauthorized(telegram: TelegramServer) -> None:
    answer = requests.get(f"{telegram.url}/bot7:another/getMe", timeout=10)

    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert telegram.calls == []


def test_what_is_no_method_is_not_found(telegram: TelegramServer, call: Caller) -> None:
    not_found = {"ok": False, "error_code": 404, "description": "Not Found"}

    for answer in (call("getRich"), requests.get(telegram.url, timeout=10)):
        assert (answer.status_code, answer.json()) == (404, not_found)


def test_parameters_come_in_the_url_as_a_form_as_json_or_in_parts(telegram: TelegramServer) -> None:
    url = f"{telegram.url}/bot{telegram.token}/sendMessage"
    params = {"chat_id": "5", "text": "olá 😀"}

    for answer in (
        requests.get(url, params=params, timeout=10),
        requests.post(url, data=params, timeout=10),
        requests.post(url, json=params, timeout=10),
        requests.post(url, files={key: (None, value) for key, value in params.items()}, timeout=10),
    ):
        assert answer.json()["result"]["text"] == "olá 😀"

    assert telegram.calls == [("sendMessage", params)] * 4
    assert [message.chat_id for message in telegram.messages] == [5] * 4


def test_a_message_is_kept_as_it_was_sent(telegram: TelegramServer, call: Caller) -> None:
    update_id = telegram.user_sends(-100, "anyone there?")
    sent = call("sendMessage", chat_id=-100, text="yes", reply_parameters={"message_id": 1})

    (message,) = telegram.messages
    assert update_id is not None
    assert (message.chat_id, message.text, message.reply_to) == (-100, "yes", 1)
    assert (message.how, message.method, message.message_id) == ("call", "sendMessage", 2)
    assert sent.json()["result"]["message_id"] == 2


def test_a_photo_is_kept_with_its_bytes_and_its_caption(telegram: TelegramServer) -> None:
    picture = bytes(range(256)) * 8_000
    url = f"{telegram.url}/bot{telegram.token}/sendPhoto"
    params = {"chat_id": "5", "caption": "a picture"}

    requests.post(url, data=params, files={"photo": ("a.png", picture)}, timeout=10)
    attached = params | {"photo": "attach://it"}
    requests.post(url, data=attached, files={"it": ("a.png", picture)}, timeout=10)

    assert [message.file for message in telegram.messages] == [picture, picture]
    assert [message.text for message in telegram.messages] == ["a picture"] * 2
    assert telegram.calls[0].params["photo"] == Upload("a.png", picture)


def test_a_message_without_text_or_chat_or_of_too_much_text_is_refused(
    telegram: TelegramServer, call: Caller
) -> None:
    answers = [
        call("sendMessage", chat_id=5, text=" "),
        call("sendMessage", text="a"),
        call("sendMessage", chat_id=5, text="😀" * 2_049),
        call("sendPhoto", chat_id=5, caption="a" * 1_025),
    ]

    assert [(answer.status_code, answer.json()["description"]) for answer in answers] == [
        (400, "Bad Request: message text is empty"),
        (400, "Bad Request: chat_id is empty"),
        (400, "Bad Request: message is too long"),
        (400, "Bad Request: message caption is too long"),
    ]
    assert telegram.messages == []


def test_commands_are_remembered_until_they_are_deleted(call: Caller) -> None:
    commands = [{"command": "start", "description": "begin"}]

    assert call("setMyCommands", commands=commands).json()["result"] is True
    assert call("getMyCommands").json()["result"] == commands
    assert call("deleteMyCommands").json()["result"] is True
    assert call("getMyCommands").json()["result"] == []


def test_what_only_says_yes_says_yes(call: Caller) -> None:
    for method in ("answerCallbackQuery", "sendChatAction", "close", "logOut"):
        assert call(method).json() == {"ok": True, "result": True}


def test_a_body_that_is_no_object_is_a_bad_request(telegram: TelegramServer) -> None:
    url = f"{telegram.url}/bot{telegram.token}/getMe"
    answer = requests.post(url, json=["a"], timeout=10)

    assert (answer.status_code, answer.json()["error_code"]) == (400, 400)
