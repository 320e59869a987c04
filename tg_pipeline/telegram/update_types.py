"""The update types of the Bot API, by the names that `allowed_updates` goes by."""

from typing import Final

UPDATE_TYPES: Final = (
    *("message", "edited_message", "channel_post", "edited_channel_post"),
    *("business_connection", "business_message", "edited_business_message"),
    *("deleted_business_messages", "guest_message"),
    *("message_reaction", "message_reaction_count"),
    *("inline_query", "chosen_inline_result", "callback_query"),
    *("shipping_query", "pre_checkout_query", "purchased_paid_media"),
    *("poll", "poll_answer"),
    *("my_chat_member", "chat_member", "chat_join_request", "chat_boost", "removed_chat_boost"),
    *("managed_bot", "subscription", "stopped_message_generation"),
)
"""All of them, in the order of the reference: https://core.telegram.org/bots/api#update (10.3).

New ones appear with every version; an update of a type that is not here is data all the same.
"""

SENT_ONLY_IF_NAMED: Final = ("message_reaction", "message_reaction_count", "chat_member")
"""Off unless `allowed_updates` names them, and sent to administrators only.

Source: https://core.telegram.org/bots/api#setwebhook (allowed_updates)
"""
