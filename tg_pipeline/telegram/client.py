"""`BotApiClient`: HTTP, responses, transport errors."""

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from urllib3.exceptions import TimeoutError as WireTimeoutError

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.decoding import mend_surrogates
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

_REASONS: Final = (
    ((requests.exceptions.ProxyError,), "the proxy does not let it through; see HTTPS_PROXY"),
    ((requests.ConnectTimeout,), "no connection in time"),
    ((NameResolutionError,), "its name is not known (DNS)"),
    ((NewConnectionError,), ""),  # urllib3 counts it as a timeout; what is inside says more
    ((requests.Timeout, WireTimeoutError, TimeoutError), "it took too long"),
    (
        (requests.exceptions.InvalidURL, LocationParseError, UnicodeError),
        "TELEGRAM_API_URL is no usable address",
    ),
)

_NO_CONNECTION: Final = (
    requests.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.ProxyError,  # urllib3 names it so only until the proxy is connected
    NewConnectionError,
    NameResolutionError,
    LocationParseError,
    ssl.SSLCertVerificationError,
)
"""Errors from before anything of the call was sent."""


def explain_transport_error(error: Exception, method: str, host: str) -> NoResponseError:
    """Give the error to raise instead; what was caught must not hang on it."""
    causes = list(_causes(error))
    reasons = (reason for cause in causes if (reason := _reason(cause)))
    return NoResponseError(
        f"{host} did not answer {method}: {next(reasons, 'it hung up')}.",
        may_have_succeeded=not any(isinstance(cause, _NO_CONNECTION) for cause in causes),
    )


def _reason(cause: BaseException) -> str | None:
    for kinds, reason in _REASONS:
        if isinstance(cause, kinds):
            return reason or None
    if isinstance(cause, ssl.SSLError):
        said = getattr(cause, "verify_message", "") or cause.reason or "TLS failed"
        return f"there is no safe connection ({said})"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror[:1].lower() + cause.strerror[1:]
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and those inside it, from the outermost: the libraries wrap one another."""
    waiting, seen = [error], set()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inside = [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        waiting += [each for each in inside if isinstance(each, BaseException)]


DEFAULT_WAIT: Final = 5.0
"""Seconds, where a 429 does not say how long."""

SHORTEST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 3600.0
"""Seconds: what a 429 says is believed between these."""

_OK, _UNAUTHORIZED, _NOT_FOUND, _CONFLICT, _TOO_MANY, _SERVER = 200, 401, 404, 409, 429, 500
_REDIRECTS: Final = range(300, 400)


class Reply(msgspec.Struct, frozen=True):
    """An HTTP answer, and what it answers."""

    method: str
    host: str
    status: int
    body: bytes


class _Parameters(msgspec.Struct):
    retry_after: float = DEFAULT_WAIT
    migrate_to_chat_id: int | None = None


class _Refusal(msgspec.Struct):
    ok: bool
    error_code: int = 0
    description: str = "no reason is given"
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


def read_result(reply: Reply, token: Secret) -> bytes:
    """Give the result as it is written; raises TelegramError."""
    try:
        answer = split_object(reply.body)
    except JsonSplitError:
        answer = {}
    if reply.status == _OK and answer.get("ok") == b"true" and "result" in answer:
        return answer["result"]
    try:
        refusal = msgspec.json.decode(mend_surrogates(reply.body), type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        refusal = None
    # Raised out here, so that no error drags the one before along.
    raise _unreadable(reply) if refusal is None or refusal.ok else _refused(reply, refusal, token)


def _refused(reply: Reply, refusal: _Refusal, token: Secret) -> TelegramError:
    code, method = refusal.error_code or reply.status, reply.method
    said = redact(refusal.description, token)
    if code == _UNAUTHORIZED:
        return TokenRefusedError(
            "Telegram refuses the token (401): it is wrong or was revoked. @BotFather shows the "
            "one that counts; set TELEGRAM_BOT_TOKEN to it."
        )
    if code == _NOT_FOUND:
        return NotFoundError(
            f"{reply.host} knows no such bot (404 for {method}): check TELEGRAM_BOT_TOKEN, and "
            "TELEGRAM_API_URL if you set it."
        )
    if code == _CONFLICT:
        return _conflict(method, said)
    if code == _TOO_MANY:
        wait = min(max(SHORTEST_WAIT, refusal.parameters.retry_after), LONGEST_WAIT)
        return TooManyRequestsError(
            f"Telegram asks to wait {wait:,.0f} s before the next {method} (429).", wait
        )
    if code >= _SERVER:
        return ServerFailedError(f"{reply.host} failed to answer {method} ({code}): {said}.")
    moved_to = refusal.parameters.migrate_to_chat_id
    return BadRequestError(f"Telegram refuses {method}: {said}.", said, moved_to)


def _conflict(method: str, said: str) -> TelegramError:
    if method != "getUpdates":
        return BadRequestError(f"Telegram refuses {method}: {said}.")
    if "webhook" in said.lower():
        return WebhookIsSetError(
            "A webhook is set for this bot, so that nobody can poll (409): tg-pipeline webhook "
            "info shows it, and tg-pipeline webhook delete takes it away."
        )
    return ConflictingPollerError(
        "Another program polls with this bot's token (409): stop it first, since each update goes "
        "to one of the two only."
    )


def _unreadable(reply: Reply) -> TelegramError:
    if reply.status >= _SERVER:
        return ServerFailedError(f"{reply.host} failed to answer {reply.method} ({reply.status}).")
    if reply.status in _REDIRECTS:
        return UnreadableResponseError(
            f"{reply.host} answers {reply.method} with a redirect ({reply.status}), which is not "
            "followed: check TELEGRAM_API_URL, and what stands between here and there."
        )
    return UnreadableResponseError(
        f"{reply.host} answers {reply.method} with what is no answer of the Bot API "
        f"({reply.status}): a proxy may stand in between."
    )


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, the parameter that it is, and the name that it goes by."""

    parameter: str
    name: str
    data: bytes


def form(parameters: Mapping[str, Any], upload: Upload) -> dict[str, Any]:
    """Give the call as a form, as requests takes it; lists and switches are written as JSON."""
    fields = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in parameters.items()
    }
    return {"data": fields, "files": {upload.parameter: (upload.name, upload.data)}}


CONNECT_SECONDS: Final = 5.0
RESPONSE_TIMEOUT: Final = 15.0
"""How long an answer may take beyond the time that the call itself asks to wait."""

_TOKEN: Final = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")

_Result = TypeVar("_Result")


class BotApiClient:
    """A bot's calls. Each raises TelegramError, whose message and causes hold no token."""

    def __init__(self, token: Secret, api_url: str) -> None:
        """Prepare; nothing is asked yet. Raises TokenRefusedError where it can be no token."""
        if not _TOKEN.fullmatch(token.reveal()):
            raise TokenRefusedError(
                "TELEGRAM_BOT_TOKEN holds a character that no token has: copy it from @BotFather "
                "as it stands."
            )
        keep_tokens_out_of_logs()
        self.token = token
        self._api_url = api_url
        self._host = _host_of(api_url)
        self._session = requests.Session()

    def __enter__(self) -> Self:
        """Give the calls; leaving closes the connections."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._session.close()

    def get_me(self) -> BotInfo:
        """Tell who the bot is. https://core.telegram.org/bots/api#getme."""
        return self.ask("getMe", BotInfo)

    def get_webhook_info(self) -> WebhookInfo:
        """Tell where updates go. https://core.telegram.org/bots/api#getwebhookinfo."""
        return self.ask("getWebhookInfo", WebhookInfo)

    def set_webhook(self, request: WebhookRequest) -> None:
        """Have updates sent to a URL. https://core.telegram.org/bots/api#setwebhook."""
        pem = request.certificate
        upload = Upload("certificate", "certificate.pem", pem) if pem is not None else None
        self.call("setWebhook", request.parameters(), upload=upload)

    def delete_webhook(self, *, drop_pending: bool = False) -> None:
        """Send updates nowhere. https://core.telegram.org/bots/api#deletewebhook."""
        self.call("deleteWebhook", {"drop_pending_updates": drop_pending})

    def get_updates(self, *, offset: int | None, limit: int, seconds: int) -> list[bytes]:
        """Give what waits from `offset` on, each update as it is written; confirm all below.

        Waits up to `seconds` where nothing does. https://core.telegram.org/bots/api#getupdates
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
        raise self._unreadable("getUpdates")

    def ask(
        self,
        method: str,
        kind: type[_Result],
        parameters: Mapping[str, Any] | None = None,
        upload: Upload | None = None,
    ) -> _Result:
        """Call a method; give its result as what it is."""
        result = self.call(method, parameters, upload=upload)
        try:
            return msgspec.json.decode(mend_surrogates(result), type=kind)
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
        """Call a method; give its result as it is written."""
        asked = parameters or {}
        body: dict[str, Any] = form(asked, upload) if upload else {"json": asked}
        timeout = (CONNECT_SECONDS, seconds + RESPONSE_TIMEOUT)
        try:
            answer = self._session.post(
                f"{self._api_url}/bot{self.token.reveal()}/{method}",
                timeout=timeout,
                allow_redirects=False,
                **body,
            )
            reply = Reply(method, self._host, answer.status_code, answer.content)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = explain_transport_error(error, method, self._host)
        else:
            return read_result(reply, self.token)
        # Raised out here: in the handler, the error that holds the address would hang on it.
        raise failure

    def _unreadable(self, what: str) -> UnreadableResponseError:
        return UnreadableResponseError(f"{self._host} gives a {what} that can't be read.")


def _host_of(api_url: str) -> str:
    """Give what to call the server in a message: no name or password before the host."""
    try:
        host = urlsplit(api_url).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    return host or "The Bot API"
