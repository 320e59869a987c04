"""The fields that the Bot API documents (version 10.3), read or not.

A field that is missing here is new: `drift` reports it, until it is read or listed.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from lambda_ingest.update_fields import UPDATE_FIELDS
from tg_pipeline.telegram.models import MESSAGE_TYPES, content_struct

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
is a content that is not known here. https://core.telegram.org/bots/api#message"""

MESSAGE_ATTRIBUTES: Final = frozenset(
    """
    message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count
    sender_business_bot sender_tag date guest_query_id business_connection_id chat forward_origin
    forward_from forward_from_chat forward_from_message_id forward_signature forward_sender_name
    forward_date is_topic_message is_automatic_forward reply_to_message external_reply quote
    reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot
    guest_bot_caller_user guest_bot_caller_chat edit_date has_protected_content is_from_offline
    is_paid_post media_group_id author_signature paid_star_count entities link_preview_options
    suggested_post_info effect_id caption caption_entities show_caption_above_media
    has_media_spoiler reply_markup receiver_user ephemeral_message_id new_chat_member
    """.split()
)
"""Fields of a message that are not its content."""

NAMED_CONTENTS: Final = frozenset("contact dice game giveaway giveaway_winners story venue".split())
"""Ordinary contents of which only the name is read, as `content_type`."""

UNREAD_FIELDS: Final[Mapping[str, str]] = {
    "business_connection": "is_enabled rights can_reply",
    "deleted_business_messages": "message_ids",
    "message_reaction_count": "reactions",
    "inline_query": "id offset chat_type location",
    "chosen_inline_result": "result_id location inline_message_id",
    "callback_query": "id chat_instance inline_message_id game_short_name",
    "shipping_query": "id invoice_payload shipping_address",
    "pre_checkout_query": "id invoice_payload shipping_option_id order_info",
    "purchased_paid_media": "paid_media_payload payload",
    "poll": "options total_voter_count is_closed is_anonymous type allows_multiple_answers "
    "allows_revoting members_only question_entities country_codes correct_option_ids "
    "correct_option_id explanation explanation_entities explanation_media open_period close_date "
    "description description_entities media",
    "poll_answer": "option_ids option_persistent_ids",
    "my_chat_member": "via_join_request via_chat_folder_invite_link",
    "chat_member": "via_join_request via_chat_folder_invite_link",
    "chat_join_request": "bio query_id",
    "removed_chat_boost": "boost_id",
    "managed_bot": "bot",
    "subscription": "invoice_payload state",
    "stopped_message_generation": "draft_id",
}
"""Fields of other updates that are documented, and deliberately not read; by type."""


@cache
def documented_fields(update_type: str) -> frozenset[str] | None:
    """Return the known fields of a content, read or not; None if the type is unknown."""
    if update_type not in UPDATE_FIELDS:
        return None
    read = {field.encode_name for field in msgspec.structs.fields(content_struct(update_type))}
    if update_type in MESSAGE_TYPES:
        return frozenset(read) | MESSAGE_ATTRIBUTES | SERVICE_MESSAGES | NAMED_CONTENTS
    return frozenset(read) | frozenset(UNREAD_FIELDS.get(update_type, "").split())
