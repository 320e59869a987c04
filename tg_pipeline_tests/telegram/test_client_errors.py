"""Every way to fail has a type and one sentence."""

import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from lambda_ingest.settings import Secret
from tg_pipeline.telegram import errors
from tg_pipeline.telegram.client import RESPONSE_TIMEOUT, BotApiClient
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

WEBHOOK_IS_ACTIVE = "Conflict: can't use getUpdates method while webhook is active"
SET_MEANWHILE = "Conflict: terminated by setWebhook request"
OTHER_POLLER = "Conflict: terminated by other getUpdates request"


def failure(call: Callable[[], object]) -> errors.TelegramError:
    with pytest.raises(errors.TelegramError) as caught:
        call()
    said = str(caught.value)
    assert said.endswith("."), said
    assert "\n" not in said
    return caught.value


STATUSES = {
    (401, "Unauthorized"): (errors.TokenRefusedError, "it is wrong or was revoked. @BotFather"),
    (404, "Not Found"): (errors.NotFoundError, "knows no such bot (404 for getMe)"),
    (400, "Bad Request: no\nway"): (errors.BadRequestError, "refuses getMe: Bad Request: no way."),
    (403, "Forbidden: gone"): (errors.BadRequestError, "refuses getMe: Forbidden: gone."),
    (421, "Misdirected Request"): (errors.BadRequestError, "refuses getMe: Misdirected Request."),
    (409, "Conflict: x"): (errors.BadRequestError, "refuses getMe: Conflict: x."),
    (500, "Internal Server Error"): (errors.ServerFailedError, "failed to answer getMe (500)"),
    (502, "Bad Gateway"): (errors.ServerFailedError, "failed to answer getMe (502): Bad Gateway."),
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_has_its_type_and_its_sentence(
    api: BotApiClient, telegram: TelegramServer, status: tuple[int, str]
) -> None:
    code, description = status
    telegram.fail(code, description=description)

    error = failure(api.get_me)

    kind, said = STATUSES[status]
    assert type(error) is kind
    assert said in str(error)


@pytest.mark.parametrize(
    ("description", "kind", "said"),
    [
        (WEBHOOK_IS_ACTIVE, errors.WebhookIsSetError, "tg-pipeline webhook delete"),
        (SET_MEANWHILE, errors.WebhookIsSetError, "nobody can poll (409)"),
        (OTHER_POLLER, errors.ConflictingPollerError, "Another program polls"),
    ],
)
def test_a_poll_is_told_who_else_takes_the_updates(
    api: BotApiClient,
    telegram: TelegramServer,
    description: str,
    kind: type[errors.TelegramError],
    said: str,
) -> None:
    telegram.fail(409, description=description)

    error = failure(lambda: api.get_updates(offset=None, limit=1, seconds=0))

    assert type(error) is kind
    assert said in str(error)


def test_a_flood_says_how_long_to_wait(api: BotApiClient, telegram: TelegramServer) -> None:
    telegram.flood(17)

    error = failure(api.get_me)

    assert isinstance(error, errors.TooManyRequestsError)
    assert error.retry_after == 17
    assert str(error) == "Telegram asks to wait 17 s before the next getMe (429)."


def test_a_flood_that_does_not_say_how_long_waits_five_seconds(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    telegram.fail(429)

    error = failure(api.get_me)

    assert isinstance(error, errors.TooManyRequestsError)
    assert error.retry_after == 5


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"<html>Bad Gateway</html>", 502, "failed to answer getMe (502)."),
        (
            b"<html>Log in to the hotel's wifi</html>",
            200,
            "no answer of the Bot API (200): a proxy",
        ),
        (b"<html>Proxy authentication</html>", 407, "no answer of the Bot API (407): a proxy"),
        (b"", 200, "no answer of the Bot API (200)"),
        (b"[]", 200, "no answer of the Bot API (200)"),
        (b'{"ok":true}', 200, "no answer of the Bot API (200)"),
        (b'{"ok":true,"result":{"id":', 200, "no answer of the Bot API (200)"),
        (b"[" * 100_000, 200, "no answer of the Bot API (200)"),
        (b"", 302, "with a redirect (302), which is not followed"),
    ],
)
def test_an_answer_that_is_not_the_bot_apis_may_pass(
    api: BotApiClient, telegram: TelegramServer, body: bytes, status: int, said: str
) -> None:
    telegram.answer_with(body, status)

    error = failure(api.get_me)

    assert isinstance(error, errors.TransientError)
    assert said in str(error)


class Redirecting(BaseHTTPRequestHandler):
    """Sends every call elsewhere, and remembers where it came."""

    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.seen.append(self.path)
        self.send_response(307)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_redirect_is_not_followed() -> None:
    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"

        with BotApiClient(Secret("7:token"), url) as api:
            error = failure(api.get_me)
        server.shutdown()
        thread.join()

    assert "with a redirect (307), which is not followed" in str(error)
    assert Redirecting.seen == ["/bot7:token/getMe"]


def no_answer(api_url: str) -> str:
    with BotApiClient(Secret("7:token"), api_url) as api:
        error = failure(api.get_me)
    assert type(error) is errors.NoResponseError
    return str(error)


def test_a_connection_that_drops_is_told(api: BotApiClient, telegram: TelegramServer) -> None:
    telegram.hang_up()

    assert "did not answer getMe: it hung up" in str(failure(api.get_me))


def test_an_answer_that_takes_too_long_is_told(api: BotApiClient) -> None:
    # The server waits a second for updates; the client waits a tenth of one for the server.
    def call() -> object:
        return api.call("getUpdates", {"timeout": 1}, seconds=0.1 - RESPONSE_TIMEOUT)

    assert str(failure(call)).endswith("did not answer getUpdates: it took too long.")


def test_a_port_that_nobody_listens_at_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    assert no_answer(f"http://127.0.0.1:{port}") == (
        f"127.0.0.1:{port} did not answer getMe: connection refused."
    )


def test_a_name_that_nobody_knows_is_told() -> None:
    said = no_answer("https://no-such-host.invalid")

    assert said == "no-such-host.invalid did not answer getMe: its name is not known (DNS)."


def test_a_server_without_tls_is_told(telegram: TelegramServer) -> None:
    assert "there is no safe connection" in no_answer(telegram.url.replace("http", "https"))


def test_a_proxy_that_is_down_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://user:password@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    said = no_answer("http://api.example")

    assert (
        said
        == "api.example did not answer getMe: the proxy does not let it through; see HTTPS_PROXY."
    )


@pytest.mark.parametrize("url", ["http://a..b", "http://[", "http://"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    assert "TELEGRAM_API_URL is no usable address" in no_answer(url)
