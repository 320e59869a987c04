"""The definitions that all figures share: service message, written message, person, activity.

Each is a column of enriched_updates, so that a mart, a query and the report mean the same by them.
Which contents are service messages is in `telegram.fields`, by the Bot API's own wording.
"""

from typing import Final

from tg_pipeline.telegram.models import Member

WRITTEN_TYPES: Final = frozenset({"message", "channel_post", "business_message", "guest_message"})
"""The update types of newly sent messages: no edits."""

TELEGRAM_ID: Final = 777_000
"""The account of Telegram itself, which is also the sender of automatic forwards.

Source: https://core.telegram.org/bots/api#message (from, sender_chat)
"""

GROUP_ANONYMOUS_BOT_ID: Final = 1_087_968_824
"""The `from` of messages by anonymous administrators, as a placeholder."""

CHANNEL_BOT_ID: Final = 136_817_688
"""The `from` of messages that a user sends as a channel, and the `user` of votes by a chat."""

SHARED_ACCOUNTS: Final = frozenset({TELEGRAM_ID, GROUP_ANONYMOUS_BOT_ID, CHANNEL_BOT_ID})
"""Accounts that stand for many senders.

Source: https://github.com/tdlib/td/blob/master/td/telegram/UserManager.cpp
"""

WRITE: Final = "write"

ACTIVITIES: Final = {
    "message": WRITE,
    "business_message": WRITE,
    "guest_message": WRITE,
    "message_reaction": "react",
    "callback_query": "press",
    "poll_answer": "vote",
    "inline_query": "query",
    "chosen_inline_result": "query",
    "shipping_query": "pay",
    "pre_checkout_query": "pay",
    "purchased_paid_media": "pay",
}
"""What a person does actively, by update type. Joining, leaving, being banned, blocking the bot,
asking to join and boosting are not activity. An edit is not either: Telegram also sends one for a
message's first reaction (https://github.com/tdlib/telegram-bot-api/issues/388)."""

MEMBER_STATUSES: Final = frozenset({"creator", "administrator", "member"})
"""The statuses of members; `restricted` is decided by `is_member`."""


def is_in_chat(member: Member) -> bool | None:
    """Return whether a user is a member of the chat; None if the status is missing.

    Source: https://core.telegram.org/bots/api#chatmember
    """
    if member.status is None:
        return None
    is_restricted_member = member.status == "restricted" and bool(member.is_member)
    return member.status in MEMBER_STATUSES or is_restricted_member
