"""Posts an alert to a webhook URL, whose text is a secret: many hold a key in their path."""

from typing import Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from lambda_ingest.settings import Secret
from tg_pipeline.telegram.client import explain_transport_error
from tg_pipeline.telegram.redaction import keep_tokens_out_of_logs

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0


class HookError(Exception):
    """An alert could not be posted; the message names the host at most."""

    def __init__(self, message: str, *, may_have_succeeded: bool) -> None:
        """Tell whether it may have arrived all the same."""
        super().__init__(message)
        self.may_have_succeeded = may_have_succeeded


def host_of(url: Secret) -> str:
    """Give the host, in small letters: all of the address that may be shown."""
    return urlsplit(url.reveal()).hostname or "TG_ALERT_URL"


def post_alert(url: Secret, body: dict[str, str]) -> None:
    """Post a JSON object, once; raises HookError."""
    keep_tokens_out_of_logs()
    host = host_of(url)
    try:
        answer = requests.post(
            url.reveal(),
            json=body,
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            allow_redirects=False,
        )
        failure = _refusal(host, answer.status_code)
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        silence = explain_transport_error(error, "the alert", host)
        failure = HookError(str(silence), may_have_succeeded=silence.may_have_succeeded)
    # Raised out here: in the handler, the error that holds the address would hang on it.
    if failure:
        raise failure


def _refusal(host: str, status: int) -> HookError | None:
    """Give what a status means; where the server failed by itself, nobody knows what it did."""
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own
        return None
    may_have_succeeded = status >= 500  # noqa: PLR2004 - likewise
    return HookError(
        f"{host} answered {status} to the alert.", may_have_succeeded=may_have_succeeded
    )
