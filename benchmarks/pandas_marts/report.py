"""The facts of the report, from the marts' frames."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
from pandas_marts.report_questions import answers, cohorts, frequent, headline, waits
from pandas_marts.rows import as_rows, within

from tg_pipeline.report.models import (
    ActiveUser,
    ActivityDay,
    CategoryCount,
    Gap,
    Health,
    HourCount,
    MemberDay,
    Period,
    ReportData,
)
from tg_pipeline.report.queries import USERS_SHOWN

Frames = dict[str, pd.DataFrame]
WEEK = pd.Timedelta(days=7)


def report_facts(frames: Frames, period: Period, zone: str) -> ReportData:
    """Give what the report is made of; of the data's health what the updates tell of it."""
    people = _of(frames["user_activity"], period)
    people = people[~people["is_bot"]]
    return ReportData(
        period=period,
        zone=zone,
        health=_health(frames["updates"], period, zone),
        current=headline(frames, period, zone),
        previous=headline(frames, period.previous(), zone),
        activity=_activity(frames, period),
        hours=_hours(_of(frames["hourly_activity"], period)),
        questions=frequent(frames, period, zone),
        answers=answers(frames["resolution"], period),
        response_times=waits(frames["threads"], period, zone),
        commands=_tallies(_of(frames["commands"], period), "command", "uses"),
        content=_tallies(_of(frames["content_mix"], period), "content_type", "messages"),
        reactions=_tallies(_of(frames["reactions"], period), "reaction", "added"),
        members=_members(_of(frames["members"], period)),
        cohorts=cohorts(frames["retention"], period),
        users=_users(people),
        people_messages=int(people["messages"].sum()),
    )


def _of(mart: pd.DataFrame, period: Period) -> pd.DataFrame:
    return mart[within(mart["context_date"], period)]


def _activity(frames: Frames, period: Period) -> list[ActivityDay]:
    written = frames["daily_activity"].groupby("context_date")["messages"].sum()
    counts = ["daily_users", "weekly_users", "monthly_users"]
    people = frames["active_users"].groupby("day")[counts].sum()
    days = pd.date_range(period.first, period.last, name="day")
    table = pd.concat([written.rename("messages"), people], axis=1).reindex(days).fillna(0)
    return as_rows(ActivityDay, table.astype("int64").reset_index())


def _hours(mart: pd.DataFrame) -> list[HourCount]:
    hours = mart.astype({"weekday": "int64"}).groupby(["weekday", "hour"], as_index=False)
    return as_rows(HourCount, hours["messages"].sum())


def _tallies(mart: pd.DataFrame, name: str, count: str) -> list[CategoryCount]:
    found = mart.groupby(name, as_index=False)[count].sum().query(f"{count} > 0")
    return as_rows(CategoryCount, found.sort_values([count, name], ascending=[False, True]))


def _members(mart: pd.DataFrame) -> list[MemberDay]:
    return as_rows(
        MemberDay, mart.groupby("context_date", as_index=False)[["joins", "leaves"]].sum()
    )


def _users(people: pd.DataFrame) -> list[ActiveUser]:
    users = people.sort_values(["context_date", "user_first_name"], na_position="first")
    found = users.groupby("user_id", as_index=False).agg(
        name=("user_first_name", "last"),
        messages=("messages", "sum"),
        actions=("actions", "sum"),
        days=("context_date", "nunique"),
    )
    order = ["messages", "actions", "user_id"]
    most = found.sort_values(order, ascending=[False, False, True]).head(USERS_SHOWN)
    return as_rows(ActiveUser, most.drop(columns="user_id"))


def _health(updates: pd.DataFrame, period: Period, zone: str) -> Health:
    landed: datetime = _of(updates, period)["received_at"].max().to_pydatetime()
    # Numbers go on from the day before.
    longer = Period(period.first - timedelta(days=1), period.last)
    return Health(
        gaps=_gaps(_of(updates, longer), period), last_landed=landed.astimezone(ZoneInfo(zone))
    )


def _gaps(updates: pd.DataFrame, period: Period) -> list[Gap]:
    numbered = updates.sort_values(["bot_id", "update_id"])
    happened = numbered["event_at"].fillna(numbered["received_at"])
    missing = numbered.groupby("bot_id")["update_id"].diff() - 1
    silence = happened.groupby(numbered["bot_id"]).diff().abs()
    found = numbered.assign(missing=missing)[(missing > 0) & (silence < WEEK)]
    days = _of(found, period).groupby(["context_date", "bot_id"], as_index=False)["missing"].sum()
    return as_rows(Gap, days[["bot_id", "context_date", "missing"]])
