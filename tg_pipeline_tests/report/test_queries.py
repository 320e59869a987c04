"""From rows of marts to report data."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tg_pipeline.report.models import (
    ActiveUser,
    ActivityDay,
    AnswersWeek,
    CategoryCount,
    CohortWeek,
    Gap,
    Health,
    HourCount,
    MemberDay,
    Period,
    QuestionGroup,
    ReportData,
    ResponseTime,
)
from tg_pipeline.report.queries import read_gaps, read_last_landed, read_report_data
from tg_pipeline_tests.report.hand_made import ZONE, Row, hand_made, local

DAY = date(2026, 10, 7)
"""A Wednesday."""

PERIOD = Period(DAY, DAY + timedelta(days=3))
BEFORE, AFTER = PERIOD.first - timedelta(days=1), PERIOD.last + timedelta(days=1)
MONDAY = date(2026, 10, 5)
BOT, OTHER_BOT = 7, 8


def read(first_day: date | None = None, **rows: list[Row]) -> ReportData:
    return read_report_data(hand_made(rows), PERIOD, Health(first_day=first_day))


def on(day: date, **row: Any) -> Row:
    return {"context_date": day, **row}


def asked(day: date, hour: int = 12, **row: Any) -> Row:
    monday = day - timedelta(days=day.weekday())
    return {"asked_at": local(day, hour), "week": monday, "is_answer_visible": True} | row


def question(group: int, day: date, name: str | None = None, **more: Any) -> Row:
    row = {"group_id": group, "group_name": name, "language": "pt", "sent_at": local(day)}
    return row | {"chat_id": -1, "message_id": day.day} | more


def update(number: int, day: date, hour: int = 12, bot: int = BOT) -> Row:
    moment = local(day, hour)
    return on(day, bot_id=bot, update_id=number, event_at=moment, received_at=moment)


def test_headline_counts_messages_of_all_bots_and_people_once_without_bots() -> None:
    messages = [(BEFORE, 100), (PERIOD.first, 1), (PERIOD.last, 4), (AFTER, 100)]
    data = read(
        daily_activity=[
            *(on(day, bot_id=BOT, messages=count) for day, count in messages),
            on(PERIOD.first, bot_id=OTHER_BOT, chat_id=-5, messages=2),
        ],
        user_activity=[
            on(PERIOD.first, user_id=1, actions=1),
            on(PERIOD.last, user_id=1, actions=1),
            on(PERIOD.last, user_id=2, actions=1),
            on(PERIOD.last, user_id=3, actions=1, is_bot=True),
            on(AFTER, user_id=4, actions=1),
        ],
    )

    assert (data.current.messages, data.current.users) == (7, 2)


def test_questions_belong_to_the_local_day_on_which_they_were_asked() -> None:
    days = [(PERIOD.first, 0), (PERIOD.last, 23), (BEFORE, 23), (AFTER, 0)]

    data = read(threads=[asked(day, hour) for day, hour in days])

    assert data.current.questions == 2
    assert (data.current.answered_share, data.current.median_seconds) == (0, None)


def test_answers_are_counted_only_where_they_are_visible() -> None:
    data = read(
        threads=[
            asked(DAY, answered_by="human", seconds_to_answer=10),
            asked(DAY, answered_by="bot", seconds_to_answer=20),
            asked(DAY, answered_by="human", seconds_to_answer=300, answered_through="reply"),
            asked(DAY),
            asked(DAY, is_answer_visible=False, answered_by="bot", seconds_to_answer=1),
        ],
    )

    now = data.current
    assert (now.questions, now.visible, now.answered, now.answered_by_reply) == (5, 4, 3, 1)
    assert (now.replied_share, now.answered_share, now.median_seconds) == (0.25, 0.75, 20)


def test_a_period_is_compared_only_if_the_lake_covers_the_whole_previous_one() -> None:
    rows = [on(BEFORE, messages=5), on(DAY, messages=7)]

    covered = read(PERIOD.previous().first, daily_activity=rows)
    cut_off = read(PERIOD.previous().last, daily_activity=rows)

    assert covered.previous is not None
    assert covered.previous.messages == 5
    assert cut_off.previous is None


def test_activity_has_each_day_of_the_period() -> None:
    data = read(
        daily_activity=[on(DAY, messages=3), on(DAY, chat_id=-5, messages=4)],
        active_users=[
            {"day": DAY, "daily_users": 2, "weekly_users": 5, "monthly_users": 9},
            {"day": AFTER, "daily_users": 9, "weekly_users": 9, "monthly_users": 9},
        ],
    )

    assert data.activity == [
        ActivityDay(DAY, 7, 2, 5, 9),
        *(ActivityDay(DAY + timedelta(days=number), 0, 0, 0, 0) for number in (1, 2, 3)),
    ]


def test_hours_and_members_are_summed_over_chats() -> None:
    data = read(
        hourly_activity=[
            on(DAY, weekday=3, hour=9, messages=1),
            on(DAY, chat_id=-5, weekday=3, hour=9, messages=2),
            on(DAY, weekday=3, hour=20, messages=4),
            on(AFTER, weekday=7, hour=9, messages=100),
        ],
        members=[on(DAY, joins=2, leaves=1), on(DAY, chat_id=-5, joins=1), on(AFTER, joins=50)],
    )

    assert data.hours == [HourCount(3, 9, 3), HourCount(3, 20, 4)]
    assert data.members == [MemberDay(DAY, 3, 1)]
    assert data.current.members_net == 2


def test_question_groups_have_whole_weeks_and_all_others_are_one_row() -> None:
    def asked_in(week: date, group: int, questions: int, name: str | None = None) -> Row:
        return {"week": week, "group_id": group, "group_name": name, "questions": questions}

    data = read(
        questions=[
            *(question(1, day, "quando?") for day in (PERIOD.first, PERIOD.last, AFTER)),
            question(-1, DAY, language="en"),
        ],
        frequent_questions=[
            asked_in(MONDAY, 1, 3, "quando?"),
            asked_in(MONDAY, -1, 1),
            asked_in(MONDAY, 2, 5, "earlier"),
            asked_in(MONDAY - timedelta(weeks=1), 1, 50),
        ],
    )

    assert data.questions == [
        QuestionGroup("quando?", "pt", 2, (3,)),
        QuestionGroup(None, None, 1, (6,)),
    ]


def test_only_the_largest_question_groups_are_named() -> None:
    many = [question(group, DAY, f"q{group}") for group in range(20) for _ in range(20 - group)]

    data = read(questions=many)

    assert [row.name for row in data.questions] == [*(f"q{n}" for n in range(12)), None]
    assert data.questions[-1].questions == sum(range(1, 9))


def test_question_groups_of_two_bots_with_the_same_id_are_distinct() -> None:
    group = {"week": MONDAY, "group_id": 1}
    data = read(
        questions=[question(1, DAY, f"{bot}?", bot_id=bot) for bot in (BOT, OTHER_BOT)],
        frequent_questions=[
            group | {"bot_id": BOT, "questions": 3},
            group | {"bot_id": OTHER_BOT, "questions": 5},
        ],
    )

    assert data.questions == [
        QuestionGroup("7?", "pt", 1, (3,)),
        QuestionGroup("8?", "pt", 1, (5,)),
    ]


def test_answers_are_summed_over_bots_in_the_weeks_of_the_period() -> None:
    counts = {"questions": 10, "unseen": 1, "answered": 6, "answered_by_bot": 2, "unanswered": 3}
    week = {"week": MONDAY, "thanked": 4, "asked_again": 5, "answered_by_reply": 1} | counts

    data = read(
        resolution=[
            week | {"bot_id": BOT},
            week | {"bot_id": OTHER_BOT},
            week | {"week": None},
            week | {"week": MONDAY - timedelta(weeks=1)},
        ],
    )

    assert data.answers == [AnswersWeek(MONDAY, 20, 2, 12, 4, 6, 8, 10, 2)]


def test_response_times_are_split_by_who_answered() -> None:
    answers = [(DAY, "bot", 2), (DAY, "human", 100), (DAY, "human", 200), (MONDAY, "human", 900)]
    data = read(
        threads=[
            *(asked(day, answered_by=who, seconds_to_answer=wait) for day, who, wait in answers),
            asked(DAY, is_answer_visible=False, answered_by="human", seconds_to_answer=1),
        ],
    )

    rows = [replace(row, p90_seconds=round(row.p90_seconds, 6)) for row in data.response_times]
    assert rows == [
        ResponseTime(None, "anyone", 3, 100.0, 180.0),
        ResponseTime(None, "bot", 1, 2.0, 2.0),
        ResponseTime(None, "human", 2, 150.0, 190.0),
        ResponseTime(MONDAY, "anyone", 4, 150.0, 690.0),
        ResponseTime(MONDAY, "bot", 1, 2.0, 2.0),
        ResponseTime(MONDAY, "human", 3, 200.0, 760.0),
    ]


def test_commands_content_and_added_reactions_are_ranked() -> None:
    data = read(
        commands=[
            on(DAY, command="b", uses=2),
            on(DAY, command="a", uses=2),
            on(PERIOD.last, command="c", uses=9),
        ],
        content_mix=[on(DAY, content_type="text", messages=5)],
        reactions=[on(DAY, reaction="👍", added=3), on(DAY, reaction="🔥", removed=1)],
    )

    assert [(row.name, row.count) for row in data.commands] == [("c", 9), ("a", 2), ("b", 2)]
    assert data.content == [CategoryCount("text", 5)]
    assert data.reactions == [CategoryCount("👍", 3)], "a reaction that was only removed"


def test_a_week_of_a_cohort_counts_once_it_is_over() -> None:
    # Given the cohort of two weeks ago, on a Saturday, for two bots
    cohort = MONDAY - timedelta(weeks=2)
    weeks = [
        {"cohort_week": cohort, "cohort_size": 4, "week_offset": offset, "returned": 4 - offset}
        for offset in range(3)
    ]

    data = read(retention=[*weeks, *(week | {"bot_id": BOT} for week in weeks)])

    # Then the current week is left out, and both bots are counted
    assert data.cohorts == [CohortWeek(cohort, 8, 0, 8), CohortWeek(cohort, 8, 1, 6)]


def test_people_have_the_latest_of_their_names_and_on_one_day_the_last_in_the_alphabet() -> None:
    data = read(
        user_activity=[
            on(PERIOD.first, user_id=1, user_first_name="Zoe", messages=5, actions=6),
            on(PERIOD.last, user_id=1, user_first_name="Ana", messages=1, actions=1),
            on(PERIOD.last, user_id=1, chat_id=-5, user_first_name="Bia"),
            on(PERIOD.last, user_id=1, chat_id=-6, user_first_name="Amanda"),
            on(PERIOD.last, user_id=2, messages=2, actions=2),
            on(PERIOD.last, user_id=3, user_first_name="Bot", messages=9, is_bot=True),
        ],
    )

    assert data.users == [ActiveUser("Bia", 6, 7, 2), ActiveUser(None, 2, 2, 1)]
    assert data.people_messages == 8


def test_missing_update_ids_are_gaps_of_the_bot_and_day() -> None:
    updates = [
        update(10, BEFORE),
        update(11, DAY),
        update(14, DAY, 13),
        update(20, DAY + timedelta(days=1)),
        update(500, DAY, bot=OTHER_BOT),
    ]

    marts = hand_made({"enriched_updates": updates})

    assert read_gaps(marts, PERIOD) == [Gap(BOT, DAY, 2), Gap(BOT, DAY + timedelta(days=1), 5)]


SILENT = PERIOD.last - timedelta(days=8)
"""More than a week before the last day."""

OLD, NEW = update(10, SILENT), update(900, PERIOD.last)
AFTER_A_SILENT_WEEK = {
    "ids that continue higher": [OLD, NEW],
    "ids that continue lower": [update(10, PERIOD.last), update(900, SILENT)],
    "updates landed together later": [OLD | {"received_at": local(PERIOD.last)}, NEW],
    "updates with only an arrival time": [OLD | {"event_at": None}, NEW],
}


@pytest.mark.parametrize("case", AFTER_A_SILENT_WEEK)
def test_a_jump_of_ids_after_a_silent_week_is_not_a_gap(case: str) -> None:
    marts = hand_made({"enriched_updates": AFTER_A_SILENT_WEEK[case]})

    assert read_gaps(marts, PERIOD) == []


def test_the_newest_arrival_is_in_the_time_zone_of_the_marts() -> None:
    marts = hand_made({"enriched_updates": [update(1, DAY, 9), update(2, DAY, 21)]})

    landed = read_last_landed(marts, PERIOD)

    assert landed is not None
    assert (landed.hour, str(landed.tzinfo)) == (21, ZONE)
    assert read_last_landed(marts, PERIOD.previous()) is None
