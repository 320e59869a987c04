"""What the report says in words: each section begins with what its numbers amount to."""

from datetime import date
from typing import Any

import pytest
from markupsafe import Markup

from tg_pipeline.marts.report.facts import Facts, Headline
from tg_pipeline.marts.report.health import Health, HealthDay
from tg_pipeline.marts.report.language import EN, PT, Language
from tg_pipeline.marts.report.parts import Section
from tg_pipeline.marts.report.period import Period
from tg_pipeline.marts.report.report import SECTIONS, sections_of
from tg_pipeline.marts.report.rows import (
    ActiveUser,
    ActivityDay,
    AnswersWeek,
    CohortWeek,
    FrequentQuestion,
    HourCount,
    MemberDay,
    Tally,
    Wait,
)
from tg_pipeline.marts.report.speech import Speech
from tg_pipeline.marts.report.summary import in_words
from tg_pipeline_tests.report.month import PERIOD, month, one_day, quiet

MONDAY, SUNDAY = PERIOD.first, PERIOD.last


def section(name: str, facts: Facts, speech: Speech | None = None) -> Section:
    return SECTIONS[name](facts, speech or Speech(EN))


def finding(name: str, facts: Facts) -> str:
    return shown(section(name, facts).finding)


def shown(cell: object) -> str:
    """Give a sentence as a reader sees it."""
    return Markup("{}").format(cell).striptags().replace("\N{NO-BREAK SPACE}", " ")


def details(name: str, facts: Facts) -> list[str]:
    return [shown(each) for each in section(name, facts).details]


def test_the_busiest_day_is_named() -> None:
    days = [ActivityDay(MONDAY, 30, 3, 5, 9), ActivityDay(SUNDAY, 250, 6, 7, 9)]

    facts = month(activity=days)

    assert finding("activity", facts) == "10 messages a day on average, and most on Sun 1 Nov: 250."
    assert details("activity", facts) == [
        "0.3 people are active on an average day, 50% of those active within 30 days."
    ]


def test_the_busiest_hour_of_the_week_is_named_and_of_equals_the_first() -> None:
    hours = [HourCount(2, 20, 30), HourCount(5, 9, 30), HourCount(7, 9, 40), HourCount(2, 9, 20)]

    facts = month(hours=hours)

    assert finding("hours", facts) == "Busiest: Sundays 9–10 h, 40 messages, 33% of all."
    assert details("hours", facts) == [
        "The day's busiest hour is 9–10 h, its quietest 0–1 h.",
    ]
    tied = month(hours=[HourCount(5, 9, 30), HourCount(2, 20, 30)])
    assert finding("hours", tied).startswith("Busiest: Tuesdays 20–21 h")


def test_the_zone_of_the_hours_is_named() -> None:
    assert "America/Sao_Paulo" in section("hours", month()).limits[0]


def test_the_most_frequent_question_is_quoted() -> None:
    asked = finding("questions", month())

    assert asked == "Asked most: “como emito o certificado?”, 74 times, 9% of all questions."
    assert details("questions", month()) == [
        "Rising most: “como emito o certificado?”, from 12 to 22 in a week."
    ]


def test_weeks_that_are_not_whole_do_not_rise() -> None:
    # Given a period that begins on a Thursday and ends on a Tuesday
    period = Period(date(2026, 10, 8), date(2026, 10, 27))
    rows = [FrequentQuestion("quando?", "pt", 60, (1, 30, 20, 9))]

    # Then only the two whole weeks in between are compared, and they fell
    assert details("questions", month(period=period, questions=rows)) == []


def test_questions_without_company_are_counted() -> None:
    alone = [FrequentQuestion(None, None, 7, (1, 2, 2, 2))]

    asked = finding("questions", month(questions=alone))

    assert asked == "7 questions, no two of them alike enough to be one."


def test_answers_are_counted_where_they_can_be_seen() -> None:
    assert finding("answers", month()) == "64% of the questions are answered: 410 of 640."
    by_reply, afterwards = details("answers", month())
    assert by_reply.startswith(
        "40% are answered by a reply to the question, and so for certain: 256;"
    )
    assert afterwards.startswith(
        "17% of the answers are followed by thanks within an hour; 13% of the"
    )
    assert "172 questions asked there are left out" in shown(section("answers", month()).limits[0])


def test_the_summary_says_how_many_answers_are_replies() -> None:
    said = shown(in_words(month(), Speech(EN)))

    assert (
        "Of the questions whose answer can be seen, 64% were answered, 40% by a reply; half of the "
        "answers came within 4 min 8 s."
    ) in said


def test_answers_nobody_can_see_are_said_to_be_so() -> None:
    private = month(now=Headline(messages=9, users=2, questions=5, visible=0), answers=[])

    assert finding("answers", private) == "Nothing tells whether the 5 questions were answered."


def test_waits_are_told_apart_where_bots_and_people_answer() -> None:
    said = finding("waits", month())

    assert said == "Half of the answers come within 4 min 8 s, nine in ten within 51 min 40 s."
    assert details("waits", month()) == [
        "Bots: half within 2 s, nine in ten within 5 s.",
        "People: half within 7 min, nine in ten within 1 h 30 min.",
    ]
    people = [Wait(None, "anyone", 3, 60.0, 90.0), Wait(None, "human", 3, 60.0, 90.0)]
    assert details("waits", month(waits=people)) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("commands", "Used most: /ajuda, 85 times, 50% of all commands."),
        ("content", "Mostly text: 95% of the messages."),
        ("reactions", "Given most: 👍, 120 times, 90% of all reactions."),
    ],
)
def test_what_is_counted_most_is_named(name: str, said: str) -> None:
    assert finding(name, month()) == said


def test_custom_emoji_are_one_reaction() -> None:
    reactions = [Tally("👍", 5), Tally("custom:1", 4), Tally("custom:2", 3)]

    assert finding("reactions", month(reactions=reactions)) == (
        "Given most: custom emoji, 7 times, 58% of all reactions."
    )


def test_what_is_rare_is_summed_up() -> None:
    many = [Tally(f"c{number}", 30 - number) for number in range(13)]

    rows = section("commands", month(commands=many)).tables[0].rows

    assert len(rows) == 11
    assert rows[-1][:2] == ["3 others", "57"]


@pytest.mark.parametrize(
    ("joins", "leaves", "said"),
    [
        (9, 2, "9 joined and 2 left: 7 members more."),
        (2, 3, "2 joined and 3 left: 1 member fewer."),
        (4, 4, "4 joined and as many left."),
        (0, 0, "Nobody joined or left."),
    ],
)
def test_who_came_and_went_is_weighed(joins: int, leaves: int, said: str) -> None:
    assert finding("members", month(members=[MemberDay(MONDAY, joins, leaves)])) == said


def test_who_came_back_after_a_week_is_told() -> None:
    cohorts = [
        CohortWeek(date(2026, 10, 5), 10, 0, 10),
        CohortWeek(date(2026, 10, 5), 10, 1, 4),
        CohortWeek(date(2026, 10, 12), 30, 1, 6),
    ]

    assert finding("retention", month(cohorts=cohorts)) == (
        "A week after they were first active, 25% of people are active again."
    )
    assert "nothing yet" in finding("retention", month(cohorts=cohorts[:1]))


def test_cohorts_that_skip_the_first_week_after_are_no_error() -> None:
    later = [CohortWeek(date(2026, 10, 5), 10, 2, 4)]

    assert "nothing yet" in finding("retention", month(cohorts=later))


def test_the_most_active_are_weighed_against_all() -> None:
    users = [ActiveUser("Ana", 60, 70, 5), ActiveUser("Bia", 15, 15, 2)]

    facts = month(users=users, people_messages=100)

    assert finding("people", facts) == "The 2 most active write 75% of what people write."


def test_days_that_are_late_or_missing_are_counted() -> None:
    facts = month()

    assert finding("health", facts) == "Late days: 1; never built: 1; of 28 days with updates."
    assert details("health", facts) == [
        "1 line can't be read and 14 duplicates are left out.",
        "4 updates are missing by their numbers.",
    ]
    fine = Health([HealthDay(MONDAY, 5, 5, 0, 0, is_missing=False, is_late=False)])
    assert finding("health", month(health=fine)) == (
        "1 day with updates, all of it built from all that landed."
    )
    assert details("health", month(health=fine))[-1] == "No update is missing by its number."


def test_gaps_of_a_filter_are_explained() -> None:
    limits = section("health", month(health=Health(is_filtered=True))).limits

    assert any("Only some chats are kept" in limit for limit in limits)


def test_marts_that_lag_behind_are_pointed_out() -> None:
    day = HealthDay(MONDAY, 5, 5, 0, 0, is_missing=False, is_late=False)

    said = details("health", month(health=Health([day], are_marts_behind=True)))

    assert said[0].endswith("tg-pipeline run brings them up to date.")


def test_a_quiet_period_has_nothing_but_its_state() -> None:
    assert [each.name for each in sections_of(quiet(), Speech(EN))] == ["health"]
    assert finding("health", quiet()) == "Nothing landed in this period."


EMPTY: dict[str, dict[str, Any]] = {
    "activity": {"activity": []},
    "hours": {"hours": []},
    "questions": {"questions": []},
    "answers": {"now": Headline(messages=1)},
    "waits": {"waits": []},
    "commands": {"commands": []},
    "content": {"content": []},
    "reactions": {"reactions": []},
    "members": {"members": []},
    "retention": {"cohorts": []},
    "people": {"users": []},
    "health": {"health": Health()},
}


@pytest.mark.parametrize("language", [EN, PT], ids=["en", "pt"])
@pytest.mark.parametrize("name", EMPTY)
def test_a_section_without_numbers_says_so_and_draws_nothing(name: str, language: Language) -> None:
    empty = section(name, month(**EMPTY[name]), Speech(language))

    assert shown(empty.finding).endswith(".")
    assert not empty.charts
    assert not empty.tables


def test_a_single_day_has_no_course_over_time() -> None:
    assert finding("activity", one_day()) == "1 message on Wed 7 Oct."
    assert not section("activity", one_day()).charts


def test_weeks_of_a_long_period_name_their_year() -> None:
    # Given two years, so that the days of a year come twice
    years = Period(date(2025, 1, 1), date(2026, 12, 31))
    weeks = [AnswersWeek(week, 9, 0, 9, 0, 0, 0, 0) for week in years.weeks()]

    # When their answers are drawn
    (chart,) = section("answers", month(period=years, answers=weeks)).charts

    # Then every week has a place of its own
    places = {row["at"] for row in chart.spec["datasets"]["rows"]}
    assert len(places) == len(weeks) == 105


def test_every_section_says_what_it_can_not_know() -> None:
    assert all(each.limits for each in sections_of(month(), Speech(EN)))


def test_every_chart_has_an_alternative_and_its_numbers() -> None:
    charts = [chart for each in sections_of(month(), Speech(PT)) for chart in each.charts]

    assert len(charts) == 8
    for chart in charts:
        assert chart.label.endswith(".")
        assert chart.numbers.rows
        assert {len(row) for row in chart.numbers.rows} == {len(chart.numbers.columns)}
