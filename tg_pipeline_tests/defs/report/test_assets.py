"""The report in Dagster: its charts fit on its page."""

from datetime import date, timedelta

import pytest

from tg_pipeline.defs.report.assets import report_charts
from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.period import Period
from tg_pipeline.marts.report.rows import ActivityDay
from tg_pipeline_tests.report.month import month, one_day, quiet

SHOWN_IN_PLACE = 1_000
"""UTF-16 units of Markdown that Dagster's UI shows in place; it links to longer text."""


def a_year() -> Facts:
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    days = [year.first + timedelta(days=number) for number in range(365)]
    activity = [ActivityDay(day, 100_000 + day.day, 9, 9, 9) for day in days]
    return month(period=year, activity=activity, questions=[])


@pytest.mark.parametrize("facts", [month(), one_day(), quiet(), a_year()])
def test_charts_are_shown_in_place(facts: Facts) -> None:
    charts = report_charts(facts)

    assert charts.keys() == {"messages", "hours", "questions", "new_members"}
    assert all(len(chart) < SHOWN_IN_PLACE for chart in charts.values())


def test_a_month_has_a_column_per_day() -> None:
    columns = report_charts(month())["messages"].splitlines()[2].split("`")[1]

    assert len(columns) == 28
