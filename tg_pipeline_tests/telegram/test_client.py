"""Calls of the Bot API; each failure has its type and one sentence, without the token."""

import json
import re
import socket
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest

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
from tg_pipeline.telegram.models import UPDATE_TYPES, BotInfo
from tg_pipeline.telegram.webhooks import WebhookRequest
from tg_pipeline_tests.fakes.telegram_api.protocol import Upload
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.telegram.conftest import SECRET_HALF, TOKEN

SECRET = Secret("a-secret")


def request(**more: object) -> WebhookRequest:
    arguments = {
        "url": "http://127.0.0.1:9/telegram",
        "secret_token": SECRET,
        "max_connections": 7,
        "allowed_updates": ("message", "poll"),
    }
    return WebhookRequest(**(arguments | more))  # type: ignore[arg-type]


# Calls and results


def test_get_me_returns_the_bot(api: BotApiClient) -> None:
    assert api.get_me() == BotInfo(
        id=7_000_000_007,
        first_name="Bot 7000000007",
        username="test_7000000007_bot",
        can_join_groups=True,
    )


def test_a_lone_surrogate_in_a_name_is_replaced(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    telegram.answer_with(rb'{"ok":true,"result":{"id":7,"first_name":"cut \ud83d"}}')

    assert api.get_me().first_name == "cut \ufffd"


def test_a_webhook_is_set_and_shown(api: BotApiClient, telegram: TelegramServer) -> None:
    telegram.user_sends(5, "pending")
    before = api.get_webhook_info()
    api.set_webhook(request())

    (call,) = (call.params for call in telegram.calls if call.method == "setWebhook")
    info = api.get_webhook_info()
    assert (before.url, before.pending_update_count, before.allowed_updates) == ("", 1, None)
    assert call["secret_token"] == SECRET.reveal()
    assert info.url == "http://127.0.0.1:9/telegram"
    assert (info.max_connections, info.allowed_updates) == (7, ["message", "poll"])


def test_a_certificate_is_uploaded_with_the_other_parameters(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    api.set_webhook(request(certificate=b"a PEM", drop_pending_updates=True))

    (call,) = telegram.calls
    assert call.params["certificate"] == Upload("certificate.pem", b"a PEM")
    assert json.loads(call.params["allowed_updates"]) == ["message", "poll"]
    assert (call.params["max_connections"], call.params["drop_pending_updates"]) == ("7", "true")


def test_a_webhook_is_deleted_with_or_without_the_pending_updates(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    telegram.user_sends(5, "a")

    api.delete_webhook()
    assert len(telegram.pending) == 1
    api.delete_webhook(drop_pending=True)
    assert telegram.pending == []


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


@pytest.mark.parametrize("token", ["7:with a blank", "7:line\n", "7:../getMe", "7:", "no colon"])
def test_a_malformed_token_is_not_sent(token: str) -> None:
    with pytest.raises(TokenRefusedError, match="contains a character that no token has"):
        BotApiClient(Secret(token), "http://127.0.0.1:9")


# Failures


def logged(log: pytest.LogCaptureFixture, error: BaseException | None = None) -> str:
    """Return everything that was logged, and the whole traceback of an error."""
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


def test_a_successful_call_is_logged_without_the_token(
    api: BotApiClient, log: pytest.LogCaptureFixture
) -> None:
    api.get_me()

    assert "/bot***/getMe" in log.text, "the HTTP library does log the call"
    assert SECRET_HALF not in logged(log)


REJECTED = {
    (401, "Unauthorized"): (TokenRefusedError, "it is wrong or was revoked. @BotFather"),
    (404, "Not Found"): (NotFoundError, "knows no such bot (404 for getMe)"),
    (400, "Bad Request: no\nway"): (BadRequestError, "rejects getMe: Bad Request: no way."),
    (403, "Forbidden: gone"): (BadRequestError, "rejects getMe: Forbidden: gone."),
    (409, "Conflict: x"): (BadRequestError, "rejects getMe: Conflict: x."),
    (421, "Misdirected Request"): (BadRequestError, "rejects getMe: Misdirected Request."),
    (400, f"Bad Request: https://api.telegram.org/bot{TOKEN.reveal()}/getMe {SECRET_HALF}"): (
        BadRequestError,
        "rejects getMe: Bad Request: https://api.telegram.org/… ***.",
    ),
    (500, "Internal Server Error"): (ServerFailedError, "failed to answer getMe (500)"),
    (502, "Bad Gateway"): (ServerFailedError, "failed to answer getMe (502): Bad Gateway."),
}


@pytest.mark.parametrize("response", REJECTED)
def test_a_rejected_call_was_not_executed_unless_the_server_failed(
    api: BotApiClient,
    telegram: TelegramServer,
    log: pytest.LogCaptureFixture,
    response: tuple[int, str],
) -> None:
    status, description = response
    telegram.fail(status, description=description)

    error = failure_of(api.get_me, log)

    kind, sentence = REJECTED[response]
    assert type(error) is kind
    assert sentence in str(error)
    assert error.may_have_succeeded is (kind is ServerFailedError)


UNREADABLE = {
    (b"<html>Bad Gateway</html>", 502): (ServerFailedError, "failed to answer getMe (502)."),
    (b"<html>Log in to the hotel's wifi</html>", 200): (
        UnreadableResponseError,
        "not a response of the Bot API (200): there may be a proxy",
    ),
    (b"<html>Proxy authentication</html>", 407): (UnreadableResponseError, "Bot API (407)"),
    (b"", 200): (UnreadableResponseError, "not a response of the Bot API (200)"),
    (b"[]", 200): (UnreadableResponseError, "not a response of the Bot API (200)"),
    (b'{"ok":true}', 200): (UnreadableResponseError, "not a response of the Bot API (200)"),
    (b'{"ok":true,"result":{"id":', 200): (UnreadableResponseError, "of the Bot API (200)"),
    (b"[" * 100_000, 200): (UnreadableResponseError, "not a response of the Bot API (200)"),
    (b"", 302): (UnreadableResponseError, "with a redirect (302), which is not followed"),
    (b'{"ok":true,"result":{"id":"seven"}}', 200): (
        UnreadableResponseError,
        "returned a BotInfo that can't be read",
    ),
    (b'{"ok":true,"result":[]}', 200): (UnreadableResponseError, "BotInfo that can't be read"),
    (b'{"ok":true,"result":{"first_name":"\xff"}}', 200): (
        UnreadableResponseError,
        "BotInfo that can't be read",
    ),
}


@pytest.mark.parametrize("response", UNREADABLE)
def test_a_call_with_an_unreadable_response_may_have_succeeded(
    api: BotApiClient,
    telegram: TelegramServer,
    log: pytest.LogCaptureFixture,
    response: tuple[bytes, int],
) -> None:
    telegram.answer_with(*response)

    error = failure_of(api.get_me, log)

    kind, sentence = UNREADABLE[response]
    assert type(error) is kind
    assert sentence in str(error)
    assert error.may_have_succeeded


@pytest.mark.parametrize("result", [b"{}", b"null", b"true", b'"[]"'])
def test_updates_that_are_not_a_list_are_unreadable(
    api: BotApiClient, telegram: TelegramServer, result: bytes
) -> None:
    telegram.answer_with(b'{"ok":true,"result":' + result + b"}")

    with pytest.raises(UnreadableResponseError, match="a getUpdates result that can't be read"):
        api.get_updates(offset=None, limit=100, seconds=0)


CONFLICTS = {
    "can't use getUpdates method while webhook is active": (
        WebhookIsSetError,
        "tg-pipeline webhook delete",
    ),
    "terminated by setWebhook request": (WebhookIsSetError, "it can't be polled (409)"),
    "terminated by other getUpdates request": (ConflictingPollerError, "Another program polls"),
}


@pytest.mark.parametrize("description", CONFLICTS)
def test_a_conflicting_poll_says_what_else_receives_the_updates(
    api: BotApiClient, telegram: TelegramServer, log: pytest.LogCaptureFixture, description: str
) -> None:
    telegram.fail(409, description=f"Conflict: {description}")

    error = failure_of(lambda: api.get_updates(offset=None, limit=1, seconds=0), log)

    kind, sentence = CONFLICTS[description]
    assert type(error) is kind
    assert sentence in str(error)


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


class Redirecting(BaseHTTPRequestHandler):
    """Redirects every call, and records its path."""

    paths: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.paths.append(self.path)
        self.send_response(307)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_a_redirect_is_not_followed(log: pytest.LogCaptureFixture) -> None:
    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"

        with BotApiClient(TOKEN, url) as api:
            error = failure_of(api.get_me, log)
        server.shutdown()
        thread.join()

    assert "with a redirect (307), which is not followed" in str(error)
    assert Redirecting.paths == [f"/bot{TOKEN.reveal()}/getMe"]


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


def unreachable(api_url: str, log: pytest.LogCaptureFixture) -> TelegramError:
    with BotApiClient(TOKEN, api_url) as api:
        error = failure_of(api.get_me, log)
    assert type(error) is NoResponseError
    return error


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://no-such-host.invalid", "its name can't be resolved (DNS)"),
        ("http://a..b", "TELEGRAM_API_URL is not a valid address"),
        ("http://[", "TELEGRAM_API_URL is not a valid address"),
        ("http://", "TELEGRAM_API_URL is not a valid address"),
    ],
)
def test_a_call_to_an_invalid_address_was_not_executed(
    log: pytest.LogCaptureFixture, url: str, reason: str
) -> None:
    error = unreachable(url, log)

    assert str(error).endswith(f" did not answer getMe: {reason}.")
    assert not error.may_have_succeeded


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def test_a_call_to_a_closed_port_was_not_executed(log: pytest.LogCaptureFixture) -> None:
    port = closed_port()

    error = unreachable(f"http://127.0.0.1:{port}", log)

    assert str(error) == f"127.0.0.1:{port} did not answer getMe: connection refused."
    assert not error.may_have_succeeded


def test_a_call_through_a_proxy_that_is_down_was_not_executed(
    log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://user:password@127.0.0.1:{closed_port()}")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.delenv("NO_PROXY", raising=False)

    error = unreachable("http://api.example", log)

    assert str(error) == (
        "api.example did not answer getMe: the proxy refuses the connection; see HTTPS_PROXY."
    )
    assert not error.may_have_succeeded


def test_a_server_without_tls_is_not_secure(
    telegram: TelegramServer, log: pytest.LogCaptureFixture
) -> None:
    error = unreachable(telegram.url.replace("http", "https"), log)

    assert "there is no secure connection" in str(error)
