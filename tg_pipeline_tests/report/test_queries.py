"""From marts made by hand to the tables of the report."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.health import Gap, Health
from tg_pipeline.marts.report.period import Period
from tg_pipeline.marts.report.reading import read_facts, read_gaps, read_last_landed
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
from tg_pipeline_tests.report.hand_made import ZONE, Row, hand_made, local

DAY = date(2026, 10, 7)
"""A Wednesday."""

PERIOD = Period(DAY, DAY + timedelta(days=3))
BEFORE, AFTER = PERIOD.first - timedelta(days=1), PERIOD.last + timedelta(days=1)
MONDAY = date(2026, 10, 5)
BOT, OTHER_BOT = 7, 8


def read(folder: Path, first_day: date | None = None, **rows: list[Row]) -> Facts:
    return read_facts(hand_made(folder, rows), PERIOD, Health(first_day=first_day))


def on(day: date, **row: Any) -> Row:
    return {"context_date": day, **row}


def asked(day: date, hour: int = 12, **row: Any) -> Row:
    monday = day - timedelta(days=day.weekday())
    return {"asked_at": local(day, hour), "week": monday, "is_answer_visible": True} | row


def test_messages_are_those_of_the_period_of_all_bots_and_chats(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        daily_activity=[
            on(BEFORE, messages=100),
            on(PERIOD.first, bot_id=BOT, messages=1),
            on(PERIOD.first, bot_id=OTHER_BOT, chat_id=-5, messages=2),
            on(PERIOD.last, messages=4),
            on(AFTER, messages=100),
        ],
    )

    assert facts.now.messages == 7


def test_people_are_counted_once_and_bots_never(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        user_activity=[
            on(PERIOD.first, user_id=1, actions=1),
            on(PERIOD.last, user_id=1, actions=1),
            on(PERIOD.last, user_id=2, actions=1),
            on(PERIOD.last, user_id=3, actions=1, is_bot=True),
            on(AFTER, user_id=4, actions=1),
        ],
    )

    assert facts.now.users == 2


def test_questions_belong_to_the_local_day_they_were_asked_on(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        threads=[
            asked(PERIOD.first, 0),
            asked(PERIOD.last, 23),
            asked(BEFORE, 23),
            asked(AFTER, 0),
        ],
    )

    assert facts.now.questions == 2


def test_answers_are_judged_only_where_they_can_be_seen(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        threads=[
            asked(DAY, answered_by="human", seconds_to_answer=10),
            asked(DAY, answered_by="bot", seconds_to_answer=20),
            asked(DAY, answered_by="human", seconds_to_answer=300, answered_through="reply"),
            asked(DAY),
            asked(DAY, is_answer_visible=False, answered_by="bot", seconds_to_answer=1),
        ],
    )

    assert (facts.now.questions, facts.now.visible, facts.now.answered) == (5, 4, 3)
    assert (facts.now.answered_by_reply, facts.now.replied_share) == (1, 0.25)
    assert facts.now.answered_share == 0.75
    assert facts.now.median_seconds == 20


def test_nothing_answered_has_no_median(tmp_path: Path) -> None:
    facts = read(tmp_path, threads=[asked(DAY)])

    assert facts.now.answered_share == 0
    assert facts.now.median_seconds is None


def test_a_period_is_compared_where_the_lake_reaches_back_so_far(tmp_path: Path) -> None:
    rows = [on(BEFORE, messages=5), on(DAY, messages=7)]

    known = read(tmp_path / "a", PERIOD.before().first, daily_activity=rows)
    unknown = read(tmp_path / "b", PERIOD.before().last, daily_activity=rows)

    assert known.before is not None
    assert known.before.messages == 5
    assert unknown.before is None, "part of a period is no period to compare with"


def test_every_day_is_there_and_empty_ones_are_zero(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        daily_activity=[on(DAY, messages=3), on(DAY, chat_id=-5, messages=4)],
        active_users=[
            {"day": DAY, "daily_users": 2, "weekly_users": 5, "monthly_users": 9},
            {"day": AFTER, "daily_users": 9, "weekly_users": 9, "monthly_users": 9},
        ],
    )

    assert facts.activity == [
        ActivityDay(DAY, 7, 2, 5, 9),
        *(ActivityDay(DAY + timedelta(days=number), 0, 0, 0, 0) for number in (1, 2, 3)),
    ]


def test_hours_of_all_chats_and_weeks_are_added(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        hourly_activity=[
            on(DAY, weekday=3, hour=9, messages=1),
            on(DAY, chat_id=-5, weekday=3, hour=9, messages=2),
            on(DAY, weekday=3, hour=20, messages=4),
            on(AFTER, weekday=7, hour=9, messages=100),
        ],
    )

    assert facts.hours == [HourCount(3, 9, 3), HourCount(3, 20, 4)]


def test_groups_of_questions_come_with_their_weeks_and_all_others_as_one(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        questions=[
            question(1, PERIOD.first, name="quando?", language="pt"),
            question(1, PERIOD.last, name="quando?", language="pt"),
            question(1, AFTER, name="quando?", language="pt"),
            question(-1, DAY, language="en"),
        ],
        frequent_questions=[
            {"week": MONDAY, "group_id": 1, "group_name": "quando?", "questions": 3},
            {"week": MONDAY, "group_id": -1, "questions": 1},
            {"week": MONDAY, "group_id": 2, "group_name": "earlier", "questions": 5},
            {"week": MONDAY - timedelta(weeks=1), "group_id": 1, "questions": 50},
        ],
    )

    assert facts.questions == [
        FrequentQuestion("quando?", "pt", 2, (3,)),
        FrequentQuestion(None, None, 1, (6,)),
    ]


def test_no_more_groups_are_named_than_are_read(tmp_path: Path) -> None:
    many = [
        question(group, DAY, name=f"q{group}") for group in range(20) for _ in range(20 - group)
    ]

    facts = read(tmp_path, questions=many)

    assert [row.name for row in facts.questions] == [*(f"q{n}" for n in range(12)), None]
    assert facts.questions[-1].questions == sum(range(1, 9))


def test_groups_of_two_bots_with_the_same_number_are_two(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        questions=[
            question(1, DAY, name="a?") | {"bot_id": BOT},
            question(1, DAY, name="b?") | {"bot_id": OTHER_BOT},
        ],
        frequent_questions=[
            {"week": MONDAY, "bot_id": BOT, "group_id": 1, "questions": 3},
            {"week": MONDAY, "bot_id": OTHER_BOT, "group_id": 1, "questions": 5},
        ],
    )

    assert facts.questions == [
        FrequentQuestion("a?", "pt", 1, (3,)),
        FrequentQuestion("b?", "pt", 1, (5,)),
    ]


def test_weeks_of_answers_are_whole_and_of_all_bots(tmp_path: Path) -> None:
    counts = {"questions": 10, "unseen": 1, "answered": 6, "answered_by_bot": 2, "unanswered": 3}
    week = {"week": MONDAY, "thanked": 4, "asked_again": 5, "answered_by_reply": 1} | counts

    facts = read(
        tmp_path,
        resolution=[
            week | {"bot_id": BOT},
            week | {"bot_id": OTHER_BOT},
            week | {"week": None},
            week | {"week": MONDAY - timedelta(weeks=1)},
        ],
    )

    assert facts.answers == [AnswersWeek(MONDAY, 20, 2, 12, 4, 6, 8, 10, 2)]


def test_waits_are_told_apart_by_who_answered(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        threads=[
            asked(DAY, answered_by="bot", seconds_to_answer=2),
            asked(DAY, answered_by="human", seconds_to_answer=100),
            asked(DAY, answered_by="human", seconds_to_answer=200),
            asked(MONDAY, answered_by="human", seconds_to_answer=900),
            asked(DAY, is_answer_visible=False, answered_by="human", seconds_to_answer=1),
        ],
    )

    rounded = [replace(wait, p90_seconds=round(wait.p90_seconds, 6)) for wait in facts.waits]
    assert rounded == [
        Wait(None, "anyone", 3, 100.0, 180.0),
        Wait(None, "bot", 1, 2.0, 2.0),
        Wait(None, "human", 2, 150.0, 190.0),
        Wait(MONDAY, "anyone", 4, 150.0, 690.0),
        Wait(MONDAY, "bot", 1, 2.0, 2.0),
        Wait(MONDAY, "human", 3, 200.0, 760.0),
    ]


def test_commands_content_and_reactions_are_ranked(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        commands=[
            on(DAY, command="b", uses=2),
            on(DAY, command="a", uses=2),
            on(PERIOD.last, command="c", uses=9),
        ],
        content_mix=[on(DAY, content_type="text", messages=5)],
        reactions=[on(DAY, reaction="👍", added=3), on(DAY, reaction="🔥", removed=1)],
    )

    assert facts.commands == [Tally("c", 9), Tally("a", 2), Tally("b", 2)]
    assert facts.content == [Tally("text", 5)]
    assert facts.reactions == [Tally("👍", 3)], "what was only taken back was not given"


def test_members_are_added_up_by_day(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        members=[on(DAY, joins=2, leaves=1), on(DAY, chat_id=-5, joins=1), on(AFTER, joins=50)],
    )

    assert facts.members == [MemberDay(DAY, 3, 1)]
    assert facts.now.members_net == 2


def test_a_week_of_a_cohort_counts_once_it_is_over(tmp_path: Path) -> None:
    # Given newcomers of two weeks ago, at a Saturday
    cohort = MONDAY - timedelta(weeks=2)
    weeks = [
        {"cohort_week": cohort, "cohort_size": 4, "week_offset": offset, "returned": 4 - offset}
        for offset in range(3)
    ]

    # When they are of two bots
    facts = read(tmp_path, retention=[*weeks, *(week | {"bot_id": BOT} for week in weeks)])

    # Then the running week is left out, and both are counted
    assert facts.cohorts == [CohortWeek(cohort, 8, 0, 8), CohortWeek(cohort, 8, 1, 6)]


def test_users_go_by_the_name_they_used_last(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        user_activity=[
            on(PERIOD.first, user_id=1, user_first_name="Ana", messages=5, actions=6),
            on(PERIOD.last, user_id=1, user_first_name="Ana Lúcia", messages=1, actions=1),
            on(PERIOD.last, user_id=2, messages=2, actions=2),
            on(PERIOD.last, user_id=3, user_first_name="Bot", messages=9, is_bot=True),
        ],
    )

    assert facts.users == [ActiveUser("Ana Lúcia", 6, 7, 2), ActiveUser(None, 2, 2, 1)]
    assert facts.people_messages == 8


def test_of_two_names_on_one_day_the_last_in_the_alphabet_is_shown(tmp_path: Path) -> None:
    # Given somebody who is called otherwise in another chat, where their name was changed meanwhile
    names = [(1, "Ana"), (2, "Zoe"), (3, "Bia")]
    rows = [on(DAY, chat_id=chat, user_id=1, user_first_name=name) for chat, name in names]

    assert [user.name for user in read(tmp_path, user_activity=rows).users] == ["Zoe"]


def test_a_lake_without_marts_gives_a_report_of_nothing(tmp_path: Path) -> None:
    facts = read(tmp_path)

    assert facts.is_empty
    assert facts.questions == []
    assert len(facts.activity) == 4


def update(number: int, day: date, hour: int = 12, bot: int = BOT) -> Row:
    moment = local(day, hour)
    return on(day, bot_id=bot, update_id=number, event_at=moment, received_at=moment)


def test_numbers_missing_among_the_updates_of_a_bot_are_gaps_of_the_day(tmp_path: Path) -> None:
    marts = hand_made(
        tmp_path,
        {
            "enriched_updates": [
                update(10, BEFORE),
                update(11, DAY),
                update(14, DAY, 13),
                update(20, DAY + timedelta(days=1)),
                update(500, DAY, bot=OTHER_BOT),
            ]
        },
    )

    assert read_gaps(marts, PERIOD) == [
        Gap(BOT, DAY, 2),
        Gap(BOT, DAY + timedelta(days=1), 5),
    ]


def test_numbers_that_begin_anew_after_a_silent_week_are_no_gap(tmp_path: Path) -> None:
    later, silent = PERIOD.last, PERIOD.last - timedelta(days=8)
    ahead = [update(10, silent), update(900, later)]
    behind = [update(10, later, bot=OTHER_BOT), update(900, silent, bot=OTHER_BOT)]

    marts = hand_made(tmp_path, {"enriched_updates": ahead + behind})

    assert read_gaps(marts, PERIOD) == []


def test_a_silent_week_is_one_in_which_nothing_happened_however_much_landed(
    tmp_path: Path,
) -> None:
    # Given two updates that happened a week apart, and were landed from a file at once
    landed = {"received_at": local(PERIOD.last)}
    first, second = update(10, PERIOD.last - timedelta(days=8)), update(900, PERIOD.last)

    marts = hand_made(tmp_path, {"enriched_updates": [first | landed, second | landed]})

    assert read_gaps(marts, PERIOD) == []


def test_updates_without_a_time_of_their_own_are_placed_by_their_arrival(tmp_path: Path) -> None:
    silent = update(10, PERIOD.last - timedelta(days=8)) | {"event_at": None}
    marts = hand_made(tmp_path, {"enriched_updates": [silent, update(900, PERIOD.last)]})

    assert read_gaps(marts, PERIOD) == []


def test_the_newest_landing_is_told_by_the_clocks_of_the_zone(tmp_path: Path) -> None:
    marts = hand_made(tmp_path, {"enriched_updates": [update(1, DAY, 9), update(2, DAY, 21)]})

    landed = read_last_landed(marts, PERIOD)

    assert landed is not None
    assert (landed.hour, str(landed.tzinfo)) == (21, ZONE)
    assert read_last_landed(marts, PERIOD.before()) is None


def question(group: int, day: date, name: str | None = None, language: str = "pt") -> Row:
    return {
        "group_id": group,
        "group_name": name,
        "language": language,
        "sent_at": local(day),
        "chat_id": -1,
        "message_id": day.day,
    }
