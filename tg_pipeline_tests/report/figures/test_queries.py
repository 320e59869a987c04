"""From rows of marts to report data."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tg_pipeline.report.models import (
    ActiveUser,
    ActivityDay,
    AnswersWeek,
    CategoryCount,
    CohortWeek,
    Health,
    HourCount,
    MemberDay,
    Outcomes,
    Period,
    QuestionGroup,
    ReportData,
    ResponseTime,
)
from tg_pipeline.report.queries import read_report_data
from tg_pipeline_tests.report.figures.hand_made import Row, hand_made, local

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
    """Return an issue's first question, which nobody answered."""
    monday = day - timedelta(days=day.weekday())
    issue = {"is_issue_start": True, "outcome": "unanswered", "chat_id": -1}
    return issue | {"asked_at": local(day, hour), "week": monday} | row


def answered(day: date, seconds: int, through: str = "reply", **row: Any) -> Row:
    answer: Row = {"outcome": "answered", "answered_by": "human"}
    return asked(day) | answer | {"seconds_to_answer": seconds, "answered_through": through} | row


def said(day: date, seconds: int | None = None, **row: Any) -> Row:
    """Return a message that is no question, and answered if `seconds` is given."""
    case = {"asked_at": local(day), "chat_id": -1, "is_question": False, "outcome": "unknown"}
    if seconds is not None:
        case |= {"outcome": "answered", "seconds_to_answer": seconds, "answered_through": "reply"}
    return case | row


def question(topic: int, day: date, name: str | None = None, **more: Any) -> Row:
    row = {"topic_id": topic, "topic_name": name, "language": "pt", "sent_at": local(day)}
    return row | {"chat_id": -1, "message_id": day.day} | more


def test_headline_counts_messages_of_all_bots_and_active_people_once_without_bots() -> None:
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
            on(PERIOD.last, user_id=5, messages=1),
            on(AFTER, user_id=4, actions=1),
        ],
    )

    assert (data.current.messages, data.current.users) == (7, 2)


def test_questions_and_issues_belong_to_the_local_day_on_which_they_were_asked() -> None:
    days = [(PERIOD.first, 0), (PERIOD.last, 23), (BEFORE, 23), (AFTER, 0)]

    data = read(
        questions=[{"sent_at": local(day, hour)} for day, hour in days],
        threads=[asked(day, hour) for day, hour in days],
    )

    assert data.current.questions == 2
    assert data.current.issues == Outcomes(unanswered=2)


def test_outcomes_are_those_of_issues_without_copies_and_later_questions() -> None:
    data = read(
        threads=[
            answered(DAY, 10, "mention", is_thanked=True),
            answered(DAY, 20, "only_other", answered_by="bot", is_asked_again=True),
            answered(DAY, 300, "reply", business_seconds_to_answer=120),
            asked(DAY, is_asked_again=True),
            asked(DAY, outcome="unknown"),
            asked(DAY, outcome="unseen", is_asked_again=True),
            answered(DAY, 1, is_copy=True),
            answered(DAY, 1, is_issue_start=False),
        ],
    )

    assert data.current.issues == Outcomes(
        answered=3,
        unanswered=1,
        unknown=1,
        unseen=1,
        by_reply=1,
        by_mention=1,
        by_only_other=1,
        thanked=1,
        asked_again=2,
        median_seconds=20,
        business_median_seconds=120,
    )
    assert data.answers == [AnswersWeek(MONDAY, 1, 2, 1, 1, 1, 1, 2)]


def test_the_placebo_is_of_messages_that_are_no_questions_in_the_same_chats_and_period() -> None:
    data = read(
        threads=[answered(DAY, 10), answered(DAY, 90), asked(BEFORE, chat_id=-3)],
        answers=[
            said(DAY, 60, is_thanked=True),
            said(DAY),
            said(DAY, 5, chat_id=-2),
            said(DAY, 5, chat_id=-3),
            said(BEFORE, 5),
            said(DAY, 5, is_copy=True),
            said(DAY, 10, is_question=True),
            said(DAY, 90, is_question=True),
        ],
    )

    assert data.current.placebo == Outcomes(
        answered=1, unknown=1, by_reply=1, thanked=1, median_seconds=60, early=1
    )
    assert data.current.singles == Outcomes(answered=2, by_reply=2, median_seconds=50, early=1)


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


def test_question_groups_have_counts_by_week_and_all_others_are_one_row() -> None:
    period = Period(BEFORE - timedelta(days=2), PERIOD.last)
    marts = hand_made(
        {
            "questions": [
                *(question(1, day, "quando?") for day in (period.first, DAY, PERIOD.last, AFTER)),
                question(1, DAY, "quando?", is_copy=True),
                question(-1, DAY, language="en"),
            ]
        }
    )

    data = read_report_data(marts, period, Health())

    assert data.questions == [
        QuestionGroup("quando?", "pt", 3, (1, 2)),
        QuestionGroup(None, None, 1, (0, 1)),
    ]


def test_only_the_largest_question_groups_are_named() -> None:
    many = [question(group, DAY, f"q{group}") for group in range(20) for _ in range(20 - group)]

    data = read(questions=many)

    assert [row.name for row in data.questions] == [*(f"q{n}" for n in range(12)), None]
    assert data.questions[-1].questions == sum(range(1, 9))


def test_question_groups_of_two_bots_with_the_same_id_are_distinct() -> None:
    data = read(questions=[question(1, DAY, f"{bot}?", bot_id=bot) for bot in (BOT, OTHER_BOT)])

    assert data.questions == [
        QuestionGroup("7?", "pt", 1, (1,)),
        QuestionGroup("8?", "pt", 1, (1,)),
    ]


def test_a_topic_of_several_bots_is_counted_once_although_each_has_its_own_number_for_it() -> None:
    data = read(
        questions=[
            *(question(0, DAY, "quando?", message_id=number) for number in range(3)),
            *(question(1, DAY, "Freight", message_id=number, bot_id=BOT) for number in range(2)),
            *(
                question(2, DAY, "Freight", message_id=number, bot_id=OTHER_BOT)
                for number in range(2)
            ),
        ]
    )

    assert data.questions == [
        QuestionGroup("Freight", "pt", 4, (4,)),
        QuestionGroup("quando?", "pt", 3, (3,)),
    ]


def test_response_times_are_split_by_who_answered() -> None:
    answers = [(DAY, "bot", 2), (DAY, "human", 100), (DAY, "human", 200), (MONDAY, "human", 900)]
    data = read(
        threads=[
            *(answered(day, wait, answered_by=who) for day, who, wait in answers),
            answered(DAY, 1, is_issue_start=False),
            asked(DAY, outcome="unknown"),
        ],
    )

    rows = [replace(row, p90_seconds=round(row.p90_seconds, 6)) for row in data.response_times]
    whole = [
        ResponseTime(None, "anyone", 3, 100.0, 180.0),
        ResponseTime(None, "bot", 1, 2.0, 2.0),
        ResponseTime(None, "human", 2, 150.0, 190.0),
    ]
    assert rows == whole + [replace(row, week=MONDAY) for row in whole]


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
    # Given the cohort of two weeks ago, for a period that ends on a Sunday
    period = Period(DAY, MONDAY + timedelta(days=6))
    cohort = MONDAY - timedelta(weeks=2)
    weeks = [
        {"cohort_week": cohort, "cohort_size": 4, "week_offset": offset, "returned": 4 - offset}
        for offset in range(3)
    ]
    marts = hand_made({"retention": weeks})

    # Then this Sunday is over on Monday
    for today, known in ((period.last, 2), (period.last + timedelta(days=1), 3)):
        data = read_report_data(marts, period, Health(), today)
        assert data.cohorts == [CohortWeek(cohort, 4, n, 4 - n) for n in range(known)]


def test_people_have_their_latest_name_on_one_day_the_last_in_the_alphabet_or_else_their_id() -> (
    None
):
    data = read(
        user_activity=[
            on(PERIOD.first, user_id=1, user_first_name="Zoe", messages=5, actions=6),
            on(PERIOD.last, user_id=1, user_first_name="Ana", messages=1, actions=1),
            on(PERIOD.last, user_id=1, chat_id=-5, user_first_name="Bia", actions=1),
            on(PERIOD.last, user_id=1, chat_id=-6, user_first_name="Amanda", actions=1),
            on(PERIOD.last, user_id=2, messages=2, actions=2),
            on(PERIOD.last, user_id=3, user_first_name="Bot", messages=9, is_bot=True),
        ],
    )

    assert data.users == [ActiveUser("Bia", 6, 9, 2, person=1), ActiveUser("2", 2, 2, 1, person=2)]
    assert data.people_messages == 8


def test_people_and_chats_that_share_a_name_have_their_numbers_in_it() -> None:
    # Given two people called Ana, two chats with one name, which is cut, and one without a name
    long = "Turma com um nome que não cabe na tela"
    chats = {-100: None, -1001234567890: long, -2: long}

    data = read(
        questions=[question(1, DAY, user_id=person, chat_id=-2) for person in (11, 12, 13)],
        users=[
            {"user_id": person, "first_name": name}
            for person, name in {11: "Ana", 12: "Ana ", 13: "Bia"}.items()
        ],
        chats=[
            {"chat_id": chat, "newest_chat_id": chat, "title": title, "type": "supergroup"}
            for chat, title in chats.items()
        ],
        hourly_activity=[on(DAY, chat_id=chat, weekday=3, messages=1) for chat in chats],
        user_activity=[
            on(DAY, user_id=person, user_first_name="Ana", messages=1, actions=1)
            for person in (11, 12)
        ],
    )

    # Then each can be told from the other, also where few characters are shown
    facts = data.facts
    assert facts is not None
    assert [row.name for row in data.users] == ["Ana (11)", "Ana (12)"]
    assert facts.people == ["Ana (11)", "Ana (12)", "Bia"]
    assert sorted(chat.name or "" for chat in facts.chats) == [
        "-100",
        "Turma com um nome que não… (-2)",
        "Turma com um n… (-1001234567890)",
    ]
