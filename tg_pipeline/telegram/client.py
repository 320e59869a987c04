"""`BotApiClient`: calls of the Bot API over HTTP, and what their responses and failures mean.

https://core.telegram.org/bots/api#making-requests
"""

import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from urllib3.exceptions import (
    HTTPError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.clock import clock_error
from tg_pipeline.telegram.decoding import replace_surrogates
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
from tg_pipeline.telegram.models import UPDATE_TYPES, BotInfo, WebhookInfo
from tg_pipeline.telegram.raw_json import JsonSplitError, split_array, split_object
from tg_pipeline.telegram.redaction import keep_tokens_out_of_logs, redact
from tg_pipeline.telegram.webhooks import WebhookRequest

CONNECT_TIMEOUT: Final = 5.0
RESPONSE_TIMEOUT: Final = 15.0
"""Seconds that a response may take, in addition to the time that the call itself asks to wait."""

DEFAULT_RETRY_AFTER: Final = 5.0
"""Seconds to wait if a 429 response does not say how long."""

MIN_RETRY_AFTER: Final = 1.0
MAX_RETRY_AFTER: Final = 3600.0
"""Seconds: the bounds for the time that a 429 response asks to wait."""

_TOKEN: Final = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file: the parameter it is sent as, its name and its contents."""

    parameter: str
    name: str
    data: bytes


def _utc_now() -> datetime:
    return datetime.now(UTC)


class BotApiClient:
    """A bot's calls. Each raises TelegramError, whose message and causes contain no token."""

    def __init__(self, token: Secret, api_url: str, now: Callable[[], datetime] = _utc_now) -> None:
        """Prepare, without any call; `now` returns the time (aware).

        Raises TokenRefusedError if the token is malformed.
        """
        if not _TOKEN.fullmatch(token.reveal()):
            raise TokenRefusedError(
                "TELEGRAM_BOT_TOKEN contains a character that no token has: copy the token exactly "
                "as @BotFather shows it."
            )
        keep_tokens_out_of_logs()
        self.token = token
        self._api_url = api_url
        self._host = _host_of(api_url)
        self._session = requests.Session()
        self._now = now
        self.clock_error: timedelta | None = None
        """How far this machine's clock was ahead of the server's at the last response."""

    def __enter__(self) -> Self:
        """Return the client; its connections are closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._session.close()

    def get_me(self) -> BotInfo:
        """Return who the bot is. https://core.telegram.org/bots/api#getme."""
        return self.call_typed("getMe", BotInfo)

    def get_webhook_info(self) -> WebhookInfo:
        """Return the webhook's state. https://core.telegram.org/bots/api#getwebhookinfo."""
        return self.call_typed("getWebhookInfo", WebhookInfo)

    def set_webhook(self, request: WebhookRequest) -> None:
        """Have updates sent to a URL. https://core.telegram.org/bots/api#setwebhook."""
        pem = request.certificate
        upload = Upload("certificate", "certificate.pem", pem) if pem is not None else None
        self.call("setWebhook", request.parameters(), upload=upload)

    def delete_webhook(self, *, drop_pending: bool = False) -> None:
        """Have updates sent nowhere. https://core.telegram.org/bots/api#deletewebhook."""
        self.call("deleteWebhook", {"drop_pending_updates": drop_pending})

    def get_updates(self, *, offset: int | None, limit: int, seconds: int) -> list[bytes]:
        """Confirm all updates below `offset`; return those from it on, exactly as written.

        Waits up to `seconds` if there are none. https://core.telegram.org/bots/api#getupdates
        """
        parameters = {
            "limit": limit,
            "timeout": seconds,
            "allowed_updates": list(UPDATE_TYPES),
            **({} if offset is None else {"offset": offset}),
        }
        result = self.call("getUpdates", parameters, seconds=seconds)
        try:
            return split_array(result)
        except JsonSplitError:
            pass
        raise self._unreadable("getUpdates result")

    def call_typed(
        self,
        method: str,
        kind: type[_Result],
        parameters: Mapping[str, Any] | None = None,
        upload: Upload | None = None,
    ) -> _Result:
        """Call a method; return its result, decoded."""
        result = self.call(method, parameters, upload=upload)
        try:
            return msgspec.json.decode(replace_surrogates(result), type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        raise self._unreadable(kind.__name__)

    def call(
        self,
        method: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        upload: Upload | None = None,
        seconds: float = 0,
    ) -> bytes:
        """Call a method; return its result as it is written.

        `seconds` is the time that the call itself asks to wait, added to the timeout.
        """
        parameters = parameters or {}
        body: dict[str, Any] = _form(parameters, upload) if upload else {"json": parameters}
        sent_at = self._now()
        try:
            response = self._session.post(
                f"{self._api_url}/bot{self.token.reveal()}/{method}",
                timeout=(CONNECT_TIMEOUT, seconds + RESPONSE_TIMEOUT),
                allow_redirects=False,
                **body,
            )
            received = _Response(method, self._host, response.status_code, response.content)
            self.clock_error = clock_error(sent_at, response.headers.get("Date"), self._now())
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = explain_transport_error(error, method, self._host)
        else:
            return _read_result(received, self.token)
        # Raised outside the handler: its context would be the error that contains the URL.
        raise failure

    def _unreadable(self, what: str) -> UnreadableResponseError:
        return UnreadableResponseError(f"{self._host} returned a {what} that can't be read.")


def _host_of(api_url: str) -> str:
    """Return the server's name for messages, without the URL's user name and password."""
    try:
        host = urlsplit(api_url).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    return host or "The Bot API"


def _form(parameters: Mapping[str, Any], upload: Upload) -> dict[str, Any]:
    """Return the arguments of a multipart request; all parameters but strings are sent as JSON."""
    fields = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in parameters.items()
    }
    return {"data": fields, "files": {upload.parameter: (upload.name, upload.data)}}


@dataclass(frozen=True, slots=True)
class _Response:
    """An HTTP response, and the call that it belongs to."""

    method: str
    host: str
    status: int
    body: bytes


class _ErrorParameters(msgspec.Struct):
    retry_after: float = DEFAULT_RETRY_AFTER
    migrate_to_chat_id: int | None = None


class _ErrorResponse(msgspec.Struct):
    ok: bool
    error_code: int = 0
    description: str = "no reason is given"
    parameters: _ErrorParameters = msgspec.field(default_factory=_ErrorParameters)


_OK, _UNAUTHORIZED, _NOT_FOUND, _CONFLICT, _TOO_MANY, _SERVER = 200, 401, 404, 409, 429, 500
_REDIRECTS: Final = range(300, 400)


def _read_result(response: _Response, token: Secret) -> bytes:
    """Return the result as it is written; raises TelegramError."""
    try:
        members = split_object(response.body)
    except JsonSplitError:
        members = {}
    if response.status == _OK and members.get("ok") == b"true" and "result" in members:
        return members["result"]
    try:
        error = msgspec.json.decode(replace_surrogates(response.body), type=_ErrorResponse)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        error = None
    # Raised outside the handler, so that the decoding error is not its context.
    if error is None or error.ok:
        raise _unreadable_response(response)
    raise _api_error(response, error, token)


def _api_error(response: _Response, error: _ErrorResponse, token: Secret) -> TelegramError:
    code, method = error.error_code or response.status, response.method
    description = redact(error.description, token)
    if code == _UNAUTHORIZED:
        return TokenRefusedError(
            "Telegram rejects the token (401): it is wrong or was revoked. @BotFather shows the "
            "valid one; set TELEGRAM_BOT_TOKEN to it."
        )
    if code == _NOT_FOUND:
        return NotFoundError(
            f"{response.host} knows no such bot (404 for {method}): check TELEGRAM_BOT_TOKEN, and "
            "TELEGRAM_API_URL if you set it."
        )
    if code == _CONFLICT:
        return _conflict(method, description)
    if code == _TOO_MANY:
        wait = min(max(MIN_RETRY_AFTER, error.parameters.retry_after), MAX_RETRY_AFTER)
        return TooManyRequestsError(
            f"Telegram asks to wait {wait:,.0f} s before the next {method} (429).", wait
        )
    if code >= _SERVER:
        return ServerFailedError(
            f"{response.host} failed to answer {method} ({code}): {description}."
        )
    return BadRequestError(
        f"Telegram rejects {method}: {description}.",
        description,
        error.parameters.migrate_to_chat_id,
    )


def _conflict(method: str, description: str) -> TelegramError:
    if method != "getUpdates":
        return BadRequestError(f"Telegram rejects {method}: {description}.")
    if "webhook" in description.lower():
        return WebhookIsSetError(
            "A webhook is set for this bot, so it can't be polled (409): tg-pipeline webhook info "
            "shows the webhook, tg-pipeline webhook delete removes it."
        )
    return ConflictingPollerError(
        "Another program polls with this bot's token (409): stop it first, since each update goes "
        "to only one of the two."
    )


def _unreadable_response(response: _Response) -> TelegramError:
    host, method, status = response.host, response.method, response.status
    if status >= _SERVER:
        return ServerFailedError(f"{host} failed to answer {method} ({status}).")
    if status in _REDIRECTS:
        return UnreadableResponseError(
            f"{host} answered {method} with a redirect ({status}), which is not followed: check "
            "TELEGRAM_API_URL, and any proxy in between."
        )
    return UnreadableResponseError(
        f"{host} answered {method} with something that is not a response of the Bot API "
        f"({status}): there may be a proxy in between."
    )


_TRANSPORT_REASONS: Final = (
    ((requests.exceptions.ProxyError,), "the proxy refuses the connection; see HTTPS_PROXY"),
    ((requests.ConnectTimeout,), "no connection in time"),
    ((NameResolutionError,), "its name can't be resolved (DNS)"),
    ((NewConnectionError,), ""),  # a subclass of urllib3's timeout; the error inside says more
    ((requests.Timeout, Urllib3TimeoutError, TimeoutError), "it took too long"),
    (
        (requests.exceptions.InvalidURL, LocationParseError, UnicodeError),
        "TELEGRAM_API_URL is not a valid address",
    ),
)
"""Types of errors, and what each means; empty if an error inside it explains more."""

_NOTHING_SENT: Final = (
    requests.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.ProxyError,  # urllib3 raises it only until the proxy is connected
    NewConnectionError,
    NameResolutionError,
    LocationParseError,
    ssl.SSLCertVerificationError,
)
"""Errors that are raised before any part of the request is sent."""


def explain_transport_error(error: Exception, method: str, host: str) -> NoResponseError:
    """Return the error to raise instead, outside the handler of the one that was caught."""
    causes = list(_causes(error))
    reasons = (reason for cause in causes if (reason := _transport_reason(cause)))
    return NoResponseError(
        f"{host} did not answer {method}: {next(reasons, 'it hung up')}.",
        may_have_succeeded=not any(isinstance(cause, _NOTHING_SENT) for cause in causes),
    )


def _transport_reason(cause: BaseException) -> str | None:
    for kinds, reason in _TRANSPORT_REASONS:
        if isinstance(cause, kinds):
            return reason or None
    if isinstance(cause, ssl.SSLError):
        detail = getattr(cause, "verify_message", "") or cause.reason or "TLS failed"
        return f"there is no secure connection ({detail})"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror[:1].lower() + cause.strerror[1:]
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those inside it, outermost first: the libraries wrap one another's."""
    queue, seen = [error], set()
    while queue:
        cause = queue.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inside = [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        queue += [each for each in inside if isinstance(each, BaseException)]
