"""The sections: their findings in words, their limits, and their charts and tables."""

from datetime import date, timedelta
from typing import Any

import pytest
from markupsafe import Markup

from tg_pipeline.report.charts import group_by_time, shown_labels
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import (
    ActiveUser,
    ActivityDay,
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
from tg_pipeline_tests.report.month import PERIOD, month, one_day, quiet

EN, PT = Formatter("en"), Formatter("pt")
MONDAY, SUNDAY = PERIOD.first, PERIOD.last
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def section(name: str, data: ReportData, fmt: Formatter = EN) -> PageSection:
    return SECTIONS[name](data, fmt)


def finding(name: str, data: ReportData) -> str:
    return shown(section(name, data).finding)


def details(name: str, data: ReportData) -> list[str]:
    return [shown(each) for each in section(name, data).details]


def shown(cell: object) -> str:
    """Return a sentence as a reader sees it."""
    return Markup("{}").format(cell).striptags().replace("\N{NO-BREAK SPACE}", " ")


def test_activity_names_the_busiest_day() -> None:
    data = month(activity=[ActivityDay(MONDAY, 30, 3, 5, 9), ActivityDay(SUNDAY, 250, 6, 7, 9)])

    assert finding("activity", data) == (
        "10 messages a day on average; the busiest day was Sun 1 Nov, with 250."
    )
    assert details("activity", data) == [
        "On an average day, 0.3 people are active: 50% of those active within 30 days."
    ]


def test_a_single_day_has_no_chart_over_time() -> None:
    assert finding("activity", one_day()) == "1 message on Wed 7 Oct."
    assert not section("activity", one_day()).charts


def test_hours_name_the_peak_and_the_time_zone() -> None:
    hours = [HourCount(2, 20, 30), HourCount(5, 9, 30), HourCount(7, 9, 40), HourCount(2, 9, 20)]

    data = month(hours=hours)

    assert finding("hours", data) == (
        "Peak: Sundays, 9:00–10:00, with 40 messages (33% of the total)."
    )
    assert details("hours", data) == [
        "Over the day, 9:00–10:00 is the busiest hour and 0:00–1:00 the quietest."
    ]
    assert "America/Sao_Paulo" in section("hours", data).limits[0]
    tied = month(hours=[HourCount(5, 9, 30), HourCount(2, 20, 30)])
    assert finding("hours", tied).startswith("Peak: Tuesdays, 20:00–21:00"), "the first on ties"


def test_questions_name_the_most_frequent_and_the_fastest_rising_group() -> None:
    assert finding("questions", month()) == (
        "Asked most often: “como emito o certificado?”, 74 times, 9% of all questions."
    )
    assert details("questions", month()) == [
        "Rising fastest: “como emito o certificado?”, from 12 to 22 a week."
    ]


def test_only_whole_weeks_can_rise() -> None:
    # Given a period from a Thursday to a Tuesday, with two whole weeks in which the group fell
    period = Period(date(2026, 10, 8), date(2026, 10, 27))
    rows = [QuestionGroup("quando?", "pt", 60, (1, 30, 20, 9))]

    assert details("questions", month(period=period, questions=rows)) == []


def test_questions_without_groups_are_counted() -> None:
    alone = [QuestionGroup(None, None, 7, (1, 2, 2, 2))]

    assert finding("questions", month(questions=alone)) == (
        "7 questions, none of them similar enough to form a group."
    )


def test_answers_are_counted_where_they_are_visible() -> None:
    assert finding("answers", month()) == "64% of the questions were answered: 410 of 640."
    by_reply, afterwards = details("answers", month())
    assert by_reply.startswith("40% certainly were, since they received a direct reply: 256.")
    assert afterwards.startswith("17% of the answers are followed by thanks within an hour; 13% of")
    assert shown(section("answers", month()).limits[0]).endswith("for this reason: 172.")


def test_answers_that_are_not_visible_are_not_counted_as_missing() -> None:
    private = month(current=Headline(messages=9, users=2, questions=5, visible=0), answers=[])

    assert finding("answers", private) == (
        "The data does not show whether these questions were answered: 5 questions."
    )


def test_response_times_compare_bots_and_people_if_both_answer() -> None:
    assert finding("response-times", month()) == (
        "Half of the answers come within 4 min 8 s, nine in ten within 51 min 40 s."
    )
    assert details("response-times", month()) == [
        "Bots: half within 2 s, nine in ten within 5 s.",
        "People: half within 7 min, nine in ten within 1 h 30 min.",
    ]
    people = [ResponseTime(None, who, 3, 60.0, 90.0) for who in ("anyone", "human")]
    assert details("response-times", month(response_times=people)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("commands", "Used most often: /ajuda, 85 times, 50% of all commands."),
        ("content", "Mostly text: 95% of the messages."),
        ("reactions", "Most popular: 👍, 120 times, 90% of all reactions."),
    ],
)
def test_rankings_name_their_first(name: str, text: str) -> None:
    assert finding(name, month()) == text


def test_custom_emoji_are_one_reaction() -> None:
    counts = {"👍": 5, "custom:1": 4, "custom:2": 3}
    reactions = [CategoryCount(name, count) for name, count in counts.items()]

    assert finding("reactions", month(reactions=reactions)) == (
        "Most popular: custom emoji, 7 times, 58% of all reactions."
    )


def test_rare_categories_are_one_row() -> None:
    many = [CategoryCount(f"c{number}", 30 - number) for number in range(13)]

    rows = section("commands", month(commands=many)).tables[0].rows

    assert len(rows) == 11
    assert rows[-1][:2] == ["3 others", "57"]


@pytest.mark.parametrize(
    ("joins", "leaves", "text"),
    [
        (9, 2, "9 joined and 2 left: 7 more members."),
        (2, 3, "2 joined and 3 left: 1 fewer member."),
        (4, 4, "4 joined and as many left."),
        (0, 0, "Nobody joined or left."),
    ],
)
def test_joins_and_leaves_are_balanced(joins: int, leaves: int, text: str) -> None:
    assert finding("members", month(members=[MemberDay(MONDAY, joins, leaves)])) == text


def test_retention_is_that_of_the_week_after() -> None:
    cohorts = [
        CohortWeek(date(2026, 10, 5), 10, 0, 10),
        CohortWeek(date(2026, 10, 5), 10, 1, 4),
        CohortWeek(date(2026, 10, 12), 30, 1, 6),
    ]
    later = [CohortWeek(date(2026, 10, 5), 10, 2, 4)]

    assert finding("retention", month(cohorts=cohorts)) == (
        "25% of people are active again in the week after their first activity."
    )
    for too_few in (cohorts[:1], later):
        assert "does not show who comes back" in finding("retention", month(cohorts=too_few))


def test_the_most_active_people_are_compared_with_all() -> None:
    users = [ActiveUser("Ana", 60, 70, 5), ActiveUser("Bia", 15, 15, 2)]

    assert finding("people", month(users=users, people_messages=100)) == (
        "75% of people's messages come from the most active (2)."
    )


def test_health_counts_late_and_missing_days() -> None:
    assert finding("health", month()) == (
        "Days out of date: 1; never built: 1; of 28 days with updates."
    )
    assert details("health", month()) == [
        "Unreadable: 1 line. Left out: 14 duplicates.",
        "Missing, judging by update ids: 4 updates.",
    ]


def test_health_of_complete_days_is_fine_even_if_marts_are_behind() -> None:
    day = HealthDay(MONDAY, 5, 5, 0, 0, is_missing=False, is_late=False)

    data = month(health=Health([day], are_marts_behind=True))

    assert finding("health", data) == (
        "1 day with updates, and everything that arrived has been processed."
    )
    behind, _, none_lost = details("health", data)
    assert behind.endswith("tg-pipeline run brings them up to date.")
    assert none_lost == "No update ids are missing."


def test_gaps_of_a_chat_filter_are_explained() -> None:
    limits = section("health", month(health=Health(is_filtered=True))).limits

    assert any("Only selected chats are stored" in limit for limit in limits)


def test_a_quiet_period_has_only_its_state() -> None:
    assert [each.name for each in build_sections(quiet(), EN)] == ["health"]
    assert finding("health", quiet()) == "No updates arrived in this period."


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


def test_a_year_is_grouped_by_weeks_labelled_with_their_year() -> None:
    days = [YEAR.first + timedelta(days=number) for number in range(365)]

    groups = group_by_time(days, lambda day: day, YEAR, EN)

    assert sum(len(rows) for _, rows in groups) == 365
    assert groups[0][0].label == "29 Dec 2025"
    assert len({bucket.label for bucket, _ in groups}) == len(groups)


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
