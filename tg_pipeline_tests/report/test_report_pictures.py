"""The report's charts as small as Dagster shows them."""

import base64
import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from tg_pipeline.defs.report_pictures import bar_plot, pictures
from tg_pipeline.report.models import ActivityDay, Period, ReportData
from tg_pipeline_tests.report.month import month, one_day, quiet

SHOWN_IN_PLACE = 1_000
"""Characters of Markdown that Dagster's pages show; what is longer is behind a link."""


def bars(markdown: str) -> list[str]:
    image = re.fullmatch(r"!\[[\w ]+\]\(data:image/svg\+xml;base64,([\w+/=]+)\)", markdown)
    assert image
    drawing = ET.fromstring(base64.b64decode(image[1]))  # noqa: S314 - our own drawing
    path = drawing.find("{http://www.w3.org/2000/svg}path")
    assert path is not None
    return [bar for bar in path.attrib["d"].split("M") if bar]


def a_year() -> ReportData:
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    days = [year.first + timedelta(days=number) for number in range(365)]
    activity = [ActivityDay(day, 100_000 + day.day, 9, 9, 9) for day in days]
    return month(period=year, activity=activity, questions=[])


@pytest.mark.parametrize("facts", [month(), one_day(), quiet(), a_year()])
def test_pictures_are_shown_in_place(facts: ReportData) -> None:
    for markdown in pictures(facts).values():
        assert len(markdown) < SHOWN_IN_PLACE


def test_a_bar_is_as_tall_as_its_share_of_the_most() -> None:
    assert bars(bar_plot("some", [0, 5, 10])) == ["40 50V50", "120 50V26", "200 50V2"]


def test_a_month_is_a_bar_a_day() -> None:
    assert len(bars(pictures(month())["messages"])) == 28


def test_nothing_is_no_bar() -> None:
    assert bars(bar_plot("none", [])) == []
