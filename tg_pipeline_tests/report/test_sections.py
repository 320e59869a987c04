"""The sections: their findings in words, their limits, and their charts and tables."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from markupsafe import Markup

from tg_pipeline.report.drawing.charts import group_by_time, shown_labels
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import (
    ActivityDay,
    AnswersWeek,
    CategoryCount,
    CohortWeek,
    Gap,
    Headline,
    Health,
    HealthDay,
    MemberDay,
    Outcomes,
    Period,
    PrivateIssues,
    QuestionGroup,
    ReportData,
    ResponseTime,
    UnprocessedDays,
)
from tg_pipeline.report.page import PageSection, SparklineCell
from tg_pipeline.report.report import SECTIONS, build_sections
from tg_pipeline_tests.report.report_data import (
    ALIKE,
    EN,
    PERIOD,
    PT,
    month,
    of_an_answering_bot,
    one_day,
    outcomes,
    quiet,
    with_spaces,
)

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
Messages a day, on average: 263; the busiest day was Tue 20 Oct, with 355.
People active on an average day: 24, of 46 within 30 days: 52%.
questions
Asked most often: “como emito o certificado?”, 82 times, 10% of all questions.
Rising, more than chance explains: “como emito o certificado?”, from 12 (week of 5 Oct) \
to 30 (week of 26 Oct).
answers
64% of the issues were answered, with evidence: 410 of 640.
The evidence: replies, 205; messages that name the asker, 102; messages from the only \
other participant within ten minutes, 103.
For comparison, the same rule on single messages: 25% of those that are not questions are \
“answered” (100 of 400), and 56% of the questions (450 of 800).
Unknown: 20% (130). Somebody wrote within a day, but nothing shows whether it was an answer.
Unanswered: 16% (100). Nobody else wrote anything within a day that could be an answer.
Thanks follow 33% of the answers (in words within an hour, or as a reaction within a day); \
of what the same rule takes for answers to other messages, 4%.
Asked again by the same person within a day: 6% of the issues.
response-times
Half of the answers come within 4 min 8 s, nine in ten within 51 min 40 s (410 answers).
For comparison, the same rule on messages that are not questions: half within 15 min \
(100 answers).
Bots: half within 2 s, nine in ten within 5 s (120 answers).
People: half within 7 min, nine in ten within 1 h 30 min (290 answers).
commands
Used most often: /ajuda, 85 times, 50% of all commands.
content
The most frequent kind is text: 95% of the messages.
reactions
Most popular: 👍, 120 times, 90% of all reactions.
members
56 joined and 15 left: 41 more members.
retention
79% of people are active again in the week after their first activity: 150 of 190.
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
OTHER_WAITS = (
    "For comparison, the same rule on messages that are not questions: half within 15 min "
    "(100 answers)."
)
MARTS_ARE_BEHIND = (
    "The tables of this page are older than the updates: tg-pipeline run brings them up to date."
)
NO_COHORT = "There are no new people whose next week is over."


def test_the_sections_of_a_month_state_their_findings_and_details() -> None:
    words = [line for each in build_sections(month(), EN) for line in (each.name, *sentences(each))]

    assert "\n".join(words) == MONTH_IN_WORDS


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("activity", one_day(), ["1 message on Wed 7 Oct."]),
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
            month(questions=[QuestionGroup("quando?", "pt", 60, (10, 15, 15, 20))]),
            ["Asked most often: “quando?”, 60 times, 100% of all questions."],
        ),
        (
            "questions",
            month(questions=[QuestionGroup(None, None, 7, (1, 2, 2, 2))]),
            ["7 questions, none of them similar enough to form a group."],
        ),
        (
            "answers",
            month(current=Headline(messages=9, issues=Outcomes(unseen=5)), answers=[]),
            ["The data does not show whether these were answered: 5 issues."],
        ),
        (
            "response-times",
            month(response_times=[ResponseTime(None, w, 3, 60.0, 90.0) for w in ("anyone", "bot")]),
            [
                "Half of the answers come within 1 min, nine in ten within 1 min 30 s (3 answers).",
                OTHER_WAITS,
            ],
        ),
        (
            "reactions",
            month(reactions=[CategoryCount("custom:1", 4), CategoryCount("custom:2", 3)]),
            ["Most popular: custom emoji, 7 times, 100% (7 of 7) of all reactions."],
        ),
        ("members", members(2, 3), ["2 joined and 3 left: 1 fewer member."]),
        ("members", members(4, 4), ["4 joined and as many left."]),
        ("members", members(0, 0), ["Nobody joined or left."]),
        ("retention", month(cohorts=[WEEK_0]), [NO_COHORT]),
        ("retention", month(cohorts=[CohortWeek(MONDAY, 10, 2, 4)]), [NO_COHORT]),
        (
            "retention",
            month(cohorts=[WEEK_1]),
            [
                (
                    "4 of 10 people are active again in the week after their first activity: "
                    "too few for a share."
                )
            ],
        ),
        (
            "retention",
            month(cohorts=[WEEK_0, WEEK_1, CohortWeek(date(2026, 10, 12), 30, 1, 6)]),
            ["25% of people are active again in the week after their first activity: 10 of 40."],
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
        "only whole weeks can rise",
        "a rise that chance explains",
        "questions without groups",
        "answers that are not visible are not missing",
        "only one kind of answers",
        "custom emoji are one reaction",
        "fewer members",
        "as many members",
        "no change of members",
        "a cohort without its next week",
        "a cohort without its first weeks",
        "a small cohort",
        "cohorts are weighted by their people",
        "complete days, and marts that are behind",
    ],
)
def test_a_section_states_its_finding_and_details(
    name: str, data: ReportData, expected: list[str]
) -> None:
    assert sentences(section(name, data)) == expected


def answered(issues: Outcomes, placebo: Outcomes) -> ReportData:
    current = replace(month().current, issues=issues, singles=issues, placebo=placebo)
    waits = ResponseTime(None, "anyone", issues.answered, issues.median_seconds or 0, 3_100)
    return month(current=current, response_times=[waits])


def test_figures_that_the_placebo_has_as_well_are_no_findings() -> None:
    data = answered(outcomes(300, 60, 40, 549.0), ALIKE)

    assert sentences(section("answers", data))[:4] == [
        (
            "Whether questions outside private chats with the bot get answers can't be told: "
            "by the same rule, messages that are not questions get about as many."
        ),
        "Answered, by the rule: 75% (300 of 400).",
        (
            "The evidence: replies, 150; messages that name the asker, 75; messages from the only "
            "other participant within ten minutes, 75."
        ),
        (
            "For comparison, the same rule on single messages: 75% of those that are not "
            "questions are “answered” (300 of 400), and 75% of the questions (300 of 400)."
        ),
    ]
    assert sentences(section("answers", data))[6].endswith("32%: no clear difference.")
    assert sentences(section("response-times", data))[:2] == [
        (
            "How long answers take can't be told: by the same rule, messages that are not "
            "questions get them about as soon."
        ),
        "Half within 9 min 9 s, nine in ten within 51 min 40 s (300 answers).",
    ]


def test_figures_of_few_cases_are_no_findings_and_have_their_counts() -> None:
    few = replace(outcomes(9, 3, 2, 549.0), business_median_seconds=60.0)

    answers, waits = (
        sentences(section(name, answered(few, Outcomes())))
        for name in ("answers", "response-times")
    )

    assert answers[:2] == [
        "There are too few cases to tell whether questions get answers.",
        "Answered, by the rule: 64% (9 of 14).",
    ]
    assert "Thanks follow 33% (3 of 9) of the answers" in answers[-2]
    assert answers[-2].endswith("; too few cases to tell it from chance.")
    assert waits == [
        "There are too few answers to tell how long they take.",
        "Half within 9 min 9 s, nine in ten within 51 min 40 s (9 answers).",
        "For comparison, no message that is not a question got an answer by the same rule.",
        (
            "Counting business hours only: half within 1 min. What is asked and answered outside "
            "of them counts as 0 s."
        ),
    ]


def test_waits_are_a_finding_where_questions_are_answered_and_other_messages_hardly_ever() -> None:
    data = answered(outcomes(40, 20, 0, 549.0), Outcomes(unanswered=60))

    assert sentences(section("response-times", data))[:2] == [
        "Half of the answers come within 9 min 9 s, nine in ten within 51 min 40 s (40 answers).",
        "For comparison, no message that is not a question got an answer by the same rule.",
    ]


def test_incomplete_weeks_are_pale_in_charts_and_marked_in_tables() -> None:
    # Given a period that begins on a Thursday, and whose last day is not over
    data = month(period=Period(date(2026, 10, 8), SUNDAY), today=SUNDAY)

    (chart,) = section("answers", data).charts

    weeks = {row["at"]: row["fill"] for row in chart.spec["data"][0]["values"]}
    assert weeks == {"5 Oct": 0.3, "12 Oct": 1, "19 Oct": 1, "26 Oct": 0.3}
    marked = [str(row[0]) for row in chart.numbers.rows]
    assert marked == [
        "5 Oct 2026 (incomplete)",
        "12 Oct 2026",
        "19 Oct 2026",
        "26 Oct 2026 (incomplete)",
    ]
    assert chart.legend[-1].text.startswith("outlined: incomplete")
    days = section("activity", data).charts[0].spec["data"][0]["values"]
    assert [row["fill"] for row in days][-2:] == [1, 0.3], "this Sunday is not over"


def test_rare_categories_are_one_row() -> None:
    many = [CategoryCount(f"c{number}", 30 - number) for number in range(13)]

    rows = section("commands", month(commands=many)).tables[0].rows

    assert len(rows) == 11
    assert rows[-1][:2] == ["others: 3", "57"]


def test_limits_name_invisible_answers_and_the_chat_filter() -> None:
    limits = section("health", month(health=Health(is_filtered=True))).limits

    assert shown(section("answers", month()).limits[2]).endswith("for this reason: 5.")
    assert any("Only selected chats are stored" in limit for limit in limits)


def test_issues_are_said_to_be_left_out_only_if_some_are() -> None:
    current = month().current
    everything_seen = month(
        current=replace(
            current, issues=replace(current.issues, unseen=0), private=PrivateIssues(contained=3)
        )
    )

    for name in ("answers", "help"):
        assert not any("left out" in limit for limit in section(name, everything_seen).limits)


def test_the_issues_that_a_section_is_about_are_its_own() -> None:
    issues = month().current.issues

    assert (
        section("answers", month())
        .limits[0]
        .replace("\N{NO-BREAK SPACE}", " ")
        .endswith(f"Here: {issues.seen + issues.unseen} issues.")
    )


def test_the_page_states_what_is_not_kept_and_why_there_are_no_questions() -> None:
    kept = Health(has_no_texts=True, has_pseudonyms=True, kept_since=date(2026, 10, 5))
    page = month(health=kept, questions=[])

    limits = " ".join(section("health", page).limits)

    assert all(name in limits for name in ("TG_DROP_TEXT", "TG_PSEUDONYMS", "TG_KEEP_DAYS_ENR"))
    assert "5 Oct 2026" in limits
    assert "TG_DROP_TEXT" in shown(section("questions", page).finding)


def test_what_landed_on_days_that_no_run_builds_is_stated_even_in_a_quiet_period() -> None:
    many = UnprocessedDays(date(2015, 1, 1), date(2015, 1, 3), 1_234)
    one = UnprocessedDays(date(9999, 12, 31), date(9999, 12, 31), 1)
    up_to_date = [HealthDay(MONDAY, 5, 5, 0, 0, is_missing=False, is_late=False)]

    english = sentences(section("health", month(health=Health(up_to_date, unprocessed=[many]))))
    quiet_days = replace(quiet(), health=Health(unprocessed=[many, one]))
    portuguese = sentences(section("health", quiet_days, PT))

    assert english[:2] == [
        "1 day with updates, but not everything that arrived has been processed.",
        (
            "Landed objects on days that are not processed, and so in no figure: 1,234 "
            "(1 Jan 2015 – 3 Jan 2015). tg-pipeline status says why, and what to do."
        ),
    ]
    assert portuguese[0] == "Nenhuma atualização chegou neste período."
    assert "fora de todos os números: 1.234 (1 de jan. de 2015 – " in portuguese[1]
    assert "fora de todos os números: 1 (31 de dez. de 9999). " in portuguese[2]


def test_no_sentence_in_portuguese_ends_with_two_full_stops() -> None:
    found = SECTIONS["activity"](one_day(), PT)

    assert with_spaces(shown(found.finding)) == "Em qua., 7 de out.: 1 mensagem."


def test_a_quiet_period_has_only_its_state_and_a_single_day_has_no_chart_over_time() -> None:
    assert [each.name for each in build_sections(quiet(), EN)] == ["health"]
    assert not section("activity", one_day()).charts


EMPTY: dict[str, dict[str, Any]] = {
    "activity": {"activity": []},
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

    places = {row["at"] for row in chart.spec["data"][0]["values"]}
    assert len(places) == len(weeks) == 105


def test_days_of_a_long_period_are_named_with_their_year_in_tables_and_findings() -> None:
    # Given three years of activity, of people who come back, and of updates, with a gap
    years = Period(date(2024, 1, 1), date(2026, 12, 31))
    days = [date(year, 3, 4) for year in (2024, 2025, 2026)]
    data = month(
        period=years,
        today=date(2027, 1, 1),
        activity=[ActivityDay(day, number, 1, 1, 1) for number, day in enumerate(days, 1)],
        cohorts=[CohortWeek(day, 40, 1, 20) for day in days],
        health=Health(
            days=[HealthDay(day, 1, 1, 0, 0, is_missing=False, is_late=False) for day in days],
            gaps=[Gap(7, days[0], 3)],
        ),
    )

    activity, retention, health = (
        section(name, data) for name in ("activity", "retention", "health")
    )

    # Then no day is named twice
    assert "the busiest day was Wed, 4 Mar 2026" in shown(activity.finding)
    for table in (activity.charts[0].numbers, health.charts[0].numbers):
        named = [str(row[0]) for row in table.rows]
        assert len(set(named)) == len(named)
    assert [row[1] for row in health.tables[0].rows] == ["Mon, 4 Mar 2024"]
    cohorts = {row["row"] for row in retention.charts[0].spec["data"][0]["values"]}
    assert cohorts == {"4 Mar 2024 (40)", "4 Mar 2025 (40)", "4 Mar 2026 (40)"}


def test_the_names_of_bars_have_the_head_that_they_are() -> None:
    long = Period(date(2025, 1, 1), date(2026, 12, 31))

    heads = [
        section("activity", data).charts[0].numbers.columns[0].title
        for data in (month(), month(period=long))
    ]

    assert heads == ["Day", "From"]


def test_each_day_of_a_month_has_a_place_with_or_without_rows() -> None:
    groups = group_by_time([SUNDAY], lambda day: day, month(), EN)

    assert len(groups) == 28
    assert [bucket.label for bucket, rows in groups if rows] == ["1 Nov"]


def test_axes_have_at_most_six_labels() -> None:
    assert shown_labels(["a", "b", "c"]) == ["a", "b", "c"]
    assert shown_labels([str(n) for n in range(28)]) == ["0", "5", "10", "15", "20", "25"]
    assert shown_labels([]) == []


def test_a_sparkline_of_a_year_fits_a_phone() -> None:
    sparklines = [SparklineCell((3,) * weeks, frozenset(), 3, "").__html__() for weeks in (4, 53)]

    assert [html.partition('width="')[2].partition('"')[0] for html in sparklines] == ["32", "64"]


def test_sections_have_limits_and_charts_have_a_text_alternative_and_numbers() -> None:
    sections = build_sections(month(), PT)

    assert all(each.limits for each in sections)
    charts = [chart for each in sections for chart in each.charts]
    assert len(charts) == 7
    for chart in charts:
        assert chart.label.endswith(".")
        assert chart.numbers.rows
        assert {len(row) for row in chart.numbers.rows} == {len(chart.numbers.columns)}


THE_BOT_IN_WORDS = """
help
In private chats, the bot answered 67% of the issues so that the same person did not ask again \
within a day: 60 of 90.
Answered by the bot: 80%.
Of these, asked again by the same person within a day: 17%.
Of the bot's answers, 10% only say that it does not know.
Without any message of the bot within a day: 4%.
Unknown: 7%. The bot wrote within a day, but nothing shows that it was an answer.
Half of the answers came within 5 s.
buttons
Pressed most often: menu, 8 times, 80% (8 of 10) of all presses.
sources
The most frequent source of new people is site: 30, 75% of 40 people.
Of the new people, 60% were active again 7 or more days later.
blocks
The bot was blocked 4 times and unblocked 1 time.
calls
Of 903 calls, 3% failed.
Refused because the user has blocked the bot: 20.
Refused because the bot called too often (429): 5.
Without a known outcome: 13. Telegram does not tell it for calls in the response to a webhook.
""".strip()


def test_the_sections_about_the_bot_state_their_findings_and_details() -> None:
    data = of_an_answering_bot()
    found = [
        line
        for name in ("help", "buttons", "sources", "blocks", "calls")
        for line in (name, *sentences(section(name, data)))
    ]

    assert found == THE_BOT_IN_WORDS.splitlines()


def test_sections_about_the_bot_are_shown_if_there_is_something_to_show() -> None:
    about_the_bot = {"help", "buttons", "sources", "blocks", "calls"}
    names = {each.name for each in build_sections(of_an_answering_bot(), EN)}
    without = {each.name for each in build_sections(month(), EN)}

    assert about_the_bot <= names
    assert not about_the_bot & without


def test_without_texts_there_are_no_payloads_and_no_data_of_buttons_to_show() -> None:
    data = of_an_answering_bot(health=Health(has_no_texts=True))

    assert not {"buttons", "sources"} & {each.name for each in build_sections(data, EN)}


def test_a_bot_that_is_only_asked_in_private_has_no_section_on_other_answers() -> None:
    total = PrivateIssues(contained=3, fallback=1, unseen=2)
    data = of_an_answering_bot(current=Headline(messages=9, users=3, private=total))

    names = [each.name for each in build_sections(data, EN)]

    assert names.index("questions") + 1 == names.index("help")
    assert not {"answers", "response-times"} & set(names)
    assert section("help", data).limits[-1].endswith("Issues from other times are left out: 2.")


def test_more_than_one_in_ten_fallback_answers_are_too_many() -> None:
    total = PrivateIssues(contained=80, fallback=10)
    data = of_an_answering_bot(current=Headline(messages=9, users=3, private=total))

    assert any("more than one in ten" in line for line in sentences(section("help", data)))
