"""What a delivery that failed means, from the words that getWebhookInfo has for it.

The words are those of the Bot API server: https://github.com/tdlib/telegram-bot-api
(WebhookActor.cpp), and of the system below it.
"""

import re
from typing import Final

_STATUS: Final = re.compile(r"Wrong response from the webhook: ([1-5])([0-9]{2})\b")

_BY_STATUS: Final = {
    "401": "The bot behind the door refuses the call: FORWARD_SECRET_TOKEN is what it expects.",
    "403": "The secret differs: set the webhook again with the door's TELEGRAM_SECRET_TOKEN; or, "
    "where updates are forwarded, the bot refuses them: FORWARD_SECRET_TOKEN is what it expects.",
    "404": "Nothing is at that path: the door listens at TG_WEBHOOK_PATH (/telegram unless set), "
    "the bot behind it at FORWARD_URL's.",
    "405": "What answers there takes no POST: that URL is not the door's.",
    "410": "The URL is gone for good; after a day of this Telegram deletes the webhook.",
    "413": "Something in front of the door refuses long bodies: raise its limit.",
    "429": "The door has too much at once: set the webhook again with fewer --max-connections.",
    "3": "Telegram follows no redirect: set the webhook to where it leads.",
    "4": "What answers there refuses the call: that URL may not be the door's.",
    "500": "The door could not store the update: its log says why.",
    "5": "The bot behind the door (FORWARD_URL) fails or is slow, or nothing is behind the gateway "
    "any more: the door's log says which.",
}

_BY_WORDS: Final = (
    (r"is reserved", "That address is private: Telegram must reach the host from the internet."),
    (r"ipv6", "Telegram reaches webhooks by IPv4 only: the host's name needs an A record."),
    (
        r"resolve host|name or service|no address associated|invalid host",
        "The host's name is not known: see its DNS.",
    ),
    (
        r"certificate|ssl",
        (
            "Telegram does not trust the certificate: it must be valid for the host and come with "
            "its whole chain; one that you signed yourself is set with --certificate."
        ),
    ),
    (r"refused", "Nothing listens at that host and port."),
    (
        r"connection timed out|connect to the webhook|no route|unreachable",
        (
            # The addresses: https://core.telegram.org/bots/webhooks
            "Nothing can be reached at that host and port: a firewall must let in "
            "149.154.160.0/20 and 91.108.4.0/22."
        ),
    ),
    (
        r"timeout|timed out",
        "The door answers too late: its store, or the bot behind it (FORWARD_URL), is slow.",
    ),
    (r"closed|reset", "The door, or what stands in front of it, hangs up."),
)


def explain_delivery_error(message: str) -> str:
    """Give what to do about it, in one sentence; empty where nothing is known of it."""
    if status := _STATUS.search(message):
        digit, rest = status.groups()
        return _BY_STATUS.get(digit + rest) or _BY_STATUS.get(digit, "")
    found = (advice for words, advice in _BY_WORDS if re.search(words, message, re.IGNORECASE))
    return next(found, "")
