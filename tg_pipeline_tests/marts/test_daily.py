"""The daily marts: messages, hours, users, commands, contents, reactions and members."""

from datetime import date

import pytest

from tg_pipeline.marts.daily import (
    COMMANDS,
    CONTENT_MIX,
    DAILY_ACTIVITY,
    HOURLY_ACTIVITY,
    MEMBERS,
    REACTIONS,
    USER_ACTIVITY,
)
from tg_pipeline_tests.conftest import BOT
from tg_pipeline_tests.marts.conftest import Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    CAIO,
    GROUP,
    GROUP_ANONYMOUS_BOT,
    HELPER_BOT,
    announced,
    command,
    edit,
    membership,
    message,
    press,
    reaction,
)

CHANNEL = -200


def test_messages_are_counted_by_chat(marts: Marts) -> None:
    # Given two people and a bot in a group, and a channel that has no authors
    first = message("2026-10-07 09:00", ANA, "oi", 1)
    channel = {"id": CHANNEL, "type": "channel", "title": "Avisos"}
    post = message("2026-10-07 11:00", None, "aviso", 1, kind="channel_post", chat=channel)
    marts.put(
        first,
        message("2026-10-07 09:01", BIA, "olá", 2),
        message("2026-10-07 09:02", ANA, "tudo bem", 3),
        message("2026-10-07 09:03", HELPER_BOT, "bip", 4),
        edit(first, "2026-10-07 09:05", "oi!"),
        post,
        edit(post, "2026-10-07 11:05", "aviso (atualizado)"),
        reaction("2026-10-07 12:00", BIA, "", "👍"),
    )

    rows = marts.rows(DAILY_ACTIVITY, "bot_id chat_id chat_type chat_title messages edits users")

    assert rows == [
        (BOT, CHANNEL, "channel", "Avisos", 1, 1, 0),
        (BOT, GROUP, "supergroup", "Chat -100", 4, 1, 2),
    ]


def test_an_account_that_writes_for_a_chat_is_not_a_user(marts: Marts) -> None:
    group = {"id": GROUP, "type": "supergroup"}
    marts.put(message("2026-10-07 09:00", GROUP_ANONYMOUS_BOT, "regras", 1, sender_chat=group))

    assert marts.rows(DAILY_ACTIVITY, "messages users") == [(1, 0)]
    assert marts.rows(USER_ACTIVITY, "user_id") == []


def test_the_actions_of_a_user_are_counted(marts: Marts) -> None:
    said = message("2026-10-07 09:00", ANA, "quatro", 1)
    marts.put(
        said,
        edit(said, "2026-10-07 09:01", "quatro!"),
        message("2026-10-07 09:02", ANA, None, 2, voice={"duration": 3}),
        command("2026-10-07 09:03", ANA, "/ajuda@bot agora", 3),
        reaction("2026-10-07 09:04", ANA, "", "👍"),
        press(ANA, "menu:aulas"),
        message("2026-10-07 09:05", BIA, "é", 4),
    )

    columns = "user_id user_first_name is_bot messages texts mean_text_length commands"
    assert marts.rows(USER_ACTIVITY, columns) == [
        (ANA, "Ana", False, 3, 2, 11, 1),  # (6 + 16) / 2
        (BIA, "Bia", False, 1, 1, 1, 0),
    ]
    assert marts.rows(USER_ACTIVITY, "edits reactions presses actions") == [
        (1, 1, 1, 6),
        (0, 0, 0, 1),
    ]


def test_hours_and_weekdays_are_local(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 00:00", ANA, "meia-noite", 1),
        message("2026-10-07 23:59:59", ANA, "tarde", 2),
        message("2026-10-07 23:00", BIA, "tarde também", 3),
        message("2026-10-07 09:00", BIA, "sem data: conta na chegada", 4, date="nunca"),
    )

    rows = marts.rows(HOURLY_ACTIVITY, "week iso_year iso_week weekday hour messages users")

    monday = date(2026, 10, 5)
    assert rows == [
        (monday, 2026, 41, 3, 0, 1, 1),
        (monday, 2026, 41, 3, 12, 1, 1),
        (monday, 2026, 41, 3, 23, 2, 2),
    ]


ISO_WEEKS = {
    date(2027, 1, 3): (date(2026, 12, 28), 2026, 53, 7),
    date(2027, 1, 4): (date(2027, 1, 4), 2027, 1, 1),
    date(2024, 12, 30): (date(2024, 12, 30), 2025, 1, 1),
}


@pytest.mark.parametrize("day", ISO_WEEKS)
def test_a_day_around_new_year_belongs_to_its_iso_week(marts: Marts, day: date) -> None:
    marts.put(message(f"{day} 12:00", ANA, "feliz ano novo", 1), day=day)

    rows = marts.rows(HOURLY_ACTIVITY, "week iso_year iso_week weekday", day)

    assert rows == [ISO_WEEKS[day]]


def test_an_hour_that_occurs_twice_is_one_row(marts: Marts) -> None:
    # Given the night in which São Paulo last set its clocks back: 23 h came twice
    day = date(2019, 2, 16)
    before, after = 1_550_367_000, 1_550_370_600  # 01:30 and 02:30 in UTC
    marts.put(
        message("2019-02-16 12:00", ANA, "antes", 1, date=before),
        message("2019-02-16 12:00", ANA, "depois", 2, date=after),
        day=day,
    )

    assert marts.rows(HOURLY_ACTIVITY, "weekday hour messages", day) == [(6, 23, 2)]


def test_commands_are_counted_without_the_name_of_the_bot_and_without_edits(marts: Marts) -> None:
    asked = command("2026-10-07 09:00", ANA, "/ajuda", 1)
    marts.put(
        asked,
        command("2026-10-07 09:01", BIA, "/Ajuda@curso_bot turma 3", 2),
        command("2026-10-07 09:02", ANA, "/ajuda", 3),
        command("2026-10-07 09:03", ANA, "/start", 4),
        edit(asked, "2026-10-07 09:04", "/ajuda por favor"),
        message("2026-10-07 09:05", ANA, "o /start não funciona", 5),
    )

    rows = marts.rows(COMMANDS, "bot_id chat_id command uses users")

    assert rows == [(BOT, GROUP, "ajuda", 3, 2), (BOT, GROUP, "start", 1, 1)]


def test_messages_are_counted_by_content_type(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 09:00", ANA, "oi", 1),
        message("2026-10-07 09:01", ANA, None, 2, photo=[{"file_unique_id": "a"}], caption="eu"),
        message("2026-10-07 09:02", BIA, None, 3, photo=[{"file_unique_id": "b"}]),
        message("2026-10-07 09:03", BIA, None, 4),
    )

    rows = marts.rows(CONTENT_MIX, "content_type messages users")

    assert rows == [("photo", 2, 2), ("text", 1, 1), ("unknown", 1, 1)]


def test_reactions_are_counted_when_added_and_when_removed(marts: Marts) -> None:
    marts.put(
        reaction("2026-10-07 09:00", ANA, "", "👍"),
        reaction("2026-10-07 09:01", ANA, "👍", "🔥"),
        reaction("2026-10-07 09:02", BIA, "", "👍🔥"),
        reaction("2026-10-07 09:03", ANA, "🔥", ""),
    )

    rows = marts.rows(REACTIONS, "chat_id reaction added removed users")

    assert sorted(rows) == [(GROUP, "👍", 2, 1, 2), (GROUP, "🔥", 2, 1, 2)]


MEMBER_UPDATES = {
    "an update and an announcement of each": (
        [
            membership("2026-10-07 09:00", ANA, ANA, "left → member"),
            announced("2026-10-07 09:00", ANA, "new_chat_members", ANA),
            membership("2026-10-07 10:00", ANA, ANA, "member → left"),
            announced("2026-10-07 10:00", ANA, "left_chat_member", ANA),
            membership("2026-10-07 11:00", ANA, ANA, "left → member"),
            announced("2026-10-07 11:00", ANA, "new_chat_members", ANA),
        ],
        [(2, 1, 1)],
    ),
    "added or removed by another member": (
        [
            membership("2026-10-07 09:00", ANA, BIA, "left → member"),
            announced("2026-10-07 09:00", ANA, "new_chat_members", BIA),
            membership("2026-10-07 10:00", ANA, CAIO, "restricted → kicked"),
            announced("2026-10-07 10:00", ANA, "left_chat_member", CAIO),
        ],
        [(1, 1, 0)],
    ),
    "announcements only": (
        [
            announced("2026-10-07 09:00", ANA, "new_chat_members", ANA),
            announced("2026-10-07 09:00", BIA, "left_chat_member", BIA),
        ],
        [(1, 1, 0)],
    ),
    "a promotion, and the arrival of the bot": (
        [
            membership("2026-10-07 09:00", ANA, BIA, "member → administrator"),
            membership("2026-10-07 09:01", ANA, BOT, "left → member", kind="my_chat_member"),
            announced("2026-10-07 09:01", ANA, "new_chat_members", BOT),
        ],
        [],
    ),
}


@pytest.mark.parametrize("case", MEMBER_UPDATES)
def test_each_join_and_leave_counts_once(marts: Marts, case: str) -> None:
    updates, rows = MEMBER_UPDATES[case]
    marts.put(*updates)

    assert marts.rows(MEMBERS, "joins leaves net") == rows
