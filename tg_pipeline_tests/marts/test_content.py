"""What is sent: commands, kinds of messages, reactions, and who comes and goes."""

from tg_pipeline.marts.daily import COMMANDS, CONTENT_MIX, MEMBERS, REACTIONS
from tg_pipeline_tests.conftest import BOT
from tg_pipeline_tests.marts.conftest import Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    CAIO,
    GROUP,
    announced,
    command,
    edit,
    membership,
    message,
    reaction,
)


def test_commands_are_counted_without_the_bot_s_name_and_edits_are_not(marts: Marts) -> None:
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


def test_messages_are_counted_by_what_they_hold(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 09:00", ANA, "oi", 1),
        message("2026-10-07 09:01", ANA, None, 2, photo=[{"file_unique_id": "a"}], caption="eu"),
        message("2026-10-07 09:02", BIA, None, 3, photo=[{"file_unique_id": "b"}]),
        message("2026-10-07 09:03", BIA, None, 4),
    )

    rows = marts.rows(CONTENT_MIX, "content_type messages users")

    assert rows == [("photo", 2, 2), ("text", 1, 1), ("unknown", 1, 1)]


def test_reactions_are_counted_as_given_and_as_taken_back(marts: Marts) -> None:
    marts.put(
        reaction("2026-10-07 09:00", ANA, "", "👍"),
        reaction("2026-10-07 09:01", ANA, "👍", "🔥"),
        reaction("2026-10-07 09:02", BIA, "", "👍🔥"),
        reaction("2026-10-07 09:03", ANA, "🔥", ""),
    )

    rows = marts.rows(REACTIONS, "chat_id reaction added removed users")

    assert sorted(rows) == [(GROUP, "👍", 2, 1, 2), (GROUP, "🔥", 2, 1, 2)]


def test_a_join_that_is_both_told_and_announced_is_one(marts: Marts) -> None:
    marts.put(
        membership("2026-10-07 09:00", ANA, ANA, "left → member"),
        announced("2026-10-07 09:00", ANA, "new_chat_members", ANA),
        membership("2026-10-07 10:00", ANA, ANA, "member → left"),
        announced("2026-10-07 10:00", ANA, "left_chat_member", ANA),
        membership("2026-10-07 11:00", ANA, ANA, "left → member"),
        announced("2026-10-07 11:00", ANA, "new_chat_members", ANA),
    )

    assert marts.rows(MEMBERS, "chat_id joins leaves net") == [(GROUP, 2, 1, 1)]


def test_who_is_added_or_removed_by_another_is_one_too(marts: Marts) -> None:
    marts.put(
        membership("2026-10-07 09:00", ANA, BIA, "left → member"),
        announced("2026-10-07 09:00", ANA, "new_chat_members", BIA),
        membership("2026-10-07 10:00", ANA, CAIO, "restricted → kicked"),
        announced("2026-10-07 10:00", ANA, "left_chat_member", CAIO),
    )

    assert marts.rows(MEMBERS, "joins leaves net") == [(1, 1, 0)]


def test_where_the_bot_is_told_nothing_announcements_count(marts: Marts) -> None:
    marts.put(
        announced("2026-10-07 09:00", ANA, "new_chat_members", ANA),
        announced("2026-10-07 09:00", BIA, "left_chat_member", BIA),
    )

    assert marts.rows(MEMBERS, "joins leaves net") == [(1, 1, 0)]


def test_a_promotion_is_no_join_and_the_bot_s_own_arrival_neither(marts: Marts) -> None:
    marts.put(
        membership("2026-10-07 09:00", ANA, BIA, "member → administrator"),
        membership("2026-10-07 09:01", ANA, BOT, "left → member", kind="my_chat_member"),
        announced("2026-10-07 09:01", ANA, "new_chat_members", BOT),
    )

    assert marts.rows(MEMBERS, "joins leaves") == []
