"""What is asked: the messages to look through, and what is found, week by week."""

import pandas as pd
from pandas_marts.rows import local_days, mondays

COLUMNS = ["bot_id", "kind", "chat_id", "message_id", "user_id", "sent_at", "text"]


def asked(messages: pd.DataFrame) -> pd.DataFrame:
    """Give what people wrote themselves."""
    text = messages["text"].where(messages["command"].isna(), messages["command_args"])
    wrote = (
        messages["user_id"].notna()
        & ~messages["is_bot"]
        & ~messages["is_forward"]
        & messages["chat_id"].notna()
        & (messages["message_id"] > 0)
        & text.notna()
    )
    return messages.assign(text=text).loc[wrote, COLUMNS]


def frequent_questions(questions: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Count each group of questions, week by week."""
    weekly = questions.assign(week=mondays(local_days(questions["sent_at"], zone)))
    found = weekly.groupby(["bot_id", "week", "group_id"], as_index=False).agg(
        group_name=("group_name", "max"),
        questions=("group_id", "size"),
        users=("user_id", "nunique"),
    )
    all_asked = found.groupby(["bot_id", "week"])["questions"].transform("sum")
    return found.assign(share=found["questions"] / all_asked)
