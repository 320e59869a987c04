"""When and how the bot is used, day by day."""

import numpy as np
import pandas as pd
from pandas_marts.reading import EDITED, SENT
from pandas_marts.rows import mondays

CHAT_DAYS = ["context_date", "bot_id", "chat_id"]


def daily_activity(updates: pd.DataFrame) -> pd.DataFrame:
    """Count messages, edits and people by chat."""
    written = updates[updates["update_type"].isin(SENT + EDITED)]
    is_edit = written["update_type"].isin(EDITED)
    counted = written.assign(
        messages=~is_edit, edits=is_edit, person_id=written["person_id"].mask(is_edit)
    )
    return counted.groupby(CHAT_DAYS, dropna=False, as_index=False).agg(
        chat_type=("chat_type", "max"),
        chat_title=("chat_title", "max"),
        messages=("messages", "sum"),
        edits=("edits", "sum"),
        users=("person_id", "nunique"),
    )


def hourly_activity(updates: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Count messages and people by chat and local hour."""
    sent = updates[updates["update_type"].isin(SENT)]
    local = sent["event_at"].fillna(sent["received_at"]).dt.tz_convert(zone).dt.tz_localize(None)
    calendar = local.dt.isocalendar()
    timed = sent[["context_date", "bot_id", "chat_id", "person_id"]].assign(
        week=mondays(local.dt.normalize()),
        iso_year=calendar["year"],
        iso_week=calendar["week"],
        weekday=calendar["day"],
        hour=local.dt.hour,
    )
    hours = [*CHAT_DAYS, "week", "iso_year", "iso_week", "weekday", "hour"]
    return timed.groupby(hours, dropna=False, as_index=False).agg(
        messages=("person_id", "size"), users=("person_id", "nunique")
    )


def user_activity(updates: pd.DataFrame) -> pd.DataFrame:
    """Count what each account did in each chat."""
    acted = updates[updates["user_id"].notna() & updates["sender_chat_id"].isna()]
    is_edit = acted["update_type"].isin(EDITED)
    is_text = acted["text"].notna() & ~is_edit
    counted = acted[[*CHAT_DAYS, "user_id", "user_first_name"]].assign(
        is_bot=acted["user_is_bot"].fillna(value=False),
        messages=acted["update_type"].isin(SENT),
        texts=is_text,
        length=acted["text"].str.len().where(is_text),
        commands=acted["command"].notna() & ~is_edit,
        edits=is_edit,
        reactions=acted["update_type"] == "message_reaction",
        presses=acted["update_type"] == "callback_query",
    )
    counts = ["messages", "texts", "commands", "edits", "reactions", "presses"]
    found = counted.groupby([*CHAT_DAYS, "user_id"], dropna=False, as_index=False).agg(
        user_first_name=("user_first_name", "max"),
        is_bot=("is_bot", "any"),
        mean_text_length=("length", "mean"),
        **{name: (name, "sum") for name in counts},
        actions=("messages", "size"),
    )
    return found.assign(mean_text_length=np.floor(found["mean_text_length"] + 0.5).astype("Int64"))
