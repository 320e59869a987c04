"""What became of each question."""

import pandas as pd
from pandas_marts.rows import mondays

PLACE = ["bot_id", "kind", "chat_id", "topic_id"]
QUESTION = ["bot_id", "kind", "chat_id", "message_id", "sent_at"]
ANSWERED_WITHIN = pd.Timedelta(hours=1)


def threads(messages: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Give each question with the first reply to it, or else what somebody else says next."""
    said = _said(messages, questions)
    asked = said[said["group_id"].notna()]
    replied, followed = _replied(asked, said), _followed(asked, said)
    through = pd.Series("next", asked.index, dtype="string").where(followed.notna())
    answers = replied.fillna(followed)
    through = through.mask(replied.notna(), "reply")
    return _rows(asked, said.reindex(answers).set_axis(asked.index), through)


def _said(messages: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Give what is said, in the order of places and times; its index is the turn."""
    groups = questions[[*QUESTION, "group_id", "group_name"]]
    said = messages[~messages["is_service"]].merge(groups, how="left", on=QUESTION)
    said = said.sort_values([*PLACE, "sent_at", "message_id", "update_id"], ignore_index=True)
    return said.assign(turn=said.index.astype("Int64"))


def _replied(asked: pd.DataFrame, said: pd.DataFrame) -> pd.Series:
    at = ["bot_id", "kind", "chat_id_then"]
    replies = said.loc[
        said["reply_to_message_id"].notna(), [*at, "reply_to_message_id", "speaker_id", "turn"]
    ]
    pairs = asked.merge(
        replies,
        left_on=[*at, "message_id"],
        right_on=[*at, "reply_to_message_id"],
        suffixes=("", "_answer"),
    )
    pairs = pairs[_differ(pairs["speaker_id"], pairs["speaker_id_answer"])]
    return pairs.groupby("turn")["turn_answer"].min().reindex(asked.index).astype("Int64")


def _followed(asked: pd.DataFrame, said: pd.DataFrame) -> pd.Series:
    """Give what somebody else says next within the hour: no question, reply or command."""
    is_free = said["reply_to_message_id"].isna() & said["command"].isna() & said["group_id"].isna()
    free = said[is_free]
    places = free.groupby(PLACE, dropna=False, sort=False)
    is_change = _differ(free["speaker_id"], places["speaker_id"].shift()) | (places.cumcount() == 0)
    changes = free["turn"].where(is_change)
    next_speaker = _behind(changes, free)
    next_turn = _behind(said["turn"].where(is_free), said).reindex(asked.index)
    speaker = said["speaker_id"].reindex(next_turn).set_axis(asked.index)
    other = next_speaker.reindex(next_turn).set_axis(asked.index)
    turn = next_turn.where(_differ(speaker, asked["speaker_id"]), other)
    wait = said["sent_at"].reindex(turn).set_axis(asked.index) - asked["sent_at"]
    return turn.where(wait <= ANSWERED_WITHIN)


def _behind(turns: pd.Series, rows: pd.DataFrame) -> pd.Series:
    """Give the first of the turns behind each row, in its place."""
    keys = [rows[name] for name in PLACE]
    next_row = turns.groupby(keys, dropna=False, sort=False).shift(-1)
    return next_row.groupby(keys, dropna=False, sort=False).bfill()


def _differ(one: pd.Series, other: pd.Series) -> pd.Series:
    """Say where two differ; nobody is nobody else."""
    return (one != other).fillna(value=False) | (one.isna() != other.isna())


def _rows(asked: pd.DataFrame, answers: pd.DataFrame, through: pd.Series) -> pd.DataFrame:
    is_group = (asked["kind"] == "message") & (asked["chat_type"] != "private").fillna(value=True)
    columns = [*PLACE, "message_id", "user_id", "group_id", "group_name"]
    return asked[columns].assign(
        asked_at=asked["sent_at"],
        week=mondays(asked["sent_on"]),
        is_answer_visible=(asked["kind"] == "business_message") | is_group,
        answer_message_id=answers["message_id"],
        answerer_id=answers["speaker_id"],
        answered_by=answers["is_bot"].map({True: "bot", False: "human"}).astype("string"),
        answered_through=through,
        answered_at=answers["sent_at"],
        seconds_to_answer=_seconds(answers["sent_at"]) - _seconds(asked["sent_at"]),
    )


def _seconds(moments: pd.Series) -> pd.Series:
    """Give whole seconds since 1970, as a clock shows them."""
    return moments.dt.floor("s").astype("int64[pyarrow]") // 1_000_000
