"""Calls of the Bot API; each failure has its type and one sentence, without the token."""

import json
import re
import traceback
from collections.abc import Callable

import pytest
from aiohttp import web

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.client import RESPONSE_TIMEOUT, BotApiClient
from tg_pipeline.telegram.errors import (
    BadRequestError,
    ConflictingPollerError,
    NoResponseError,
    NotFoundError,
    ServerFailedError,
    TelegramError,
    TokenRefusedError,
    TooManyRequestsError,
    UnreadableResponseError,
    WebhookIsSetError,
)
from tg_pipeline.telegram.models import UPDATE_TYPES
from tg_pipeline_tests.fakes.loopback import Loopback
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.telegram.conftest import SECRET_HALF, TOKEN

# Calls and results


def test_a_lone_surrogate_in_a_name_is_replaced(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    telegram.answer_with(rb'{"ok":true,"result":{"id":7,"first_name":"cut \ud83d"}}')

    assert api.get_me().first_name == "cut \ufffd"


def test_updates_are_returned_byte_for_byte(api: BotApiClient, telegram: TelegramServer) -> None:
    unusual = [
        b'{ "update_id" :\t1 , "message": {"text": "ol\\u00e1 \\ud83d\\ude00 \\/"} }',
        rb'{"update_id":1,"message":{"text":"lone surrogate \ud800"}}',
        b'{"update_id":1,"message":{"id":98765432109876543210987654321,"n":1.50e+10}}',
        '{"update_id":1,"poll":{"question":"é 😀 ]}\\","}}'.encode(),
    ]
    for update in unusual:
        telegram.push(update)
    telegram.user_sends(5, "plain")

    updates = api.get_updates(offset=None, limit=100, seconds=0)

    assert updates == list(telegram.sent.values())
    assert [re.sub(rb"\d{9}", b"1", body, count=1) for body in updates[:4]] == unusual


def test_all_update_types_are_requested(api: BotApiClient, telegram: TelegramServer) -> None:
    api.get_updates(offset=5, limit=100, seconds=0)

    (call,) = telegram.calls
    assert call.params == {
        "offset": 5,
        "limit": 100,
        "timeout": 0,
        "allowed_updates": list(UPDATE_TYPES),
    }


@pytest.mark.parametrize("token", ["7:with a blank", f"7:{SECRET_HALF}\n", "7:", SECRET_HALF])
def test_a_malformed_token_is_not_sent_nor_shown(token: str) -> None:
    with pytest.raises(TokenRefusedError, match="contains a character that no token") as caught:
        BotApiClient(Secret(token), "http://127.0.0.1:9")
    assert SECRET_HALF not in str(caught.value)


# Failures


def logged(log: pytest.LogCaptureFixture, error: BaseException | None = None) -> str:
    records = [f"{record.getMessage()} {record.__dict__}" for record in log.records]
    raised = traceback.format_exception(error) if error else []
    return "\n".join([log.text, *records, *raised])


def failure_of(call: Callable[[], object], log: pytest.LogCaptureFixture) -> TelegramError:
    """Return the error of a call, after checking what holds for all of them."""
    with pytest.raises(TelegramError) as caught:
        call()
    error = caught.value
    assert str(error).endswith("."), "one sentence"
    assert "\n" not in str(error)
    assert (error.__cause__, error.__context__) == (None, None)
    assert SECRET_HALF not in logged(log, error)
    return error


def rejection(description: str) -> bytes:
    return json.dumps({"ok": False, "description": description}).encode()


QUOTES_TOKEN = f"Bad Request: https://api.telegram.org/bot{TOKEN.reveal()}/getMe {SECRET_HALF}"


@pytest.mark.parametrize(
    "failure",
    [
        (401, rejection("Unauthorized"), TokenRefusedError, "wrong or was revoked. @BotFather"),
        (404, rejection("Not Found"), NotFoundError, "knows no such bot (404 for getMe)"),
        (400, rejection("Bad: no\nway"), BadRequestError, "rejects getMe: Bad: no way."),
        (409, rejection("Conflict: x"), BadRequestError, "rejects getMe: Conflict: x."),
        (400, rejection(QUOTES_TOKEN), BadRequestError, "https://api.telegram.org/… ***."),
        (502, rejection("Bad Gateway"), ServerFailedError, "answer getMe (502): Bad Gateway."),
        (502, b"<html>Bad Gateway</html>", ServerFailedError, "failed to answer getMe (502)."),
        (200, b"<html>A wifi</html>", UnreadableResponseError, "(200): there may be a proxy"),
        (407, b"", UnreadableResponseError, "not a response of the Bot API (407)"),
        (200, b'{"ok":true}', UnreadableResponseError, "not a response of the Bot API"),
        (200, b'{"ok":true,"result":{', UnreadableResponseError, "not a response of the Bot API"),
        (200, b"[" * 100_000, UnreadableResponseError, "not a response of the Bot API"),
        (200, b'{"ok":true,"result":{"id":"7"}}', UnreadableResponseError, "a BotInfo that can't"),
        (200, b'{"ok":true,"result":{"a":"\xff"}}', UnreadableResponseError, "BotInfo that can't"),
    ],
)
def test_a_call_that_fails_may_have_succeeded_unless_it_was_rejected(
    api: BotApiClient,
    telegram: TelegramServer,
    log: pytest.LogCaptureFixture,
    failure: tuple[int, bytes, type[TelegramError], str],
) -> None:
    status, body, kind, sentence = failure
    telegram.answer_with(body, status)

    error = failure_of(api.get_me, log)

    assert type(error) is kind
    assert sentence in str(error)
    assert error.may_have_succeeded is (kind in {ServerFailedError, UnreadableResponseError})


@pytest.mark.parametrize("result", [b"{}", b"null"])
def test_updates_that_are_not_a_list_are_unreadable(
    api: BotApiClient, telegram: TelegramServer, result: bytes
) -> None:
    telegram.answer_with(b'{"ok":true,"result":' + result + b"}")

    with pytest.raises(UnreadableResponseError, match="a getUpdates result that can't be read"):
        api.get_updates(offset=None, limit=100, seconds=0)


@pytest.mark.parametrize(
    ("description", "kind", "sentence"),
    [
        ("... while webhook is active", WebhookIsSetError, "tg-pipeline webhook delete"),
        ("terminated by setWebhook request", WebhookIsSetError, "it can't be polled (409)"),
        ("terminated by other getUpdates", ConflictingPollerError, "Another program polls"),
    ],
)
def test_a_conflicting_poll_says_what_else_receives_the_updates(
    api: BotApiClient,
    telegram: TelegramServer,
    description: str,
    kind: type[TelegramError],
    sentence: str,
) -> None:
    telegram.fail(409, description=f"Conflict: {description}")

    with pytest.raises(kind, match=re.escape(sentence)):
        api.get_updates(offset=None, limit=1, seconds=0)


def test_a_rate_limit_says_how_long_to_wait(
    api: BotApiClient, telegram: TelegramServer, log: pytest.LogCaptureFixture
) -> None:
    telegram.flood(17)
    telegram.answer_with(b'{"ok":false,"error_code":429,"description":"x"}', 429)

    error, default = failure_of(api.get_me, log), failure_of(api.get_me, log)

    assert isinstance(error, TooManyRequestsError)
    assert isinstance(default, TooManyRequestsError)
    assert (error.retry_after, default.retry_after) == (17, 5)
    assert str(error) == "Telegram asks to wait 17 s before the next getMe (429)."
    assert not error.may_have_succeeded


# No response


def test_a_redirect_is_not_followed(log: pytest.LogCaptureFixture) -> None:
    paths: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    def application() -> web.Application:
        redirecting = web.Application()
        redirecting.router.add_post("/{path:.*}", redirect)
        return redirecting

    with Loopback(application) as site, BotApiClient(TOKEN, site.url) as api:
        error = failure_of(api.get_me, log)

    assert "with a redirect (307), which is not followed" in str(error)
    assert paths == [f"/bot{TOKEN.reveal()}/getMe"]


def test_a_call_without_a_response_may_have_succeeded(
    api: BotApiClient, telegram: TelegramServer, log: pytest.LogCaptureFixture
) -> None:
    telegram.hang_up()
    dropped = failure_of(api.get_me, log)
    # The server waits a second for updates; the client waits a tenth of one for the server.
    late = failure_of(
        lambda: api.call("getUpdates", {"timeout": 1}, seconds=0.1 - RESPONSE_TIMEOUT), log
    )

    assert "did not answer getMe: it hung up." in str(dropped)
    assert str(late).endswith("did not answer getUpdates: it took too long.")
    assert dropped.may_have_succeeded
    assert late.may_have_succeeded


PORT = 9
"""The discard port, on which nothing listens."""


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://no-such-host.invalid", "its name can't be resolved (DNS)."),
        ("http://a..b", "TELEGRAM_API_URL is not a valid address."),
        ("http://", "TELEGRAM_API_URL is not a valid address."),
        (f"http://127.0.0.1:{PORT}", "connection refused."),
    ],
)
def test_a_call_without_a_connection_was_not_executed(
    log: pytest.LogCaptureFixture, url: str, sentence: str
) -> None:
    with BotApiClient(TOKEN, url) as api:
        error = failure_of(api.get_me, log)

    assert type(error) is NoResponseError
    assert str(error).endswith(f" did not answer getMe: {sentence}")
    assert not error.may_have_succeeded


def test_a_call_through_a_proxy_that_is_down_was_not_executed(
    log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://user:password@127.0.0.1:{PORT}")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.delenv("NO_PROXY", raising=False)

    with BotApiClient(TOKEN, "http://api.example") as api:
        error = failure_of(api.get_me, log)

    assert str(error) == (
        "api.example did not answer getMe: the proxy refuses the connection; see HTTPS_PROXY."
    )
    assert not error.may_have_succeeded


def test_a_server_without_tls_is_not_secure(
    telegram: TelegramServer, log: pytest.LogCaptureFixture
) -> None:
    with BotApiClient(TOKEN, telegram.url.replace("http", "https")) as api:
        error = failure_of(api.get_me, log)

    assert "there is no secure connection" in str(error)
