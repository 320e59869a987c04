"""What can go wrong with a call of the Bot API, and what to do about a chat that takes no message.

Each message is one sentence, without tokens.
"""

import re
from typing import Final


class TelegramError(Exception):
    """A call of the Bot API failed; the message says what and why, in one sentence."""

    may_have_succeeded: bool = False
    """Whether Telegram may have executed the call although no valid response arrived."""


class TokenRefusedError(TelegramError):
    """The token is wrong or was revoked (401)."""


class NotFoundError(TelegramError):
    """There is no such bot, or no Bot API at that address (404)."""


class BadRequestError(TelegramError):
    """Telegram rejects the request itself (400 and other 4xx)."""

    def __init__(
        self, message: str, description: str = "", migrate_to_chat_id: int | None = None
    ) -> None:
        """Keep Telegram's description, and the new id of a group that became a supergroup.

        https://core.telegram.org/bots/api#responseparameters
        """
        super().__init__(message)
        self.description, self.migrate_to_chat_id = description, migrate_to_chat_id


class WebhookIsSetError(TelegramError):
    """The bot has a webhook, so its updates can't be polled (409)."""


class ConflictingPollerError(TelegramError):
    """Another program polls with the same token (409)."""


class UnusableUrlError(TelegramError):
    """Telegram can't send updates to that URL."""


class DeliveryUnknownError(TelegramError):
    """A message was sent and no response came: it may or may not be in the chat."""

    may_have_succeeded = True


class TransientError(TelegramError):
    """A later attempt may succeed."""


class TooManyRequestsError(TransientError):
    """Telegram asks to wait (429)."""

    def __init__(self, message: str, retry_after: float) -> None:
        """Keep the number of seconds to wait.

        https://core.telegram.org/bots/api#responseparameters
        """
        super().__init__(message)
        self.retry_after = retry_after


class ServerFailedError(TransientError):
    """The server failed (5xx)."""

    may_have_succeeded = True


class UnreadableResponseError(TransientError):
    """The response is not from the Bot API (such as a proxy's page), or is incomplete."""

    may_have_succeeded = True


class NoResponseError(TransientError):
    """There was no connection, or no response in time."""

    def __init__(self, message: str, *, may_have_succeeded: bool = True) -> None:
        """Keep whether the request may have reached the server."""
        super().__init__(message)
        self.may_have_succeeded = may_have_succeeded


_CHAT_HINTS: Final = (
    (
        r"chat not found|PEER_ID_INVALID",
        (
            "There is no chat {chat}, or the bot is not in it: check the id, and add the bot to "
            "the group, or write to it first."
        ),
    ),
    (r"kicked", "The bot was removed from the chat {chat}: add it again."),
    (r"not a member", "The bot is not in the chat {chat}: add it."),
    (r"blocked", "The bot was blocked by the user {chat}: they must unblock it."),
    (r"deactivated|was deleted", "The chat {chat} no longer exists: choose another."),
    (r"can't initiate|USER_NOT_MUTUAL", "The user {chat} must write to the bot first."),
    (
        r"rights|CHAT_(WRITE|SEND_\w+)_FORBIDDEN|CHAT_ADMIN_REQUIRED|RESTRICTED",
        "The bot may not write to the chat {chat}: allow it to send messages and photos.",
    ),
)
"""Patterns of Telegram's descriptions, and what to do about each; the first match counts."""


def explain_refusal(error: BadRequestError, chat: str) -> str:
    """Return why a chat took no message, and what to do about it, in one line."""
    if error.migrate_to_chat_id is not None:
        return (
            f"The group {chat} became a supergroup with the number "
            f"{error.migrate_to_chat_id}: use that."
        )
    description = error.description
    hints = (hint for words, hint in _CHAT_HINTS if re.search(words, description, re.IGNORECASE))
    return f"{error} {next(hints, '').format(chat=chat)}".rstrip()
