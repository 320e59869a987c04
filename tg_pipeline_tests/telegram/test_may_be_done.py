"""An error says whether Telegram may have done what it was asked: only then is it not repeated."""

import socket
from collections.abc import Callable

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.client import RESPONSE_TIMEOUT, BotApiClient
from tg_pipeline.telegram.errors import TelegramError
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer


def may_have_succeeded(call: Callable[[], object]) -> bool:
    with pytest.raises(TelegramError) as caught:
        call()
    return caught.value.may_have_succeeded


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429])
def test_what_telegram_refuses_is_not_done(
    api: BotApiClient, telegram: TelegramServer, status: int
) -> None:
    telegram.fail(status)

    assert not may_have_succeeded(api.get_me)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_a_server_fails_at_may_be_done(
    api: BotApiClient, telegram: TelegramServer, status: int
) -> None:
    telegram.fail(status)

    assert may_have_succeeded(api.get_me)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"<html>Hello</html>", 200), (b"", 302), (b'{"ok":true,"result":5}', 200), (b"<html>", 502)],
)
def test_what_is_answered_by_nobody_knows_whom_may_be_done(
    api: BotApiClient, telegram: TelegramServer, body: bytes, status: int
) -> None:
    telegram.answer_with(body, status)

    assert may_have_succeeded(api.get_me)


def test_a_call_without_an_answer_may_be_done(api: BotApiClient, telegram: TelegramServer) -> None:
    telegram.hang_up()

    assert may_have_succeeded(api.get_me)


def test_a_call_that_took_too_long_may_be_done(api: BotApiClient) -> None:
    assert may_have_succeeded(
        lambda: api.call("getUpdates", {"timeout": 1}, seconds=0.1 - RESPONSE_TIMEOUT)
    )


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("url", ["https://no-such-host.invalid", "http://a..b", "http://["])
def test_a_call_to_an_address_that_is_none_is_not_done(url: str) -> None:
    with BotApiClient(Secret("7:token"), url) as api:
        assert not may_have_succeeded(api.get_me)


def test_a_call_that_nobody_took_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    with BotApiClient(Secret("7:token"), closed_port()) as api:
        assert not may_have_succeeded(api.get_me)

    monkeypatch.setenv("http_proxy", closed_port())
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with BotApiClient(Secret("7:token"), "http://api.example") as api:
        assert not may_have_succeeded(api.get_me)
