"""An HTTP answer becomes a result, or the typed error that a refusal stands for."""

from typing import Final

import msgspec

from lambda_ingest.secret import Secret
from tg_pipeline.telegram.errors import (
    NotFoundError,
    OtherPollerError,
    RefusedError,
    ServerFailedError,
    TelegramError,
    TokenRefusedError,
    TooManyRequestsError,
    UnreadableAnswerError,
    WebhookIsSetError,
)
from tg_pipeline.telegram.payload import mend_surrogates
from tg_pipeline.telegram.redaction import redact
from tg_pipeline.telegram.slices import NotCutError, members

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
        answer = members(reply.body)
    except NotCutError:
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
    return RefusedError(f"Telegram refuses {method}: {said}.", said, moved_to)


def _conflict(method: str, said: str) -> TelegramError:
    if method != "getUpdates":
        return RefusedError(f"Telegram refuses {method}: {said}.")
    if "webhook" in said.lower():
        return WebhookIsSetError(
            "A webhook is set for this bot, so that nobody can poll (409): tg-pipeline webhook "
            "info shows it, and tg-pipeline webhook delete takes it away."
        )
    return OtherPollerError(
        "Another program polls with this bot's token (409): stop it first, since each update goes "
        "to one of the two only."
    )


def _unreadable(reply: Reply) -> TelegramError:
    if reply.status >= _SERVER:
        return ServerFailedError(f"{reply.host} failed to answer {reply.method} ({reply.status}).")
    if reply.status in _REDIRECTS:
        return UnreadableAnswerError(
            f"{reply.host} answers {reply.method} with a redirect ({reply.status}), which is not "
            "followed: check TELEGRAM_API_URL, and what stands between here and there."
        )
    return UnreadableAnswerError(
        f"{reply.host} answers {reply.method} with what is no answer of the Bot API "
        f"({reply.status}): a proxy may stand in between."
    )
