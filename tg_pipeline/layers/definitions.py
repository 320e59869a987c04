"""The definitions that all figures share: service message, written message, person, activity.

Each is a column of enriched_updates, so that a mart, a query and the report mean the same by them.
The Bot API's wording decides: https://core.telegram.org/bots/api#message (version 10.3).
"""

from typing import Final

from tg_pipeline.telegram.models import Member

SERVICE_MESSAGES: Final = frozenset(
    """
    new_chat_members left_chat_member chat_owner_left chat_owner_changed new_chat_title
    new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created
    channel_chat_created message_auto_delete_timer_changed migrate_to_chat_id migrate_from_chat_id
    pinned_message successful_payment refunded_payment users_shared user_shared chat_shared gift
    unique_gift gift_upgrade_sent connected_website write_access_allowed passport_data
    proximity_alert_triggered boost_added chat_background_set checklist_tasks_done
    checklist_tasks_added direct_message_price_changed forum_topic_created forum_topic_edited
    forum_topic_closed forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden
    giveaway_created giveaway_completed managed_bot_created paid_message_price_changed
    poll_option_added poll_option_deleted suggested_post_approved suggested_post_approval_failed
    suggested_post_declined suggested_post_paid suggested_post_refunded video_chat_scheduled
    video_chat_started video_chat_ended video_chat_participants_invited web_app_data
    community_chat_added community_chat_removed community_chat_joined
    voice_chat_scheduled voice_chat_started voice_chat_ended voice_chat_participants_invited
    new_chat_participant left_chat_participant
    """.split()
)
"""The contents that the Bot API calls a service message, or that report what happened to the chat:
members, title, photo, migration, pinned message, login, Telegram Passport. The last two lines are
names that the Bot API used earlier. `giveaway` and `giveaway_winners` are ordinary messages, and so
is a content that is not known here."""

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
