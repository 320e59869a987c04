"""Every message once, as it reads now."""

import pandas as pd
from pandas_marts.reading import EDITED, SENT
from pandas_marts.rows import local_days

KEY = ["bot_id", "kind", "chat_id", "message_id", "key_update"]

SPEAKING = (
    "text rich_message animation audio checklist contact dice document game invoice live_photo "
    "location paid_media photo poll sticker story venue video video_note voice"
).split()
"""What a message holds that says something; all else tells of an event."""

COLUMNS = (
    "bot_id kind chat_id chat_id_then message_id update_id chat_type chat_title topic_id user_id "
    "user_first_name speaker_id is_bot sent_at sent_on edited_at edits reply_to_message_id "
    "content_type is_service text command command_args is_forward"
).split()


def messages(updates: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Give the last version of each message, in its chat of today."""
    versions = _versions(updates)
    latest = _latest(versions)
    latest["topic_id"] = _topics(latest, versions)
    latest["chat_id_then"] = latest["chat_id"]
    latest["chat_id"] = latest["chat_id"].map(_moves(updates)).fillna(latest["chat_id"])
    return _told(latest, zone)[COLUMNS].sort_values(
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
    )


def _latest(versions: pd.DataFrame) -> pd.DataFrame:
    is_contested = versions.duplicated(KEY, keep=False)
    alone = versions[~is_contested].assign(edits=versions["is_edit"].astype("int64"))
    contested = versions[is_contested].assign(edit_date=versions["edit_date"].fillna(0))
    contested = contested.sort_values(["edit_date", "update_id", "received_at"])
    same = contested.groupby(KEY, dropna=False)
    contested = contested.assign(
        sent_at=same["sent_at"].transform("min"), edits=same["is_edit"].transform("sum")
    )
    return pd.concat([alone, contested.drop_duplicates(KEY, keep="last")], ignore_index=True)


def _topics(latest: pd.DataFrame, versions: pd.DataFrame) -> pd.Series:
    """Give the threads that are topics: those that do not begin with an ordinary message."""
    place = ["bot_id", "kind", "chat_id"]
    heads = versions.loc[versions["content_type"] != "forum_topic_created", [*place, "message_id"]]
    threads = latest[[*place, "message_thread_id"]].dropna().drop_duplicates()
    heads = (
        heads.rename(columns={"message_id": "message_thread_id"}).merge(threads).drop_duplicates()
    )
    found = latest[[*place, "message_thread_id"]].merge(heads, how="left", indicator=True)
    return latest["message_thread_id"].mask((found["_merge"] == "both").to_numpy())


def _moves(updates: pd.DataFrame) -> pd.Series:
    """Give the new id of each chat that became a supergroup."""
    told = updates.assign(moved_at=updates["event_at"].fillna(updates["received_at"]))
    old = told.dropna(subset="migrate_to_chat_id")
    new = told.dropna(subset="migrate_from_chat_id")
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


def _told(latest: pd.DataFrame, zone: str) -> pd.DataFrame:
    is_user = latest["sender_chat_id"].isna()
    replies = latest["reply_to_message_id"]
    edited = latest["edit_date"].replace(0, pd.NA)
    return latest.assign(
        speaker_id=latest["sender_chat_id"].fillna(latest["user_id"]),
        user_first_name=latest["user_first_name"].where(is_user),
        is_bot=is_user & latest["user_is_bot"].fillna(value=False),
        user_id=latest["user_id"].where(is_user),
        sent_on=local_days(latest["sent_at"], zone),
        edited_at=pd.to_datetime(edited, unit="s", utc=True),
        reply_to_message_id=replies.mask((replies == latest["topic_id"]).fillna(value=False)),
        is_service=latest["content_type"].notna() & ~latest["content_type"].isin(SPEAKING),
        text=latest["text"].fillna(latest["caption"]),
        is_forward=latest["forward_origin_type"].notna(),
    )
