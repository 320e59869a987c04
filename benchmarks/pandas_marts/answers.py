"""How soon questions are answered, and whether they are resolved."""

import pandas as pd
from pandas_marts.threads import PLACE, QUESTION

THANKS = (
    r"\b(?:obrigad[oa]s?|brigad[oa]|agradeço|agradecid[oa]s?|valeu|vlw|thanks|thank you|thx|ty"
    r"|gracias|agradezco)\b"
)
THANKED_WITHIN = pd.Timedelta(hours=1)
ASKED_AGAIN_WITHIN = pd.Timedelta(days=1)


def response_times(threads: pd.DataFrame) -> pd.DataFrame:
    """Give the waits of each week: for anyone, for a bot, for a human."""
    visible = threads[threads["is_answer_visible"]]
    waits = pd.concat(
        [_by(visible, "anyone"), *(_by(visible, who) for who in ("bot", "human"))],
        ignore_index=True,
    )
    weeks = waits.groupby(["bot_id", "week", "answered_by"])["seconds"]
    found = weeks.agg(questions="size", answered="count").assign(
        median_seconds=weeks.quantile(0.5), p90_seconds=weeks.quantile(0.9)
    )
    share = (found["questions"] - found["answered"]) / found["questions"]
    return found.assign(unanswered_share=share).reset_index()


def _by(visible: pd.DataFrame, who: str) -> pd.DataFrame:
    seconds = visible["seconds_to_answer"]
    if who != "anyone":
        seconds = seconds.where(visible["answered_by"] == who)
    return visible[["bot_id", "week"]].assign(answered_by=who, seconds=seconds)


def resolution(messages: pd.DataFrame, threads: pd.DataFrame) -> pd.DataFrame:
    """Count what became of questions, week by week and in all."""
    counted = _judged(messages, threads)
    counts = [*counted.columns[2:]]
    weeks = counted.groupby(["bot_id", "week"], as_index=False)[counts].sum()
    whole = counted.groupby("bot_id", as_index=False)[counts].sum()
    found = pd.concat([weeks, whole], ignore_index=True)
    visible = found["answered"] + found["unanswered"]
    return found.assign(resolved_share=found["resolved"] / visible.replace(0, pd.NA))


def _judged(messages: pd.DataFrame, threads: pd.DataFrame) -> pd.DataFrame:
    visible = threads["is_answer_visible"]
    answered = visible & threads["answered_by"].notna()
    asked_again = visible & _is_asked_again(threads)
    return threads[["bot_id", "week"]].assign(
        questions=1,
        unseen=~visible,
        unanswered=visible & threads["answered_by"].isna(),
        answered=answered,
        answered_by_bot=answered & (threads["answered_by"] == "bot"),
        answered_by_reply=answered & (threads["answered_through"] == "reply"),
        thanked=visible & _is_thanked(messages, threads),
        asked_again=asked_again,
        resolved=answered & ~asked_again,
    )


def _is_asked_again(threads: pd.DataFrame) -> pd.Series:
    ordered = threads.sort_values(["asked_at", "chat_id", "message_id", "kind"])
    asked = ordered.groupby(["bot_id", "user_id", "group_id"], dropna=False)["asked_at"]
    is_soon = asked.shift(-1) - ordered["asked_at"] <= ASKED_AGAIN_WITHIN
    return (is_soon & (ordered["group_id"] >= 0)).reindex(threads.index)


def _is_thanked(messages: pd.DataFrame, threads: pd.DataFrame) -> pd.Series:
    by = [*PLACE, "user_id"]
    thanks = _thanks(messages, threads).assign(happened_at=lambda rows: rows["sent_at"])
    answered = threads.dropna(subset="answered_at").assign(
        happened_at=lambda rows: rows["answered_at"]
    )
    found = pd.merge_asof(
        answered[[*by, "happened_at"]]
        .fillna(dict.fromkeys(by[2:], 0))
        .reset_index()
        .sort_values("happened_at"),
        thanks[[*by, "happened_at", "sent_at"]]
        .fillna(dict.fromkeys(by[2:], 0))
        .sort_values("happened_at"),
        on="happened_at",
        by=by,
        direction="forward",
        tolerance=THANKED_WITHIN,
    )
    return found.set_index("index")["sent_at"].notna().reindex(threads.index, fill_value=False)


def _thanks(messages: pd.DataFrame, threads: pd.DataFrame) -> pd.DataFrame:
    """Give the messages that say thanks, in Portuguese, English or Spanish, and ask nothing."""
    said = messages[messages["text"].str.lower().str.contains(THANKS).fillna(value=False)]
    asked = threads[["bot_id", "kind", "chat_id", "message_id", "asked_at"]].set_axis(
        QUESTION, axis=1
    )
    found = said.merge(asked, how="left", on=QUESTION, indicator=True)
    return found[found["_merge"] == "left_only"]
