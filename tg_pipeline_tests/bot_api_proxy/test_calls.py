"""A bot's calls are passed on once, as they are, and land as lines of calls."""

import gzip
import json
from typing import Any

import pytest
import requests

from tg_pipeline_tests.bot_api_proxy.conftest import NewProxy, wait_for_calls, wait_until
from tg_pipeline_tests.fakes.processes.proxy_process import ProxyProcess
from tg_pipeline_tests.fakes.telegram_api.server import TOKEN, TelegramServer
from tg_pipeline_tests.lambda_ingest.bot_server import HANG_UP, Bot, Heard, always, reply

PATH = f"/bot{TOKEN}"
MESSAGE = {"chat_id": "5", "text": "[olá]", "reply_markup": '{"remove_keyboard":true}'}
RECORDED = MESSAGE | {"reply_markup": {"remove_keyboard": True}}
SEND = f"{PATH}/sendMessage"


def test_a_call_is_recorded_however_its_parameters_are_sent(
    proxy: ProxyProcess, telegram: TelegramServer
) -> None:
    # Given a bot that sends a message in each way that the Bot API knows, in any case of letters
    url = proxy.url + SEND
    answers = [
        requests.get(url, params=MESSAGE, timeout=9),
        requests.post(url, data=MESSAGE, timeout=9),
        requests.post(url, json=MESSAGE, timeout=9),
        requests.post(url, files={name: (None, text) for name, text in MESSAGE.items()}, timeout=9),
        requests.post(f"{proxy.url}{PATH}/SENDMESSAGE", params=MESSAGE, timeout=9),
    ]

    # Then Telegram has got them as they were sent
    assert [each.json()["ok"] for each in answers] == [True] * 5
    assert [dict(call.params) for call in telegram.calls] == [MESSAGE] * 5

    # And each has landed with its result, under Telegram's name, with its JSON parsed
    wait_for_calls(proxy, 5)
    calls = proxy.calls()
    assert {call["method"] for call in calls} == {"sendMessage"}
    assert [call["params"] for call in calls] == [RECORDED] * 5
    assert [call["ok"] for call in calls] == [True] * 5
    assert sorted(call["result"]["message_id"] for call in calls) == [1, 2, 3, 4, 5]
    assert {call["chat"]["type"] for call in calls} == {"private"}
    assert {call["source"] for call in calls} == {"proxy"}


def test_of_a_file_only_the_name_and_the_size_are_recorded(proxy: ProxyProcess) -> None:
    photo = {"photo": ("cat.png", b"\x89PNG\r\n--not-the-boundary" * 1000)}
    answer = requests.post(
        f"{proxy.url}{PATH}/sendPhoto", data={"chat_id": 5}, files=photo, timeout=9
    )

    assert answer.json()["ok"]
    wait_for_calls(proxy)
    (call,) = proxy.calls()
    size = len(photo["photo"][1])
    assert call["params"] == {
        "chat_id": "5",
        "photo": {"file_name": "cat.png", "file_size": size},
    }


def test_a_failed_call_is_recorded_with_its_error(
    proxy: ProxyProcess, telegram: TelegramServer
) -> None:
    telegram.flood(17, "sendMessage")

    answer = requests.post(proxy.url + SEND, json=MESSAGE, timeout=9)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "17"
    wait_for_calls(proxy)
    (call,) = proxy.calls()
    assert (call["ok"], call["error_code"]) == (False, 429)
    assert call["parameters"] == {"retry_after": 17}
    assert call["chat"] == {"id": 5}


def test_a_compressed_response_is_passed_on_byte_for_byte(new_proxy: NewProxy) -> None:
    # Given a server that compresses its response
    message = {"message_id": 3, "date": 1, "chat": {"id": 5, "type": "private"}}
    packed = gzip.compress(json.dumps({"ok": True, "result": message}).encode())
    response = reply(packed, content_encoding="gzip", x_odd="1", content_type="application/json")
    with Bot(always(response)) as server:
        proxy = new_proxy(f"http://127.0.0.1:{server.port}")

        # When a bot calls it, which also understands encodings that the proxy does not
        headers = {"Accept-Encoding": "br, gzip;q=0.5, zstd"}
        answer = requests.post(
            proxy.url + SEND, json=MESSAGE, headers=headers, timeout=9, stream=True
        )

        # Then it gets the same bytes and headers, and the record is readable
        assert answer.raw.read(decode_content=False) == packed
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["X-Odd"] == "1"
        assert server.heard[0].headers["accept-encoding"] == "gzip;q=0.5"
        wait_for_calls(proxy)
        assert proxy.calls()[0]["result"] == message


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_call_without_a_response_is_sent_once_and_its_outcome_is_not_known(
    proxy: ProxyProcess, telegram: TelegramServer, verb: str
) -> None:
    # Given a connection that is kept, and then lost after a message was sent
    requests.get(f"{proxy.url}{PATH}/getMe", timeout=9)
    telegram.lose_answers(method="sendMessage")

    # When a bot sends one
    answer = requests.request(verb, proxy.url + SEND, params=MESSAGE, timeout=9)

    # Then it gets an error, the message was sent once, and that is all that is recorded
    assert answer.status_code == 502
    assert answer.json()["ok"] is False
    assert len(telegram.messages) == 1
    wait_for_calls(proxy)
    (call,) = proxy.calls()
    assert "ok" not in call
    assert call["params"] == RECORDED


def test_what_does_not_change_a_chat_is_passed_on_and_not_recorded(new_proxy: NewProxy) -> None:
    # Given a server that answers anything
    def answer(heard: Heard, _: Any) -> list[bytes]:
        return [reply(heard.start.encode() + heard.body, connection="close")]

    with Bot(answer) as server:
        proxy = new_proxy(f"http://127.0.0.1:{server.port}", TG_PROXY_NOT_RECORDED="newThing")

        # When a bot reads, acts, downloads and calls what is not known here
        paths = ["/getChat?chat_id=5", "/newThing?a=%20b", "/Odd%20One", "/test/getMe"]
        files = [f"/file/bot{TOKEN}/photos/file%20_0.jpg"]
        texts = [
            requests.get(proxy.url + path, timeout=9).text
            for path in [*(PATH + each for each in paths), *files]
        ]

        # Then the server has got the same, and nothing was recorded
        assert [text.split()[1] for text in texts] == [*(PATH + each for each in paths), *files]
        proxy.stop()
    assert proxy.calls() == []
    assert not proxy.spooled()


def test_other_bots_are_refused(proxy: ProxyProcess, telegram: TelegramServer) -> None:
    for path in ("/bot8:of-another-bot/sendMessage", "/file/bot8:of-another-bot/a"):
        answer = requests.get(proxy.url + path, timeout=9)
        assert answer.status_code == 403
        assert answer.json()["description"].startswith("Forbidden: this proxy serves another bot")

    assert requests.get(f"{proxy.url}/favicon.ico", timeout=9).status_code == 404
    assert telegram.calls == []


def test_without_a_configured_bot_each_has_its_own_keys(
    new_proxy: NewProxy, telegram: TelegramServer
) -> None:
    proxy = new_proxy(telegram.url, TELEGRAM_BOT_ID="")
    for token in (TOKEN, "8:of-another-bot"):
        requests.post(f"{proxy.url}/bot{token}/sendMessage", json=MESSAGE, timeout=9)

    # The other token is not valid, so there is no call of that bot.
    wait_for_calls(proxy)
    proxy.stop()
    assert [path.name.partition("-")[0] for path in proxy.landing.glob("telegram/*/*")] == ["7"]
    assert not proxy.spooled()


def test_calls_of_other_chats_are_not_stored_and_leave_no_trace(
    new_proxy: NewProxy, telegram: TelegramServer
) -> None:
    # Given a filter of chats, and a bot that writes to one of them and to another
    proxy = new_proxy(telegram.url, TELEGRAM_CHAT_IDS="5")
    for chat in (6, 5):
        answer = requests.post(
            proxy.url + SEND, json=MESSAGE | {"chat_id": chat, "text": f"to {chat}"}, timeout=9
        )
        assert answer.json()["ok"]

    # Then one call has landed, the other is nowhere, and no gap of update ids is announced
    wait_for_calls(proxy)
    proxy.stop()
    assert [call["params"]["text"] for call in proxy.calls()] == ["to 5"]
    assert not proxy.spooled()
    assert not (proxy.landing / "gaps").exists()


def test_no_secret_is_stored_or_printed(proxy: ProxyProcess, telegram: TelegramServer) -> None:
    # Given a bot that sends its token and other secrets, to a server that fails now and then
    secrets = {"secret_token": "s3cret-of-the-hook", "certificate": "PEM"}
    hook = {"url": f"https://bot.example/hook/{TOKEN}", **secrets}
    calls = [
        ("setWebhook", hook),
        ("deleteWebhook", {}),
        ("sendMessage", {"chat_id": 5, "text": f"my token is {TOKEN}"}),
        ("sendMessage", {"chat_id": 5, "text": "1234567:AAEabcdefghijklmnopqrstuvwxyz012345"}),
        ("sendInvoice", {"chat_id": 5, "provider_token": "s3cret-of-the-shop"}),
    ]
    for method, params in calls:
        assert requests.post(f"{proxy.url}{PATH}/{method}", json=params, timeout=9).content
    telegram.hang_up(method="sendMessage")
    requests.post(proxy.url + SEND, json=MESSAGE, timeout=9)
    telegram.answer_with(f"<{TOKEN}>".encode(), 500, method="sendMessage")
    requests.post(proxy.url + SEND, json=MESSAGE, timeout=9)

    # Then all are recorded without them
    wait_for_calls(proxy, 7)
    assert proxy.stop() == 0
    webhook = next(call for call in proxy.calls() if call["method"] == "setWebhook")
    assert webhook["params"] == {"url": "https://bot.example"}
    written = [path.read_bytes() for path in proxy.folder.rglob("*") if path.is_file()]
    everything = b"\n".join(written)
    for secret in ("of-a-test-bot", "AAEabc", "s3cret-of", "PEM"):
        assert secret.encode() not in everything
    # And the operator knows about the webhook
    assert "The bot has set its webhook through the proxy" in proxy.said()
    assert "The bot has deleted its webhook through the proxy" in proxy.said()


def test_a_failing_store_neither_fails_nor_delays_a_message(
    proxy: ProxyProcess, telegram: TelegramServer
) -> None:
    # Given a landing zone that can't be written to
    proxy.landing.mkdir(exist_ok=True)
    (proxy.landing / "telegram").write_text("not a folder")

    # When a bot sends messages
    for _ in range(3):
        assert requests.post(proxy.url + SEND, json=MESSAGE, timeout=9).json()["ok"]

    # Then they are sent, and wait in the spool for the next start
    assert len(telegram.messages) == 3
    wait_until(lambda: "Calls are passed on, and wait in the spool" in proxy.said(), proxy)
    health = requests.get(f"{proxy.url}/healthz", timeout=9).json()
    assert health == {"status": "up", "spooled": 3, "not_recorded": 0}
    assert proxy.stop() == 0
    assert "Calls in the spool, which land at the next start: 3." in proxy.said()

    # And land once, however often that is tried
    (proxy.landing / "telegram").unlink()
    proxy.start()
    wait_for_calls(proxy, 3)
    assert [call["ok"] for call in proxy.calls()] == [True] * 3


def test_beyond_the_bound_of_the_spool_calls_are_sent_and_counted(
    new_proxy: NewProxy, telegram: TelegramServer
) -> None:
    proxy = new_proxy(telegram.url, TG_PROXY_SPOOL_BYTES="100")

    assert requests.post(proxy.url + SEND, json=MESSAGE, timeout=9).json()["ok"]

    assert len(telegram.messages) == 1
    health = requests.get(f"{proxy.url}/healthz", timeout=9).json()
    assert health == {"status": "up", "spooled": 0, "not_recorded": 1}
    proxy.stop()
    assert "the spool is full (TG_PROXY_SPOOL_BYTES)" in proxy.said()
    assert "Calls that were passed on, but not recorded: 1." in proxy.said()


def test_a_call_in_progress_when_the_proxy_is_killed_lands_without_an_outcome(
    new_proxy: NewProxy,
) -> None:
    # Given a server that takes a message and says nothing
    def never(_: Heard, over: Any) -> list[bytes | None]:
        over.wait(60)
        return [HANG_UP]

    with Bot(never) as server:
        proxy = new_proxy(f"http://127.0.0.1:{server.port}")
        with pytest.raises(requests.RequestException):
            requests.post(proxy.url + SEND, json=MESSAGE, timeout=1)
        assert len(server.heard) == 1

        # When the proxy is killed and started again, twice
        for _ in range(2):
            proxy.kill()
            proxy.start()
            wait_for_calls(proxy)

    # Then there is one line, without an outcome, and the message was not sent again
    (call,) = proxy.calls()
    assert "ok" not in call
    assert call["params"] == RECORDED
    assert len(server.heard) == 1


def test_two_proxies_do_not_share_a_spool(proxy: ProxyProcess) -> None:
    second = ProxyProcess(proxy.folder, proxy.upstream)
    with pytest.raises(RuntimeError, match="Another proxy uses"):
        second.start()
