"""Frames cut to a period, and given as the report's rows."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

import pandas as pd

from tg_pipeline.report.models import Period

Row = TypeVar("Row")


def within(days: pd.Series, period: Period) -> pd.Series:
    """Say which days are of a period."""
    return days.between(pd.Timestamp(period.first), pd.Timestamp(period.last))


def local_days(moments: pd.Series, zone: str) -> pd.Series:
    """Give the day that each moment is on, by the clocks of a zone."""
    return moments.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()


def mondays(days: pd.Series) -> pd.Series:
    """Give the Monday of each day's week."""
    return days - pd.to_timedelta(days.dt.weekday, unit="D")


def as_rows(row: Callable[..., Row], frame: pd.DataFrame) -> list[Row]:
    """Give the rows of a frame, its columns in the order in which `row` takes them."""
    values = frame.astype(object).where(frame.notna(), None)
    return [row(*map(_plain, each)) for each in values.itertuples(index=False, name=None)]


def _plain(value: object) -> object:
    """Give days as such: pandas knows moments only."""
    return _day(value) if isinstance(value, pd.Timestamp) else value


def _day(moment: pd.Timestamp) -> date:
    day: date = moment.date()
    return day
