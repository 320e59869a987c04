"""What the people who run the bot are told in their chat: each message at most once, by its key."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tg_pipeline.lake.idempotency import Claim, IdempotencyStore
from tg_pipeline.telegram.errors import (
    BadRequestError,
    DeliveryUnknownError,
    TelegramError,
    explain_refusal,
)
from tg_pipeline.telegram.messages import Lines, RateLimitRetry, send_message, send_photo

if TYPE_CHECKING:
    # Its HTTP library takes 0.1 s to import: only what calls Telegram waits for it.
    from tg_pipeline.telegram.client import BotApiClient


class Outcome(Enum):
    """What became of a message."""

    SENT = "sent"
    SENT_BEFORE = "sent before"
    IN_DOUBT = "in doubt"
    """It was begun before, and no answer came: it may be in the chat, or not."""


@dataclass(frozen=True, slots=True)
class AdminChat:
    """A chat, and the claims that keep anyone from telling it the same thing twice.

    A key is claimed before its message is sent, and given back only where Telegram surely did not
    send it. So a message of which nobody knows whether it arrived is not repeated, unless it is
    asked for `again`. Sending raises TelegramError, and what the claims' store raises.
    """

    api: "BotApiClient"
    chat: str
    claims: IdempotencyStore
    patience: RateLimitRetry

    def post_text(self, key: str, text: Lines, *, again: bool = False) -> Outcome:
        """Send a text, unless that was begun before."""
        return self._post(key, lambda: send_message(self.api, self.chat, text), again=again)

    def post_photo(self, key: str, png: bytes, caption: Lines, *, again: bool = False) -> Outcome:
        """Send a picture, unless that was begun before."""
        return self._post(key, lambda: send_photo(self.api, self.chat, png, caption), again=again)

    def _post(self, key: str, send: Callable[[], int], *, again: bool) -> Outcome:
        # Nothing is claimed while it waits: who is killed then has sent nothing.
        return self.patience.call(lambda: self._try(key, send, again=again))

    def _try(self, key: str, send: Callable[[], int], *, again: bool) -> Outcome:
        before = None
        if again:
            before = self.claims.force_acquire(key)
        elif not self.claims.acquire(key):
            return outcome_of(self.claims.read(key))
        try:
            message_id = send()
        except TelegramError as error:
            failure = self._failed(key, before, error)
        else:
            self.claims.complete(key, message_id)
            return Outcome.SENT
        raise failure

    def _failed(self, key: str, before: Claim | None, error: TelegramError) -> TelegramError:
        if error.may_have_succeeded:
            return DeliveryUnknownError(
                f"{error} The message may have arrived all the same, so it is not sent again by "
                "itself."
            )
        self.claims.release(key, before)
        if isinstance(error, BadRequestError):
            return BadRequestError(explain_refusal(error, self.chat), error.said, error.moved_to)
        return error


def outcome_of(claim: Claim | None) -> Outcome:
    """Give what became of a message that somebody else claimed; None is one just given back."""
    return Outcome.SENT_BEFORE if claim and claim.message_id is not None else Outcome.IN_DOUBT
