"""enriched_updates of all days in one frame, with the columns that any mart asks for."""

from pathlib import Path
from typing import Final

import pandas as pd

SENT: Final = ["message", "channel_post", "business_message", "guest_message"]
EDITED: Final = ["edited_message", "edited_channel_post", "edited_business_message"]

COLUMNS: Final = (
    "context_date bot_id update_id update_type event_at received_at chat_id chat_type chat_title "
    "user_id user_is_bot user_first_name sender_chat_id message_id date edit_date "
    "message_thread_id reply_to_message_id content_type text caption command command_args "
    "forward_origin_type reactions_added reactions_removed member_user_id member_old_status "
    "member_new_status migrate_to_chat_id migrate_from_chat_id"
).split()


def read_updates(lake: Path) -> pd.DataFrame:
    """Read all days; `person_id` is the user where it is neither a bot nor speaks for a chat."""
    updates = pd.read_parquet(
        lake / "enriched_updates", columns=COLUMNS, dtype_backend="numpy_nullable"
    )
    is_person = updates["sender_chat_id"].isna() & ~updates["user_is_bot"].fillna(value=False)
    return updates.assign(
        context_date=updates["context_date"].cat.rename_categories(pd.to_datetime),
        person_id=updates["user_id"].where(is_person),
    ).astype({"context_date": "datetime64[us]"})
