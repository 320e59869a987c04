"""A token shows nowhere: not in a log, not in an error, not in what Telegram says."""

import logging
import traceback
from collections.abc import Callable, Iterator

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.client import RESPONSE_TIMEOUT, BotApiClient
from tg_pipeline.telegram.errors import TelegramError
from tg_pipeline.telegram.redaction import redact, shorten_url
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

HALF = "AAH-not_a_real_token-but_as_long_1"
TOKEN = Secret(f"7000000007:{HALF}")


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer(token=TOKEN.reveal()) as server:
        yield server


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def everything(log: pytest.LogCaptureFixture, error: BaseException | None = None) -> str:
    """Give all that was logged, and all that hangs on an error."""
    logged = [f"{record.getMessage()} {record.__dict__}" for record in log.records]
    hanging = traceback.format_exception(error) if error else []
    return "\n".join([log.text, *logged, *hanging])


def test_a_call_that_goes_well_is_logged_without_the_token(
    telegram: TelegramServer, log: pytest.LogCaptureFixture
) -> None:
    with BotApiClient(TOKEN, telegram.url) as api:
        api.get_me()

    assert "/bot***/getMe" in log.text, "the library does log the call"
    assert HALF not in everything(log)


TROUBLES: dict[str, Callable[[TelegramServer], object]] = {
    "401": lambda telegram: telegram.fail(401),
    "404": lambda telegram: telegram.fail(404),
    "429": lambda telegram: telegram.flood(1),
    "500": lambda telegram: telegram.fail(500),
    "no JSON": lambda telegram: telegram.answer_with(),
    "a redirect": lambda telegram: telegram.answer_with(b"", 302),
    "a hang-up": lambda telegram: telegram.hang_up(),
    "a description with the call": lambda telegram: telegram.fail(
        400, description=f"Bad Request: https://api.telegram.org/bot{TOKEN.reveal()}/getMe {HALF}"
    ),
}


@pytest.mark.parametrize("what", TROUBLES)
def test_a_call_that_fails_is_told_without_the_token(
    telegram: TelegramServer, log: pytest.LogCaptureFixture, what: str
) -> None:
    TROUBLES[what](telegram)

    with BotApiClient(TOKEN, telegram.url) as api, pytest.raises(TelegramError) as caught:
        api.get_me()

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert HALF not in everything(log, caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "https://no-such-host.invalid", "http://a..b", "http://["]
)
def test_no_answer_is_told_without_the_token(url: str, log: pytest.LogCaptureFixture) -> None:
    with BotApiClient(TOKEN, url) as api, pytest.raises(TelegramError) as caught:
        api.get_me()

    assert caught.value.__context__ is None
    assert HALF not in everything(log, caught.value)


def test_a_late_answer_is_told_without_the_token(
    telegram: TelegramServer, log: pytest.LogCaptureFixture
) -> None:
    with BotApiClient(TOKEN, telegram.url) as api, pytest.raises(TelegramError) as caught:
        api.call("getUpdates", {"timeout": 1}, seconds=0.1 - RESPONSE_TIMEOUT)

    assert HALF not in everything(log, caught.value)


def test_a_proxy_that_is_down_is_told_without_the_token(
    log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://user:password@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")

    with BotApiClient(TOKEN, "http://api.example") as api, pytest.raises(TelegramError) as caught:
        api.get_me()

    assert HALF not in everything(log, caught.value)
    assert "password" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Connection refused", "Connection refused"),
        ("a\nb\x1b[31m\tc", "a b [31m c"),
        (f"see {HALF}", "see ***"),
        (f"see {HALF.lower()}!", "see ***!"),
        ("see 123456:AAF0123456789012345678901234567890x", "see ***"),
        ("see 123456%3AAAF0123456789012345678901234567890x", "see ***"),
        ("at https://user:pw@host:8443/a/b?c=d#e, twice", "at https://host:8443/… twice"),
        ("SSL error {error:14094410:SSL routines:x}", "SSL error {error:14094410:SSL routines:x}"),
        ("at 12:30:45", "at 12:30:45"),
    ],
)
def test_what_telegram_says_is_shown_without_tokens_and_paths(text: str, shown: str) -> None:
    assert redact(text, TOKEN) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bot.example/telegram", "https://bot.example/…"),
        ("https://bot.example", "https://bot.example/…"),
        (f"https://u:p@bot.example:8443/{HALF}?x=1", "https://bot.example:8443/…"),
        (f"https://{HALF}.example/", "https://***.example/…"),
        ("http://[", "…"),
        ("nonsense", "…"),
    ],
)
def test_a_webhook_is_shown_by_its_host(url: str, shown: str) -> None:
    assert shorten_url(url, TOKEN) == shown
