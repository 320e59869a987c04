"""Why there was no answer, told from the HTTP library's errors without quoting them.

Their texts hold the address of the call, and so the token.
"""

import ssl
from collections.abc import Iterator
from typing import Final

import requests
from urllib3.exceptions import LocationParseError, NameResolutionError, NewConnectionError
from urllib3.exceptions import TimeoutError as WireTimeoutError

from tg_pipeline.telegram.errors import NoAnswerError

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


def explain_no_answer(error: Exception, method: str, host: str) -> NoAnswerError:
    """Give the error to raise instead; what was caught must not hang on it."""
    causes = list(_causes(error))
    reasons = (reason for cause in causes if (reason := _reason(cause)))
    return NoAnswerError(
        f"{host} did not answer {method}: {next(reasons, 'it hung up')}.",
        may_be_done=not any(isinstance(cause, _NO_CONNECTION) for cause in causes),
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
