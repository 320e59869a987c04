"""An update as a flat row, in dicts and plain Python: what a user would else write.

Written apart from the product, so that each checks the other. A column that is not set is null.
"""

import re
from typing import Any, Final

from flat_message import Dict, fill_message, fill_who_and_where

MESSAGES: Final = frozenset(
    """
    message edited_message channel_post edited_channel_post business_message
    edited_business_message guest_message
    """.split()
)
HALF_PAIR: Final = re.compile("[\ud800-\udfff]")


def flat_row(update: Dict) -> Dict:
    """Give the columns that an update's own fields make."""
    kind = next((key for key in update if key != "update_id"), None)
    row = {"update_id": update["update_id"], "update_type": kind, "fields_nulled": 0}
    body = update[kind] if kind else {}
    if kind in MESSAGES:
        fill_message(row, body)
    elif kind == "callback_query":
        _callback(row, body)
    elif kind == "poll":
        row["poll_id"] = body["id"]
    else:
        _event(row, body)
    if kind and "date" in body:
        second = body.get("edit_date") if kind.startswith("edited_") else body["date"]
        row["event_at"] = second * 1_000_000 if second else None
    return row


def mended(value: Any) -> Any:
    """Give a value with U+FFFD for each half of a surrogate pair in its texts."""
    if isinstance(value, str):
        return HALF_PAIR.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: mended(part) for key, part in value.items()}
    return [mended(part) for part in value] if isinstance(value, list) else value


def _callback(row: Dict, callback: Dict) -> None:
    message = callback.get("message", {})
    fill_who_and_where(row, {"from": callback["from"], "chat": message.get("chat", {})})
    row["callback_data"] = callback.get("data")
    row["message_id"] = message.get("message_id")
    row["message_thread_id"] = message.get("message_thread_id")


def _event(row: Dict, event: Dict) -> None:
    fill_who_and_where(row, event)
    row["sender_chat_id"] = (event.get("actor_chat") or event.get("voter_chat", {})).get("id")
    for name in ("date", "edit_date", "message_id", "message_thread_id", "query", "poll_id"):
        row[name] = event.get(name)
    row["currency"], row["total_amount"] = event.get("currency"), event.get("total_amount")
    if "new_reaction" in event or "old_reaction" in event:
        old = [_reaction(each) for each in event.get("old_reaction", [])]
        new = [_reaction(each) for each in event.get("new_reaction", [])]
        row["reactions_added"] = [name for name in new if name not in old]
        row["reactions_removed"] = [name for name in old if name not in new]
    row["member_old_status"] = event.get("old_chat_member", {}).get("status")
    row["member_new_status"] = event.get("new_chat_member", {}).get("status")
    row["member_user_id"] = event.get("new_chat_member", {}).get("user", {}).get("id")


def _reaction(reaction: Dict) -> str:
    if reaction["type"] == "custom_emoji":
        return f"custom:{reaction['custom_emoji_id']}"
    return str(reaction.get("emoji", reaction["type"]))
