"""The mart `messages` with pandas, as an experienced user writes it.

The updates are read once, with the columns needed, and everything works on whole columns.
"""

from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

NULLABLE: Final = {pa.int64(): pd.Int64Dtype(), pa.string(): pd.StringDtype()}
"""The types that the updates are read with: a missing id makes no other id a float."""

SENT: Final = ["message", "channel_post", "business_message", "guest_message"]
EDITED: Final = ["edited_message", "edited_channel_post", "edited_business_message"]
UPDATE_COLUMNS: Final = (
    "bot_id update_id update_type event_at received_at chat_id chat_type chat_title user_id "
    "user_is_bot user_first_name sender_chat_id sender_business_bot_id person_id message_id date "
    "edit_date business_connection_id message_thread_id is_topic_message reply_to_message_id "
    "reply_to_is_automatic_forward is_automatic_forward is_from_offline is_service "
    "is_live_location content_digest content_type text caption command command_args "
    "forward_origin_type migrate_to_chat_id migrate_from_chat_id"
).split()

KEY: Final = ["bot_id", "kind", "business_connection_id", "chat_id", "message_id", "key_update"]
PLACE: Final = ["bot_id", "chat_id"]

MESSAGE_COLUMNS: Final = (
    "bot_id is_copy kind business_connection_id chat_id chat_id_then message_id update_id "
    "chat_type chat_title topic_id comment_thread_id user_id user_first_name person_id speaker_id "
    "is_bot sent_at sent_on edited_at edits reply_to_message_id content_type is_service is_written "
    "is_automatic_forward is_from_offline text first_text command command_args is_forward"
).split()
"""The columns of the mart that are compared: all but those that are merely passed through."""

SHARED_BELOW: Final = -1_000_000_000_000
"""Ids of supergroups and channels: several bots may receive the same message of these."""


def build_messages(lake: Path, target: Path, zone: str) -> None:
    """Build the mart from the lake, and write it to a file."""
    messages(read_updates(lake), zone).to_parquet(target, index=False)


def read_updates(lake: Path) -> pd.DataFrame:
    """Return enriched_updates of all days in one frame."""
    return pd.read_parquet(
        lake / "enriched_updates", columns=UPDATE_COLUMNS, dtype_backend="numpy_nullable"
    )


def messages(updates: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Return the newest version of each message, in its current chat."""
    versions = _versions(updates)
    latest = _latest(versions)
    latest["comment_thread_id"] = _comment_threads(latest, versions)
    latest["is_copy"] = _is_copy(latest, versions)
    latest["chat_id_then"] = latest["chat_id"]
    latest["chat_id"] = latest["chat_id"].map(_migrations(updates)).fillna(latest["chat_id"])
    return _message_columns(latest, zone)[MESSAGE_COLUMNS].sort_values(
        ["bot_id", "chat_id", "sent_at", "message_id", "kind", "update_id"]
    )


def _versions(updates: pd.DataFrame) -> pd.DataFrame:
    written = updates[updates["update_type"].isin(SENT + EDITED)]
    begun = pd.to_datetime(written["date"].replace(0, pd.NA), unit="s", utc=True)
    is_alone = written["message_id"].fillna(0) == 0
    return written.assign(
        kind=written["update_type"].str.removeprefix("edited_"),
        is_edit=written["update_type"].isin(EDITED),
        sent_at=begun.fillna(written["event_at"]).fillna(written["received_at"]),
        key_update=written["update_id"].where(is_alone, 0),
        text=written["text"].fillna(written["caption"]),
    )


def _latest(versions: pd.DataFrame) -> pd.DataFrame:
    is_contested = versions.duplicated(KEY, keep=False)
    alone = versions[~is_contested]
    alone = alone.assign(
        edits=0, content_date=alone["edit_date"].where(alone["is_edit"]), first_text=pd.NA
    )
    contested = versions[is_contested].assign(order=versions["edit_date"].fillna(0))
    contested = contested.sort_values(["order", "update_id", "received_at"])
    same = contested.groupby(KEY, dropna=False)
    place, moves = same.cumcount(), contested["is_live_location"].fillna(value=False)
    is_different = (
        _differ(contested["content_digest"], same["content_digest"].shift())
        & ~moves
        & ~moves.groupby([contested[name] for name in KEY], dropna=False).shift(fill_value=False)
    )
    is_change = contested["is_edit"] & (is_different | (place == 0))
    is_first = ~contested["is_edit"] & (place == 0)
    contested = contested.assign(
        is_counted=(is_change & (place > 0)).astype("int64"),
        content_date=contested["edit_date"].where(is_change),
        first_text=contested["text"].where(is_first),
    )
    same = contested.groupby(KEY, dropna=False)
    contested = contested.assign(
        sent_at=same["sent_at"].transform("min"),
        edits=same["is_counted"].transform("sum"),
        content_date=same["content_date"].transform("max"),
        first_text=same["first_text"].transform("first"),
    )
    newest = contested.drop_duplicates(KEY, keep="last")
    return pd.concat([alone, newest], ignore_index=True)


def _comment_threads(latest: pd.DataFrame, versions: pd.DataFrame) -> pd.Series:
    """Return the threads below a channel's post."""
    is_post = versions["is_automatic_forward"].fillna(value=False)
    is_comment = versions["reply_to_is_automatic_forward"].fillna(value=False) & (
        versions["reply_to_message_id"] == versions["message_thread_id"]
    ).fillna(value=False)
    posts = versions.loc[is_post, [*PLACE, "message_id"]]
    commented = versions.loc[is_comment, [*PLACE, "message_thread_id"]]
    heads = pd.concat(
        [posts.rename(columns={"message_id": "message_thread_id"}), commented]
    ).drop_duplicates()
    found = latest[[*PLACE, "message_thread_id"]].merge(heads, how="left", indicator=True)
    is_comment = (found["_merge"] == "both").to_numpy() & ~latest["is_topic_message"].fillna(
        value=False
    )
    return latest["message_thread_id"].where(is_comment)


def _is_copy(latest: pd.DataFrame, versions: pd.DataFrame) -> pd.Series:
    """Return whether a bot with a lower id received the message of a supergroup, too."""
    shared = versions[(versions["chat_id"] < SHARED_BELOW) & (versions["message_id"] > 0)]
    first = shared.groupby(["chat_id", "message_id"])["bot_id"].min().rename("first_bot_id")
    firsts = latest[["chat_id", "message_id"]].join(first, on=["chat_id", "message_id"])
    return (latest["bot_id"] > firsts["first_bot_id"]).fillna(value=False)


def _migrations(updates: pd.DataFrame) -> pd.Series:
    """Return the new id of each chat that became a supergroup."""
    migrated = updates.assign(moved_at=updates["event_at"].fillna(updates["received_at"]))
    old = migrated.dropna(subset="migrate_to_chat_id")
    new = migrated.dropna(subset="migrate_from_chat_id")
    both = pd.concat(
        [
            pd.DataFrame(
                {"old": old["chat_id"], "new": old["migrate_to_chat_id"], "at": old["moved_at"]}
            ),
            pd.DataFrame(
                {"old": new["migrate_from_chat_id"], "new": new["chat_id"], "at": new["moved_at"]}
            ),
        ]
    )
    return both.sort_values("at").drop_duplicates("old", keep="last").set_index("old")["new"]


def _message_columns(latest: pd.DataFrame, zone: str) -> pd.DataFrame:
    is_user = latest["sender_chat_id"].isna()
    is_topic = latest["is_topic_message"].fillna(value=False)
    is_opening = is_topic & (latest["reply_to_message_id"] == latest["message_thread_id"])
    is_service = latest["is_service"].fillna(value=False)
    is_post = latest["is_automatic_forward"].fillna(value=False)
    is_same = (latest["first_text"] == latest["text"]).fillna(value=False)
    return latest.assign(
        topic_id=latest["message_thread_id"].where(is_topic),
        speaker_id=latest["sender_chat_id"].fillna(latest["user_id"]),
        user_first_name=latest["user_first_name"].where(is_user),
        is_bot=latest["sender_business_bot_id"].notna()
        | (is_user & latest["user_is_bot"].fillna(value=False)),
        user_id=latest["user_id"].where(is_user),
        sent_on=_local_days(latest["sent_at"], zone),
        edited_at=pd.to_datetime(latest["content_date"], unit="s", utc=True),
        reply_to_message_id=latest["reply_to_message_id"].mask(is_opening.fillna(value=False)),
        is_service=is_service,
        is_written=~is_service & ~is_post,
        is_automatic_forward=is_post,
        is_from_offline=latest["is_from_offline"].fillna(value=False),
        first_text=latest["first_text"].mask(is_same),
        is_forward=latest["forward_origin_type"].notna(),
    )


def _differ(one: pd.Series, other: pd.Series) -> pd.Series:
    """Return where two differ; null equals null."""
    return (one != other).fillna(value=False) | (one.isna() != other.isna())


def _local_days(moments: pd.Series, zone: str) -> pd.Series:
    return moments.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
