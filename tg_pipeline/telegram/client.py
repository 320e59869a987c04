"""Calls the Bot API. https://core.telegram.org/bots/api#making-requests."""

import re
from collections.abc import Mapping
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from urllib3.exceptions import HTTPError

from lambda_ingest.secret import Secret
from tg_pipeline.telegram.answers import BotInfo, WebhookInfo
from tg_pipeline.telegram.errors import TokenRefusedError, UnreadableAnswerError
from tg_pipeline.telegram.no_answer import explain_no_answer
from tg_pipeline.telegram.payload import mend_surrogates
from tg_pipeline.telegram.redaction import keep_tokens_out_of_logs
from tg_pipeline.telegram.replies import Reply, read_result
from tg_pipeline.telegram.slices import NotCutError, elements
from tg_pipeline.telegram.update_types import UPDATE_TYPES
from tg_pipeline.telegram.uploads import Upload, form
from tg_pipeline.telegram.webhook_request import WebhookRequest

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
"""How long an answer may take beyond the time that the call itself asks to wait."""

_TOKEN: Final = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")

_Result = TypeVar("_Result")


class BotApi:
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
            return elements(result)
        except NotCutError:
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
        timeout = (CONNECT_SECONDS, seconds + ANSWER_SECONDS)
        try:
            answer = self._session.post(
                f"{self._api_url}/bot{self.token.reveal()}/{method}",
                timeout=timeout,
                allow_redirects=False,
                **body,
            )
            reply = Reply(method, self._host, answer.status_code, answer.content)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = explain_no_answer(error, method, self._host)
        else:
            return read_result(reply, self.token)
        # Raised out here: in the handler, the error that holds the address would hang on it.
        raise failure

    def _unreadable(self, what: str) -> UnreadableAnswerError:
        return UnreadableAnswerError(f"{self._host} gives a {what} that can't be read.")


def _host_of(api_url: str) -> str:
    """Give what to call the server in a message: no name or password before the host."""
    try:
        host = urlsplit(api_url).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    return host or "The Bot API"
