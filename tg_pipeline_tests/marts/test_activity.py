"""How much is written, when, and by whom."""

from datetime import date

import pytest

from tg_pipeline.marts.daily import DAILY_ACTIVITY, HOURLY_ACTIVITY, USER_ACTIVITY
from tg_pipeline_tests.conftest import BOT
from tg_pipeline_tests.marts.conftest import Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    GROUP,
    GROUP_ANONYMOUS_BOT,
    HELPER_BOT,
    command,
    edit,
    message,
    press,
    reaction,
)

CHANNEL = -200


def test_a_day_s_messages_are_counted_by_chat(marts: Marts) -> None:
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


def test_whoever_speaks_for_a_chat_is_no_user(marts: Marts) -> None:
    group = {"id": GROUP, "type": "supergroup"}
    marts.put(message("2026-10-07 09:00", GROUP_ANONYMOUS_BOT, "regras", 1, sender_chat=group))

    assert marts.rows(DAILY_ACTIVITY, "messages users") == [(1, 0)]
    assert marts.rows(USER_ACTIVITY, "user_id") == []


def test_a_user_s_day_says_what_they_did(marts: Marts) -> None:
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


def test_messages_fall_on_the_hours_and_weekdays_of_the_local_clocks(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 00:00", ANA, "meia-noite", 1),
        message("2026-10-07 23:59:59", ANA, "tarde", 2),
        message("2026-10-07 23:00", BIA, "tarde também", 3),
    )

    rows = marts.rows(HOURLY_ACTIVITY, "week iso_year iso_week weekday hour messages users")

    monday = date(2026, 10, 5)
    assert rows == [(monday, 2026, 41, 3, 0, 1, 1), (monday, 2026, 41, 3, 23, 2, 2)]


TURNS = {
    date(2027, 1, 3): (date(2026, 12, 28), 2026, 53, 7),
    date(2027, 1, 4): (date(2027, 1, 4), 2027, 1, 1),
    date(2024, 12, 30): (date(2024, 12, 30), 2025, 1, 1),
}


@pytest.mark.parametrize("day", TURNS)
def test_at_the_turn_of_the_year_a_day_belongs_to_its_iso_week(marts: Marts, day: date) -> None:
    marts.put(message(f"{day} 12:00", ANA, "feliz ano novo", 1), day=day)

    rows = marts.rows(HOURLY_ACTIVITY, "week iso_year iso_week weekday", day)

    assert rows == [TURNS[day]]


def test_where_clocks_are_set_back_the_hour_that_comes_twice_is_counted_once(marts: Marts) -> None:
    # Given the night in which São Paulo last set its clocks back: 23 h came twice
    day = date(2019, 2, 16)
    before, after = 1_550_367_000, 1_550_370_600  # 01:30 and 02:30 in UTC
    marts.put(
        message("2019-02-16 12:00", ANA, "antes", 1, date=before),
        message("2019-02-16 12:00", ANA, "depois", 2, date=after),
        day=day,
    )

    assert marts.rows(HOURLY_ACTIVITY, "weekday hour messages", day) == [(6, 23, 2)]


def test_a_message_without_a_readable_time_counts_when_it_arrived(marts: Marts) -> None:
    marts.put(message("2026-10-07 09:00", ANA, "quando?", 1, date="nunca"))

    assert marts.rows(HOURLY_ACTIVITY, "hour messages") == [(12, 1)]
