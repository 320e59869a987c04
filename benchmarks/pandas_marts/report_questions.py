"""What the report says of questions and answers, and its figures."""

from typing import NamedTuple

import pandas as pd
from pandas_marts.rows import as_rows, local_days, within

from tg_pipeline.report.models import (
    AnswersWeek,
    CohortWeek,
    Headline,
    Period,
    QuestionGroup,
    ResponseTime,
)
from tg_pipeline.report.queries import COHORTS_SHOWN, GROUPS_SHOWN

Frames = dict[str, pd.DataFrame]
GROUP = ["bot_id", "group_id"]


def headline(frames: Frames, period: Period, zone: str) -> Headline:
    """Give a period in a few figures."""
    activity, people, members = (
        frames[name][within(frames[name]["context_date"], period)]
        for name in ("daily_activity", "user_activity", "members")
    )
    threads = frames["threads"]
    asked = threads[within(local_days(threads["asked_at"], zone), period)]
    visible = asked[asked["is_answer_visible"]]
    return Headline(
        messages=int(activity["messages"].sum()),
        users=people.loc[~people["is_bot"], "user_id"].nunique(),
        questions=len(asked),
        visible=len(visible),
        answered=int(visible["answered_by"].count()),
        median_seconds=float(visible["seconds_to_answer"].median()),
        joins=int(members["joins"].sum()),
        leaves=int(members["leaves"].sum()),
        answered_by_reply=int((visible["answered_through"] == "reply").sum()),
    )


def answers(resolution: pd.DataFrame, period: Period) -> list[AnswersWeek]:
    """Give what became of questions, week by week."""
    columns = ["questions", "unseen", "answered", "answered_by_bot", "unanswered"]
    columns += ["thanked", "asked_again", "answered_by_reply"]
    weeks = resolution[resolution["week"].isin(_weeks(period))]
    return as_rows(AnswersWeek, weeks.groupby("week", as_index=False)[columns].sum())


def waits(threads: pd.DataFrame, period: Period, zone: str) -> list[ResponseTime]:
    """Give the waits of the period, and of each of its weeks."""
    answered = threads[threads["is_answer_visible"] & threads["seconds_to_answer"].notna()]
    answered = answered[answered["week"].isin(_weeks(period))]
    is_within = within(local_days(answered["asked_at"], zone), period)
    parts = pd.concat([answered[is_within].assign(week=pd.NaT), answered])
    parts = pd.concat([parts.assign(answered_by="anyone"), parts])
    seconds = parts.groupby(["week", "answered_by"], dropna=False)["seconds_to_answer"]
    found = seconds.agg(answered="count").assign(
        median=seconds.quantile(0.5), p90=seconds.quantile(0.9)
    )
    found = found.reset_index().sort_values(["week", "answered_by"], na_position="first")
    return as_rows(ResponseTime, found)


def cohorts(retention: pd.DataFrame, period: Period) -> list[CohortWeek]:
    """Give how many newcomers came back, in weeks that are over."""
    last, shown = pd.Timestamp(period.last), pd.Timedelta(weeks=COHORTS_SHOWN)
    end = retention["cohort_week"] + pd.to_timedelta(7 * retention["week_offset"] + 6, unit="D")
    first = last - pd.Timedelta(days=last.weekday()) - shown
    is_shown = (retention["cohort_week"] >= first) & (retention["week_offset"] <= COHORTS_SHOWN)
    weeks = retention[(end <= last) & is_shown].groupby(["cohort_week", "week_offset"])
    found = weeks[["cohort_size", "returned"]].sum().reset_index()
    return as_rows(CohortWeek, found[["cohort_week", "cohort_size", "week_offset", "returned"]])


def frequent(frames: Frames, period: Period, zone: str) -> list[QuestionGroup]:
    """Give the groups that are asked most, and all other questions as one without a name."""
    questions = frames["questions"]
    asked = questions[within(local_days(questions["sent_at"], zone), period)]
    groups = asked.groupby(GROUP).agg(name=("group_name", "first"), count=("group_id", "size"))
    ranked = groups.join(_languages(asked)).reset_index().query("group_id >= 0")
    ranked = ranked.sort_values(["count", *GROUP], ascending=[False, True, True])
    shown = ranked.head(GROUPS_SHOWN).set_index(GROUP)
    weekly = _weekly(frames["frequent_questions"], period)
    named = [
        QuestionGroup(row.name, row.language, row.questions, tuple(weekly.loc[group]))
        for group, row in zip(shown.index, as_rows(_Shown, shown), strict=True)
    ]
    others = int(groups["count"].sum() - shown["count"].sum())
    rest = weekly.sum() - weekly.loc[shown.index].sum()
    return [*named, QuestionGroup(None, None, others, tuple(rest))]


class _Shown(NamedTuple):
    name: str
    questions: int
    language: str


def _languages(asked: pd.DataFrame) -> pd.Series:
    """Give the language that most of each group is in; of several the first in the alphabet."""
    counts = asked.groupby([*GROUP, "language"]).size().rename("n").reset_index()
    most = counts.sort_values(["n", "language"], ascending=[False, True])
    return most.drop_duplicates(GROUP).set_index(GROUP)["language"]


def _weekly(mart: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Give the questions of each group in each week of the period."""
    counts = mart.pivot_table("questions", GROUP, "week", "sum", fill_value=0)
    return counts.reindex(columns=_weeks(period), fill_value=0).astype(object)


def _weeks(period: Period) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(period.weeks())
