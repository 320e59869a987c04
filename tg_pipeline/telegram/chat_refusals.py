"""Why a chat can't be written to, from the words that the Bot API has for it, and what to do.

The words are those of the Bot API server: https://github.com/tdlib/telegram-bot-api (Client.cpp),
and of Telegram's own (in capitals).
"""

import re
from typing import Final

from tg_pipeline.telegram.errors import RefusedError

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


def explain_refusal(error: RefusedError, chat: str) -> str:
    """Give in a line why a chat took no message, and what to do about it."""
    if error.moved_to is not None:
        return f"The group {chat} became a supergroup with the number {error.moved_to}: use that."
    found = (advice for words, advice in _BY_WORDS if re.search(words, error.said, re.IGNORECASE))
    return f"{error} {next(found, '').format(chat=chat)}".rstrip()
