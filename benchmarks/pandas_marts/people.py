"""Who is there, and who comes back."""

import pandas as pd
from pandas_marts.rows import mondays

WINDOWS = {"daily_users": 1, "weekly_users": 7, "monthly_users": 30}


def active_users(user_activity: pd.DataFrame) -> pd.DataFrame:
    """Count the people of each day, and of the days up to it."""
    people = user_activity[~user_activity["is_bot"]]
    bots = [_windows(bot, rows) for bot, rows in people.groupby("bot_id")]
    found = pd.concat(bots, ignore_index=True)
    shares = found["daily_users"] / found["monthly_users"].replace(0, pd.NA)
    return found.assign(stickiness=shares)


def _windows(bot: int, people: pd.DataFrame) -> pd.DataFrame:
    there = (
        pd.crosstab(people["context_date"], people["user_id"])
        .clip(upper=1)
        .asfreq("D", fill_value=0)
    )
    counts = {
        name: there.rolling(days, min_periods=1).max().sum(axis=1).astype("Int64")
        for name, days in WINDOWS.items()
    }
    found = pd.DataFrame(counts).rename_axis("day").reset_index()
    return found.assign(bot_id=bot)


def retention(user_activity: pd.DataFrame) -> pd.DataFrame:
    """Count the newcomers of each week, and those of them who came back in each later week."""
    people = user_activity.loc[~user_activity["is_bot"], ["bot_id", "user_id", "context_date"]]
    weeks = people.assign(week=mondays(people["context_date"]))
    weeks = weeks[["bot_id", "user_id", "week"]].drop_duplicates()
    weeks["cohort_week"] = weeks.groupby(["bot_id", "user_id"])["week"].transform("min")
    weeks["week_offset"] = (weeks["week"] - weeks["cohort_week"]).dt.days // 7
    found = weeks.groupby(["bot_id", "cohort_week", "week_offset"], as_index=False).size()
    found = _calendar(weeks).merge(found, how="left").rename(columns={"size": "returned"})
    found["returned"] = found["returned"].fillna(0).astype("int64")
    is_first = found["week_offset"] == 0
    sizes = found.loc[is_first, ["bot_id", "cohort_week", "returned"]]
    found = found.merge(sizes.rename(columns={"returned": "cohort_size"}))
    return found.assign(share=found["returned"] / found["cohort_size"])


def _calendar(weeks: pd.DataFrame) -> pd.DataFrame:
    """Give every week from each cohort's first to the last of its bot."""
    cohorts = weeks[["bot_id", "cohort_week"]].drop_duplicates()
    last = weeks.groupby("bot_id")["week"].max().rename("last")
    offsets = (
        cohorts.merge(last, on="bot_id")["last"] - cohorts["cohort_week"].to_numpy()
    ).dt.days // 7
    return (
        cohorts.assign(week_offset=[range(end + 1) for end in offsets])
        .explode("week_offset")
        .astype({"week_offset": "int64"})
    )
