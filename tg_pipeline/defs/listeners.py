"""Who is told of a failed run: the admin chat, and whatever listens at TG_ALERT_URL."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lambda_ingest.settings import Secret
from tg_pipeline.builds.alert import FailedRun, alert_body, alert_text
from tg_pipeline.settings import Settings
from tg_pipeline.telegram.errors import BadRequestError, TelegramError, explain_refusal
from tg_pipeline.telegram.messages import RateLimitRetry

LONGEST_WAIT: Final = 10.0
"""Seconds that Telegram may ask for: a sensor has a minute in all."""


class NotToldError(Exception):
    """Somebody could not be told; the message says who and why."""

    def __init__(self, message: str, *, may_have_succeeded: bool) -> None:
        """Tell whether it may have arrived all the same."""
        super().__init__(message)
        self.may_have_succeeded = may_have_succeeded


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who wants to know; telling raises NotToldError."""

    name: str
    tell: Callable[[FailedRun], None]


def listeners(settings: Settings) -> list[Listener]:
    """Give those whom the settings name."""
    admin, found = settings.admin, []
    if admin.chat_id and settings.token:
        chat = _Chat(settings, settings.token, admin.chat_id)
        found.append(Listener("chat", chat.tell))
    if admin.alert_url:
        found.append(Listener("url", _Url(settings, admin.alert_url).tell))
    return found


@dataclass(frozen=True, slots=True)
class _Chat:
    settings: Settings
    token: Secret
    chat: str

    def tell(self, failed: FailedRun) -> None:
        # The HTTP library takes 0.1 s to import: only who tells somebody waits for it.
        from tg_pipeline.telegram.client import BotApiClient  # noqa: PLC0415
        from tg_pipeline.telegram.messages import send_message  # noqa: PLC0415

        patience = RateLimitRetry(time.sleep, lambda _: None, LONGEST_WAIT)
        text = alert_text(failed, self.settings.zone)
        try:
            with BotApiClient(self.token, self.settings.api_url) as api:
                patience.call(lambda: send_message(api, self.chat, text))
        except TelegramError as error:
            raise NotToldError(
                self._why(error), may_have_succeeded=error.may_have_succeeded
            ) from error

    def _why(self, error: TelegramError) -> str:
        return (
            explain_refusal(error, self.chat) if isinstance(error, BadRequestError) else str(error)
        )


@dataclass(frozen=True, slots=True)
class _Url:
    settings: Settings
    url: Secret

    def tell(self, failed: FailedRun) -> None:
        # Likewise.
        from tg_pipeline.builds.alert_hook import HookError, host_of, post_alert  # noqa: PLC0415

        try:
            post_alert(self.url, alert_body(failed, self.settings.zone, host_of(self.url)))
        except HookError as error:
            raise NotToldError(str(error), may_have_succeeded=error.may_have_succeeded) from error
