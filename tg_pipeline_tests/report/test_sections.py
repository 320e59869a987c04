"""The sections: their findings in words, their limits, and their charts and tables."""

from datetime import date
from typing import Any

import pytest
from markupsafe import Markup

from tg_pipeline.report.charts import group_by_time, shown_labels
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import (
    AnswersWeek,
    CategoryCount,
    CohortWeek,
    Headline,
    Health,
    HealthDay,
    HourCount,
    MemberDay,
    Period,
    QuestionGroup,
    ReportData,
    ResponseTime,
)
from tg_pipeline.report.page import PageSection, SparklineCell
from tg_pipeline.report.report import SECTIONS, build_sections
from tg_pipeline_tests.report.report_data import EN, PERIOD, PT, month, one_day, quiet, with_spaces

MONDAY, SUNDAY = PERIOD.first, PERIOD.last


def section(name: str, data: ReportData, fmt: Formatter = EN) -> PageSection:
    return SECTIONS[name](data, fmt)


def members(joins: int, leaves: int) -> ReportData:
    return month(members=[MemberDay(MONDAY, joins, leaves)])


def sentences(of: PageSection) -> list[str]:
    return [shown(each) for each in (of.finding, *of.details)]


def shown(cell: object) -> str:
    return with_spaces(Markup("{}").format(cell).striptags())


MONTH_IN_WORDS = """
activity
263 messages a day on average; the busiest day was Tue 20 Oct, with 355.
On an average day, 24 people are active: 52% of those active within 30 days.
hours
Peak: Tuesdays, 20:00–21:00, with 82 messages (2% of the total).
Over the day, 20:00–21:00 is the busiest hour and 3:00–4:00 the quietest.
questions
Asked most often: “como emito o certificado?”, 74 times, 9% of all questions.
Rising fastest: “como emito o certificado?”, from 12 to 22 a week.
answers
64% of the questions were answered: 410 of 640.
40% certainly were, since they received a direct reply: 256. For the rest, \
the answer is whatever somebody else said next, which may be about something else.
17% of the answers are followed by thanks within an hour; 13% of the questions \
are asked again by the same person within a day.
response-times
Half of the answers come within 4 min 8 s, nine in ten within 51 min 40 s.
Bots: half within 2 s, nine in ten within 5 s.
People: half within 7 min, nine in ten within 1 h 30 min.
commands
Used most often: /ajuda, 85 times, 50% of all commands.
content
Mostly text: 95% of the messages.
reactions
Most popular: 👍, 120 times, 90% of all reactions.
members
56 joined and 15 left: 41 more members.
retention
79% of people are active again in the week after their first activity.
people
26% of people's messages come from the most active (3).
health
Days out of date: 1; never built: 1; of 28 days with updates.
Unreadable: 1 line. Left out: 14 duplicates.
Missing, judging by update ids: 4 updates.
""".strip()

BEHIND = month(
    health=Health(
        [HealthDay(MONDAY, 5, 5, 0, 0, is_missing=False, is_late=False)], are_marts_behind=True
    )
)
WEEK_0, WEEK_1 = CohortWeek(MONDAY, 10, 0, 10), CohortWeek(MONDAY, 10, 1, 4)
MARTS_ARE_BEHIND = (
    "The tables of this page are older than the updates: tg-pipeline run brings them up to date."
)
NO_COHORT = "A single week of activity does not show who comes back."


def test_the_sections_of_a_month_state_their_findings_and_details() -> None:
    words = [line for each in build_sections(month(), EN) for line in (each.name, *sentences(each))]

    assert "\n".join(words) == MONTH_IN_WORDS


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("activity", one_day(), ["1 message on Wed 7 Oct."]),
        (
            "hours",
            month(hours=[HourCount(5, 9, 30), HourCount(2, 20, 30)]),
            [
                "Peak: Tuesdays, 20:00–21:00, with 30 messages (50% of the total).",
                "Over the day, 9:00–10:00 is the busiest hour and 0:00–1:00 the quietest.",
            ],
        ),
        (
            "questions",
            month(
                period=Period(date(2026, 10, 8), date(2026, 10, 27)),
                questions=[QuestionGroup("quando?", "pt", 60, (1, 30, 20, 9))],
            ),
            ["Asked most often: “quando?”, 60 times, 100% of all questions."],
        ),
        (
            "questions",
            month(questions=[QuestionGroup(None, None, 7, (1, 2, 2, 2))]),
            ["7 questions, none of them similar enough to form a group."],
        ),
        (
            "answers",
            month(current=Headline(messages=9, users=2, questions=5, visible=0), answers=[]),
            ["The data does not show whether these questions were answered: 5 questions."],
        ),
        (
            "response-times",
            month(response_times=[ResponseTime(None, w, 3, 60.0, 90.0) for w in ("anyone", "bot")]),
            ["Half of the answers come within 1 min, nine in ten within 1 min 30 s."],
        ),
        (
            "reactions",
            month(reactions=[CategoryCount("custom:1", 4), CategoryCount("custom:2", 3)]),
            ["Most popular: custom emoji, 7 times, 100% of all reactions."],
        ),
        ("members", members(2, 3), ["2 joined and 3 left: 1 fewer member."]),
        ("members", members(4, 4), ["4 joined and as many left."]),
        ("members", members(0, 0), ["Nobody joined or left."]),
        ("retention", month(cohorts=[WEEK_0]), [NO_COHORT]),
        ("retention", month(cohorts=[CohortWeek(MONDAY, 10, 2, 4)]), [NO_COHORT]),
        (
            "retention",
            month(cohorts=[WEEK_0, WEEK_1, CohortWeek(date(2026, 10, 12), 30, 1, 6)]),
            ["25% of people are active again in the week after their first activity."],
        ),
        (
            "health",
            BEHIND,
            [
                "1 day with updates, and everything that arrived has been processed.",
                MARTS_ARE_BEHIND,
                "Unreadable: 0 lines. Left out: 0 duplicates.",
                "No update ids are missing.",
            ],
        ),
    ],
    ids=[
        "a single day",
        "the first hour on ties",
        "only whole weeks can rise",
        "questions without groups",
        "answers that are not visible are not missing",
        "only one kind of answers",
        "custom emoji are one reaction",
        "fewer members",
        "as many members",
        "no change of members",
        "a cohort without its next week",
        "a cohort without its first weeks",
        "cohorts are weighted by their people",
        "complete days, and marts that are behind",
    ],
)
def test_a_section_states_its_finding_and_details(
    name: str, data: ReportData, expected: list[str]
) -> None:
    assert sentences(section(name, data)) == expected


def test_rare_categories_are_one_row() -> None:
    many = [CategoryCount(f"c{number}", 30 - number) for number in range(13)]

    rows = section("commands", month(commands=many)).tables[0].rows

    assert len(rows) == 11
    assert rows[-1][:2] == ["3 others", "57"]


def test_limits_name_invisible_answers_the_time_zone_and_the_chat_filter() -> None:
    limits = section("health", month(health=Health(is_filtered=True))).limits

    assert shown(section("answers", month()).limits[0]).endswith("for this reason: 172.")
    assert "America/Sao_Paulo" in section("hours", month()).limits[0]
    assert any("Only selected chats are stored" in limit for limit in limits)


def test_a_quiet_period_has_only_its_state_and_a_single_day_has_no_chart_over_time() -> None:
    assert [each.name for each in build_sections(quiet(), EN)] == ["health"]
    assert not section("activity", one_day()).charts


EMPTY: dict[str, dict[str, Any]] = {
    "activity": {"activity": []},
    "hours": {"hours": []},
    "questions": {"questions": []},
    "answers": {"current": Headline(messages=1)},
    "response-times": {"response_times": []},
    "commands": {"commands": []},
    "content": {"content": []},
    "reactions": {"reactions": []},
    "members": {"members": []},
    "retention": {"cohorts": []},
    "people": {"users": []},
    "health": {"health": Health()},
}


@pytest.mark.parametrize("fmt", [EN, PT], ids=["en", "pt"])
@pytest.mark.parametrize("name", EMPTY)
def test_a_section_without_data_has_a_sentence_and_no_charts(name: str, fmt: Formatter) -> None:
    empty = section(name, month(**EMPTY[name]), fmt)

    assert shown(empty.finding).endswith(".")
    assert not empty.charts
    assert not empty.tables


def test_weeks_of_a_long_period_have_unique_labels() -> None:
    # Given two years, in which each day and month occurs twice
    years = Period(date(2025, 1, 1), date(2026, 12, 31))
    weeks = [AnswersWeek(week, 9, 0, 9, 0, 0, 0, 0) for week in years.weeks()]

    (chart,) = section("answers", month(period=years, answers=weeks)).charts

    places = {row["at"] for row in chart.spec["datasets"]["rows"]}
    assert len(places) == len(weeks) == 105


def test_each_day_of_a_month_has_a_place_with_or_without_rows() -> None:
    groups = group_by_time([SUNDAY], lambda day: day, PERIOD, EN)

    assert len(groups) == 28
    assert [bucket.label for bucket, rows in groups if rows] == ["1 Nov"]


def test_axes_have_at_most_six_labels() -> None:
    assert shown_labels(["a", "b", "c"]) == ["a", "b", "c"]
    assert shown_labels([str(n) for n in range(28)]) == ["0", "5", "10", "15", "20", "25"]
    assert shown_labels([]) == []


def test_a_sparkline_of_a_year_fits_a_phone() -> None:
    sparklines = [SparklineCell((3,) * weeks, 3, "").__html__() for weeks in (4, 53)]

    assert [html.partition('width="')[2].partition('"')[0] for html in sparklines] == ["32", "64"]


def test_sections_have_limits_and_charts_have_a_text_alternative_and_numbers() -> None:
    sections = build_sections(month(), PT)

    assert all(each.limits for each in sections)
    charts = [chart for each in sections for chart in each.charts]
    assert len(charts) == 8
    for chart in charts:
        assert chart.label.endswith(".")
        assert chart.numbers.rows
        assert {len(row) for row in chart.numbers.rows} == {len(chart.numbers.columns)}
