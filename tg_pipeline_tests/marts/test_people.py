"""The marts about people: active users and retention; and the names of bots, users and chats."""

from datetime import date, timedelta

import pytest

from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.marts.people import ACTIVE_USERS, BOTS, CHATS, RETENTION, USERS
from tg_pipeline_tests.conftest import BOT
from tg_pipeline_tests.marts.conftest import OTHER_BOT, Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    CAIO,
    GROUP,
    GROUP_ANONYMOUS_BOT,
    HELPER_BOT,
    chat,
    membership,
    message,
    press,
    user,
)

FIRST = date(2026, 10, 1)

SHOWN = "day daily_users weekly_users monthly_users stickiness"

Days = dict[int, set[int]]
"""The days, counted from the first, on which each user does something."""


def act(marts: Marts, days: Days) -> None:
    for number in sorted(set().union(*days.values())):
        day = FIRST + timedelta(days=number)
        users = (user for user, active in days.items() if number in active)
        marts.put(*(message(f"{day} 12:00", user, "oi", user) for user in users), day=day)


def test_every_day_from_the_first_active_one_to_the_last_has_a_row(marts: Marts) -> None:
    act(marts, {ANA: {0}, BIA: {0, 6}, CAIO: {29}})

    rows = marts.rows(ACTIVE_USERS, SHOWN)

    assert [row[0] for row in rows] == [FIRST + timedelta(days=number) for number in range(30)]
    assert [rows[number][1:] for number in (6, 7, 29)] == [
        (1, 2, 2, 0.5),
        (0, 1, 2, 0.0),
        (1, 1, 3, 1 / 3),
    ]


def test_bots_are_not_counted_and_pressing_a_button_is_an_action(marts: Marts) -> None:
    marts.put(message("2026-10-01 12:00", HELPER_BOT, "bip", 1), press(ANA, "sim"), day=FIRST)

    assert marts.rows(ACTIVE_USERS, "daily_users") == [(1,)]


def test_a_month_without_users_has_no_stickiness(marts: Marts) -> None:
    act(marts, {ANA: {0, 40}})

    rows = marts.rows(ACTIVE_USERS, SHOWN)

    assert rows[39] == (FIRST + timedelta(days=39), 0, 0, 0, None)
    assert rows[40] == (FIRST + timedelta(days=40), 1, 1, 1, 1.0)


def test_leaving_is_not_activity_and_a_person_counts_once_over_all_bots(marts: Marts) -> None:
    leaves = membership("2026-10-01 12:00", BIA, BIA, "member → left")
    both = [message("2026-10-01 12:00", ANA, "oi", 1), leaves]
    marts.put(*both, press(CAIO, "sim"), copies=[*both, press(CAIO, "sim")], day=FIRST)

    assert marts.rows(ACTIVE_USERS, "daily_users") == [(2,)]


def test_a_cohort_has_a_row_for_each_later_week(marts: Marts) -> None:
    # Given a group's first message, and Ana and Bia a week later, of whom Ana is back after two
    act(marts, {HELPER_BOT: {0}, ANA: {7, 8, 20}, BIA: {8, 10}, CAIO: {11}})

    rows = marts.rows(RETENTION, "cohort_week cohort_size week_offset returned share")

    first, second = date(2026, 10, 5), date(2026, 10, 12)
    assert rows == [
        (first, 2, 0, 2, 1.0),
        (first, 2, 1, 0, 0.0),
        (first, 2, 2, 1, 0.5),
        (second, 1, 0, 1, 1.0),
        (second, 1, 1, 0, 0.0),
    ]


def test_people_of_the_first_7_days_of_a_group_s_or_bot_s_data_are_in_no_cohort(
    marts: Marts,
) -> None:
    # Given Ana's first activity 6 days, and Bia's 7 days after the data of the group begins
    act(marts, {HELPER_BOT: {0}, ANA: {6}, BIA: {7}})
    assert marts.rows(RETENTION, "cohort_size") == [(1,)]
    marts.put(message(f"{FIRST} 12:00", ANA, "oi", 1), day=FIRST)

    # When Caio is first seen as another group's data begins, he may have been there before
    day = FIRST + timedelta(days=8)
    marts.put(message(f"{day} 12:00", CAIO, "oi", 1, chat_id=-300), day=day)
    assert marts.rows(RETENTION, "cohort_size") == [(1,)]

    # But in private he is new, since somebody was active with the bot 8 days earlier
    marts.put(message(f"{day} 12:00", CAIO, "oi", 1, chat_id=CAIO), day=day)
    assert marts.rows(RETENTION, "cohort_size") == [(2,)]


def test_the_data_of_a_group_begins_before_it_became_a_supergroup(marts: Marts) -> None:
    act(marts, {ANA: {0}})
    day = FIRST + timedelta(days=10)
    marts.put(
        message(f"{day} 11:00", ANA, None, 9, migrate_to_chat_id=-300),
        message(f"{day} 12:00", BIA, "oi", 1, chat_id=-300),
        day=day,
    )

    assert marts.rows(RETENTION, "cohort_size") == [(1,)]
    assert marts.rows(CHATS, "chat_id newest_chat_id type title first_seen_on last_seen_on") == [
        (-300, -300, "supergroup", "Chat -300", day, day),
        (GROUP, -300, "supergroup", "Chat -100", FIRST, day),
    ]


@pytest.mark.parametrize("told_in", ["the old chat", "the new chat"])
def test_cohorts_and_the_newest_id_of_a_group_stay_when_its_updates_expire(
    marts: Marts, told_in: str
) -> None:
    # Given a group that became a supergroup, in which Bia is new
    day = FIRST + timedelta(days=10)
    act(marts, {ANA: {0}})
    moved = (
        message(f"{day} 11:00", ANA, None, 9, migrate_to_chat_id=-300)
        if told_in == "the old chat"
        else message(f"{day} 11:00", ANA, None, 1, chat_id=-300, migrate_from_chat_id=GROUP)
    )
    marts.put(moved, message(f"{day} 12:00", BIA, "oi", 2, chat_id=-300), day=day)
    before = marts.rows(RETENTION, "cohort_week cohort_size")
    assert before == [(date(2026, 10, 5), 1)]
    marts.build(CHATS)

    # When the updates of these days expire, but not what is counted by day
    for each in (FIRST, day):
        marts.lake.remove(ENRICHED_UPDATES.name, each)
    later = Marts(marts.lake)

    # Then both are known as before, and the group by its ids only
    assert later.rows(RETENTION, "cohort_week cohort_size") == before
    assert later.rows(CHATS, "chat_id newest_chat_id title first_seen_on last_seen_on") == [
        (-300, -300, None, day, day),
        (GROUP, -300, None, FIRST, day),
    ]


def test_users_have_their_newest_names_and_are_seen_as_members_too(marts: Marts) -> None:
    # Given Ana, who changes her name; Bia, who is only removed; and an anonymous administrator
    renamed = user(ANA) | {"first_name": "Ana Maria", "username": "ana", "is_premium": True}
    later = message("2026-10-02 12:00", ANA, "oi", 2) | {}
    later["message"]["from"] = renamed
    marts.put(later, day=FIRST + timedelta(days=1))
    marts.put(
        message("2026-10-01 12:00", ANA, "oi", 1),
        membership("2026-10-01 12:00", ANA, BIA, "member → kicked"),
        message("2026-10-01 12:01", GROUP_ANONYMOUS_BOT, "regras", 3, sender_chat=chat(GROUP)),
        day=FIRST,
    )

    assert marts.rows(USERS, "user_id first_name username is_bot is_premium first_seen_on") == [
        (ANA, "Ana Maria", "ana", False, True, FIRST),
        (BIA, "Bia", None, False, None, FIRST),
    ]


def test_a_bot_is_named_by_its_stored_username_or_else_by_updates(marts: Marts) -> None:
    added = membership("2026-10-01 12:00", ANA, BOT, "left → member", kind="my_chat_member")
    about = added["my_chat_member"]["new_chat_member"]
    about["user"] = {"id": BOT, "is_bot": True, "first_name": "Curso", "username": "old_name"}
    marts.put(added, copies=[message("2026-10-01 12:01", ANA, "oi", 1)], day=FIRST)

    assert marts.rows(BOTS, "bot_id username first_name updates first_update_on") == [
        (BOT, "curso_bot", "Curso", 1, FIRST),
        (OTHER_BOT, "other_bot", None, 1, FIRST),
    ]
