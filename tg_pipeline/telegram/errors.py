"""Exception hierarchy, hints for chat errors."""

import re
from typing import Final


class TelegramError(Exception):
    """Telegram did not do what it was asked; the message says what and why, in one sentence."""

    may_have_succeeded: bool = False
    """Whether Telegram may have done it all the same, and only its answer is missing."""


class TokenRefusedError(TelegramError):
    """The token is wrong, or was revoked (401)."""


class NotFoundError(TelegramError):
    """There is no such bot, or no Bot API at that address (404)."""


class BadRequestError(TelegramError):
    """Telegram refuses the request as it stands (400 and what is like it)."""

    def __init__(self, message: str, said: str = "", moved_to: int | None = None) -> None:
        """Keep Telegram's own words, and the chat's new number where it has one.

        https://core.telegram.org/bots/api#responseparameters
        """
        super().__init__(message)
        self.said, self.moved_to = said, moved_to


class WebhookIsSetError(TelegramError):
    """Updates go to a webhook, so nobody can poll (409)."""


class ConflictingPollerError(TelegramError):
    """Another program polls with the same token (409)."""


class TransientError(TelegramError):
    """It may well work when asked again later."""


class ServerFailedError(TransientError):
    """The server has trouble of its own (5xx)."""

    may_have_succeeded = True


class NoResponseError(TransientError):
    """There was no connection, or no answer in time."""

    def __init__(self, message: str, *, may_have_succeeded: bool = True) -> None:
        """Tell whether the call may have reached the server."""
        super().__init__(message)
        self.may_have_succeeded = may_have_succeeded


class UnreadableResponseError(TransientError):
    """The answer is not the Bot API's: a proxy's page, or cut short."""

    may_have_succeeded = True


class TooManyRequestsError(TransientError):
    """Telegram asks to wait (429)."""

    def __init__(self, message: str, retry_after: float) -> None:
        """Tell how many seconds to wait.

        https://core.telegram.org/bots/api#responseparameters
        """
        super().__init__(message)
        self.retry_after = retry_after


class UnusableUrlError(TelegramError):
    """Telegram can't send updates to that URL."""


class DeliveryUnknownError(TelegramError):
    """A message was sent and no answer came: it may be in the chat, or not."""

    may_have_succeeded = True


_BY_WORDS: Final = (
    (
        r"chat not found|PEER_ID_INVALID",
        (
            "There is no chat {chat}, or the bot is not in it: check the number, and add the bot "
            "to the group, or write to it first."
        ),
    ),
    (r"kicked", "The bot was removed from the chat {chat}: add it again."),
    (r"not a member", "The bot is not in the chat {chat}: add it."),
    (r"blocked", "The bot was blocked by the user {chat}: they must unblock it."),
    (r"deactivated|was deleted", "The chat {chat} is gone: name another."),
    (r"can't initiate|USER_NOT_MUTUAL", "The user {chat} must write to the bot first."),
    (
        r"rights|CHAT_(WRITE|SEND_\w+)_FORBIDDEN|CHAT_ADMIN_REQUIRED|RESTRICTED",
        "The bot may not write to the chat {chat}: let it send messages and photos.",
    ),
)


def explain_refusal(error: BadRequestError, chat: str) -> str:
    """Give in a line why a chat took no message, and what to do about it."""
    if error.moved_to is not None:
        return f"The group {chat} became a supergroup with the number {error.moved_to}: use that."
    found = (advice for words, advice in _BY_WORDS if re.search(words, error.said, re.IGNORECASE))
    return f"{error} {next(found, '').format(chat=chat)}".rstrip()
