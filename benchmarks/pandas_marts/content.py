"""What is sent, and who comes and goes, day by day."""

import pandas as pd
from pandas_marts.activity import CHAT_DAYS
from pandas_marts.reading import SENT

GONE = ["left", "kicked"]


def commands(updates: pd.DataFrame) -> pd.DataFrame:
    """Count the uses of commands."""
    given = updates[updates["update_type"].isin(SENT) & updates["command"].notna()]
    return given.groupby([*CHAT_DAYS, "command"], dropna=False, as_index=False).agg(
        uses=("command", "size"), users=("person_id", "nunique")
    )


def content_mix(updates: pd.DataFrame) -> pd.DataFrame:
    """Count messages by what they hold."""
    sent = updates[updates["update_type"].isin(SENT)]
    held = sent.assign(content_type=sent["content_type"].fillna("unknown"))
    return held.groupby([*CHAT_DAYS, "content_type"], dropna=False, as_index=False).agg(
        messages=("content_type", "size"), users=("person_id", "nunique")
    )


def reactions(updates: pd.DataFrame) -> pd.DataFrame:
    """Count reactions given and taken back."""
    changed = updates[updates["update_type"] == "message_reaction"]
    changes = pd.concat(
        [
            _each(changed, "reactions_added").assign(added=1, removed=0),
            _each(changed, "reactions_removed").assign(added=0, removed=1, person_id=pd.NA),
        ]
    )
    return changes.groupby([*CHAT_DAYS, "reaction"], dropna=False, as_index=False).agg(
        added=("added", "sum"), removed=("removed", "sum"), users=("person_id", "nunique")
    )


def _each(changed: pd.DataFrame, column: str) -> pd.DataFrame:
    rows = changed[[*CHAT_DAYS, "person_id", column]].rename(columns={column: "reaction"})
    return rows.explode("reaction").dropna(subset="reaction")


def members(updates: pd.DataFrame) -> pd.DataFrame:
    """Count who came and went, by updates of membership, and by announcements of none of these."""
    told = _changes(updates)
    at = [*CHAT_DAYS, "change"]
    known = pd.concat(
        [told[[*at, "user_id"]], told[[*at, "member_user_id"]].set_axis([*at, "user_id"], axis=1)]
    ).drop_duplicates()
    announced = _announced(updates).merge(known, how="left", indicator=True)
    counted = pd.concat(
        [
            told.loc[told["update_type"] == "chat_member", at],
            announced.loc[announced["_merge"] == "left_only", at],
        ]
    )
    counted = counted[counted["change"] != 0]
    counted = counted.assign(joins=counted["change"] == 1, leaves=counted["change"] == -1)
    return counted.groupby(CHAT_DAYS, dropna=False, as_index=False).agg(
        joins=("joins", "sum"), leaves=("leaves", "sum"), net=("change", "sum")
    )


def _changes(updates: pd.DataFrame) -> pd.DataFrame:
    told = updates[updates["update_type"].isin(["chat_member", "my_chat_member"])]
    was_gone = told["member_old_status"].isin(GONE)
    is_gone = told["member_new_status"].isin(GONE)
    return told.assign(change=was_gone.astype("Int64") - is_gone.astype("Int64"))


def _announced(updates: pd.DataFrame) -> pd.DataFrame:
    signs = {"new_chat_members": 1, "left_chat_member": -1}
    rows = updates[(updates["update_type"] == "message") & updates["content_type"].isin([*signs])]
    change = rows["content_type"].map(signs).astype("Int64")
    return rows[[*CHAT_DAYS, "user_id"]].assign(change=change)
