"""The daily marts: messages, hours, users, commands, contents, reactions and members."""

from datetime import date, timedelta

import pytest

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.marts.daily import (
    COMMANDS,
    CONTENT_MIX,
    DAILY_ACTIVITY,
    HOURLY_ACTIVITY,
    MEMBERS,
    REACTIONS,
    USER_ACTIVITY,
)
from tg_pipeline.marts.mart import Mart
from tg_pipeline_tests.built_marts import rows_of
from tg_pipeline_tests.conftest import BOT
from tg_pipeline_tests.marts.conftest import DAY, OTHER_BOT, PARAMETERS, Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    CAIO,
    GROUP,
    GROUP_ANONYMOUS_BOT,
    HELPER_BOT,
    Payload,
    announced,
    command,
    edit,
    membership,
    message,
    press,
    reaction,
    update,
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
        command("2026-10-07 09:03", ANA, "/ajuda@curso_bot agora", 3),
        message("2026-10-07 09:06", HELPER_BOT, "bip", 5),
        reaction("2026-10-07 09:04", ANA, "", "👍"),
        press(ANA, "menu:aulas"),
        message("2026-10-07 09:05", BIA, "é", 4),
    )

    columns = "user_id user_first_name is_bot messages texts mean_text_length commands"
    assert marts.rows(USER_ACTIVITY, columns) == [
        (ANA, "Ana", False, 3, 2, 14, 1),  # (6 + 22) / 2
        (BIA, "Bia", False, 1, 1, 1, 0),
        (HELPER_BOT, "Helper", True, 1, 1, 3, 0),
    ]
    assert marts.rows(USER_ACTIVITY, "edits reactions presses actions") == [
        (1, 1, 1, 5),
        (0, 0, 0, 1),
        (0, 0, 0, 1),
    ]


def test_events_are_neither_written_nor_activity(marts: Marts) -> None:
    # Given people who join, leave, pin and are forwarded a post, and an away message of Bia's
    away: Payload = {
        "is_from_offline": True,
        "business_connection_id": "b",
        "kind": "business_message",
    }
    post: Payload = {
        "sender_chat": {"id": CHANNEL, "type": "channel"},
        "is_automatic_forward": True,
    }
    marts.put(
        announced("2026-10-07 09:00", ANA, "new_chat_members", ANA),
        membership("2026-10-07 09:00", ANA, ANA, "left → member"),
        announced("2026-10-07 09:01", ANA, "left_chat_member", ANA, message_id=2),
        message("2026-10-07 09:02", ANA, None, 3, pinned_message={"message_id": 1, "date": 1}),
        message("2026-10-07 09:03", 777_000, "post", 4, **post),
        message("2026-10-07 09:04", BIA, "volto logo", 5, chat_id=CAIO, **away),
    )

    # Then only the away message is written, and by nobody in person; all are contents
    assert marts.rows(DAILY_ACTIVITY, "chat_id messages users") == [(CAIO, 1, 0)]
    assert marts.rows(HOURLY_ACTIVITY, "chat_id messages users") == [(CAIO, 1, 0)]
    assert marts.rows(USER_ACTIVITY, "user_id messages actions") == [(BIA, 1, 0)]
    assert sorted(marts.rows(CONTENT_MIX, "content_type messages users")) == [
        ("left_chat_member", 1, 1),
        ("new_chat_members", 1, 1),
        ("pinned_message", 1, 1),
        ("text", 1, 0),
        ("text", 1, 1),
    ]


def test_what_two_bots_received_counts_once(marts: Marts) -> None:
    # Given what two bots received, and a command to each of them
    both = [
        message("2026-10-07 09:00", ANA, "oi", 1),
        command("2026-10-07 09:01", ANA, "/ajuda", 2),
        command("2026-10-07 09:02", ANA, "/start@curso_bot", 3),
        command("2026-10-07 09:03", ANA, "/start@other_bot", 4),
        reaction("2026-10-07 09:04", ANA, "", "👍"),
        membership("2026-10-07 09:05", ANA, BIA, "left → member"),
    ]
    marts.put(*both, copies=both)

    assert marts.rows(DAILY_ACTIVITY, "bot_id messages users") == [(BOT, 4, 1)]
    assert marts.rows(HOURLY_ACTIVITY, "bot_id messages users") == [(BOT, 4, 1)]
    assert marts.rows(CONTENT_MIX, "bot_id messages users") == [(BOT, 4, 1)]
    assert marts.rows(REACTIONS, "bot_id added users") == [(BOT, 1, 1)]
    assert marts.rows(MEMBERS, "bot_id joins") == [(BOT, 1)]
    assert marts.rows(COMMANDS, "bot_id command uses") == [
        (BOT, "ajuda", 1),
        (BOT, "start", 1),
        (OTHER_BOT, "start", 1),
    ]
    assert marts.rows(USER_ACTIVITY, "bot_id messages commands actions") == [
        (BOT, 4, 2, 5),
        (OTHER_BOT, 0, 1, 0),
    ]


DAY_BEFORE, TWO_DAYS_BEFORE = DAY - timedelta(days=1), DAY - timedelta(days=2)

TWO_EDITS = ("2026-10-07 09:01", "2026-10-07 09:02")


@pytest.mark.parametrize(
    ("sent_on", "texts", "edits"),
    [
        (DAY, ("a", "b", "c"), 2),
        (DAY, ("a", "a", "b"), 1),
        (DAY, ("a", "b", "b"), 1),
        (TWO_DAYS_BEFORE, ("a", "a", "a"), 0),
        (TWO_DAYS_BEFORE, ("a", "b", "a"), 2),
        (TWO_DAYS_BEFORE - timedelta(days=1), ("a", "a", "a"), 1),
        (None, ("a", "b", "b"), 1),
    ],
    ids=str,
)
def test_an_edit_is_a_change_of_the_content(
    marts: Marts, sent_on: date | None, texts: tuple[str, ...], edits: int
) -> None:
    # Given a message, which may be unknown or older than the lookback, and two edits of it
    sent = message(f"{sent_on or DAY_BEFORE} 09:00", ANA, texts[0], 1)
    edited = [edit(sent, at, text) for at, text in zip(TWO_EDITS, texts[1:], strict=True)]
    if sent_on != DAY:
        marts.put(*[sent] if sent_on else [], day=sent_on or DAY_BEFORE)
    marts.put(*[sent] if sent_on == DAY else [], *edited)

    # Then an edit counts if its content differs from the version before, or if that is unknown
    assert marts.rows(DAILY_ACTIVITY, "edits") == [(edits,)] * (edits > 0 or sent_on == DAY)
    assert sum(row[0] for row in marts.rows(USER_ACTIVITY, "edits")) == edits


def test_an_edit_is_compared_with_the_version_that_another_bot_received(marts: Marts) -> None:
    supergroup = -1_001_000_000_000
    sent = message("2026-10-07 09:00", ANA, "a", 1, chat_id=supergroup)
    same, changed = (edit(sent, "2026-10-07 09:01", "a"), edit(sent, "2026-10-07 09:02", "b"))
    marts.put(same, changed, copies=[sent, same, changed])

    assert marts.rows(DAILY_ACTIVITY, "edits") == [(1,)]
    assert marts.rows(USER_ACTIVITY, "edits") == [(1,)]


def test_moves_and_the_end_of_a_live_location_are_not_edits(marts: Marts) -> None:
    live = {"latitude": 1, "longitude": 1, "live_period": 900}
    sent = message("2026-10-07 09:00", ANA, None, 1, location=live)
    content = sent["message"]
    moves = [
        update("edited_message", content | {"edit_date": content["date"] + at, "location": place})
        for at, place in ((60, live | {"latitude": 2}), (120, {"latitude": 2, "longitude": 1}))
    ]
    marts.put(sent, *moves)

    assert marts.rows(DAILY_ACTIVITY, "messages edits") == [(1, 0)]


def test_messages_of_two_business_accounts_are_not_versions_of_one(marts: Marts) -> None:
    of: Payload = {"kind": "business_message", "chat_id": CAIO}
    first = message("2026-10-07 09:00", CAIO, "um", 1, **of, business_connection_id="a")
    other = message("2026-10-07 09:01", CAIO, "dois", 1, **of, business_connection_id="b")
    marts.put(first, other, edit(first, "2026-10-07 09:02", "um"))

    assert marts.rows(DAILY_ACTIVITY, "messages edits") == [(2, 0)]


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


def test_commands_to_this_bot_are_counted_without_its_name_and_without_edits(marts: Marts) -> None:
    asked = command("2026-10-07 09:00", ANA, "/ajuda", 1)
    marts.put(
        asked,
        command("2026-10-07 09:01", BIA, "/Ajuda@curso_bot turma 3", 2),
        command("2026-10-07 09:02", ANA, "/ajuda", 3),
        command("2026-10-07 09:03", ANA, "/start", 4),
        edit(asked, "2026-10-07 09:04", "/ajuda por favor"),
        message("2026-10-07 09:05", ANA, "o /start não funciona", 5),
        command("2026-10-07 09:06", ANA, "/ajuda@OtherBot", 6),
        command("2026-10-07 09:07", ANA, "/start@whatever_bot", 7, chat_id=ANA),
    )

    rows = marts.rows(COMMANDS, "bot_id chat_id command uses users")

    assert rows == [
        (BOT, GROUP, "ajuda", 3, 2),
        (BOT, GROUP, "start", 1, 1),
        (BOT, ANA, "start", 1, 1),
    ]


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
    "an update and an announcement of each, twice within minutes": (
        [
            membership("2026-10-07 09:00", ANA, ANA, "left → member"),
            announced("2026-10-07 09:00:01", ANA, "new_chat_members", ANA),
            membership("2026-10-07 09:01", ANA, ANA, "member → left"),
            announced("2026-10-07 09:01", ANA, "left_chat_member", ANA),
            announced("2026-10-07 09:01:59", ANA, "new_chat_members", ANA),
            membership("2026-10-07 09:02", ANA, ANA, "left → member"),
        ],
        (2, 1, 1),
    ),
    "banned within the second, and announced later": (
        [
            membership("2026-10-07 09:00", ANA, ANA, "left → member"),
            membership("2026-10-07 09:00", BIA, ANA, "member → kicked"),
            announced("2026-10-07 09:00:03", ANA, "new_chat_members", ANA),
            announced("2026-10-07 09:00:03", BIA, "left_chat_member", ANA),
        ],
        (1, 1, 0),
    ),
    "added or removed by another member": (
        [
            membership("2026-10-07 09:00", ANA, BIA, "left → member"),
            announced("2026-10-07 09:00", ANA, "new_chat_members", BIA),
            membership("2026-10-07 10:00", ANA, CAIO, "member → kicked"),
            announced("2026-10-07 10:00", ANA, "left_chat_member", CAIO),
        ],
        (1, 1, 0),
    ),
    "announcements of several, and again hours later": (
        [
            announced("2026-10-07 09:00", ANA, "new_chat_members", BIA, CAIO, HELPER_BOT),
            announced("2026-10-07 09:01", BIA, "left_chat_member", BIA),
            announced("2026-10-07 12:00", ANA, "new_chat_members", BIA),
        ],
        (3, 1, 2),
    ),
    "promotions, bots, and what happens to the bot itself": (
        [
            membership("2026-10-07 09:00", ANA, BIA, "member → administrator"),
            membership("2026-10-07 09:01", ANA, BOT, "left → member", kind="my_chat_member"),
            membership("2026-10-07 09:02", ANA, ANA, "member → kicked", kind="my_chat_member"),
            announced("2026-10-07 09:01", ANA, "new_chat_members", BOT, HELPER_BOT),
            membership("2026-10-07 09:03", ANA, HELPER_BOT, "left → member"),
            announced("2026-10-07 09:04", ANA, "left_chat_member", HELPER_BOT),
        ],
        None,
    ),
    "restricted, in the chat and outside of it": (
        [
            membership("2026-10-07 09:00", ANA, BIA, "left → restricted member"),
            membership("2026-10-07 09:01", ANA, BIA, "restricted member → member"),
            membership("2026-10-07 09:02", ANA, CAIO, "left → restricted"),
            membership("2026-10-07 09:03", ANA, CAIO, "restricted → kicked"),
            membership("2026-10-07 09:04", ANA, ANA, "restricted member → restricted"),
        ],
        (1, 1, 0),
    ),
}


@pytest.mark.parametrize("case", MEMBER_UPDATES)
def test_each_join_and_leave_of_a_person_counts_once(marts: Marts, case: str) -> None:
    updates, row = MEMBER_UPDATES[case]
    marts.put(*updates)

    assert marts.rows(MEMBERS, "joins leaves net") == ([row] if row else [])


@pytest.mark.parametrize("is_announced_first", [False, True])
def test_a_join_told_on_both_sides_of_midnight_counts_on_the_earlier_day(
    marts: Marts, *, is_announced_first: bool
) -> None:
    earlier, later = "2026-10-06 23:59:59", "2026-10-07 00:00:01"
    at, told_at = (earlier, later) if is_announced_first else (later, earlier)
    told = membership(told_at, ANA, ANA, "left → member")
    announcement = announced(at, ANA, "new_chat_members", ANA)
    marts.put(announcement if is_announced_first else told, day=DAY_BEFORE)
    marts.put(told if is_announced_first else announcement)

    assert marts.rows(MEMBERS, "joins", DAY_BEFORE) == [(1,)]
    assert marts.rows(MEMBERS, "joins") == []


def test_an_announcement_and_an_update_that_two_bots_received_are_one_join(marts: Marts) -> None:
    announcement = announced("2026-10-07 09:00", ANA, "new_chat_members", ANA)
    marts.put(
        announcement,
        membership("2026-10-07 09:00", ANA, ANA, "left → member"),
        copies=[announcement],
    )

    assert marts.rows(MEMBERS, "joins leaves") == [(1, 0)]


@pytest.mark.parametrize("mart", [MEMBERS, DAILY_ACTIVITY, USER_ACTIVITY], ids=lambda m: m.name)
def test_what_arrives_days_late_counts_alike_if_days_are_built_together(
    marts: Marts, mart: Mart
) -> None:
    # Given a join, and an edit that changed nothing
    joined = membership("2026-10-07 09:00", ANA, ANA, "left → member")
    sent = message("2026-10-07 09:01", ANA, "oi", 1)
    marts.put(joined, edit(sent, "2026-10-07 09:02", "oi"))

    # When another bot's update of the join, and the message as it was first sent, arrive days later
    days = [DAY + timedelta(days=number) for number in range(5)]
    marts.put(joined, bot=OTHER_BOT, day=days[3])
    marts.put(sent, day=days[4])
    with mart_builder(marts.lake, PARAMETERS) as builder:
        for day in days:
            builder.build_days(mart, [day])
    alone = [rows_of(marts.lake, mart, day) for day in days]

    # Then all days together have the rows that each has by itself
    for day in days:
        marts.lake.remove(mart.name, day)
    with mart_builder(marts.lake, PARAMETERS) as builder:
        builder.build_days(mart, days)
    assert [rows_of(marts.lake, mart, day) for day in days] == alone
    assert alone[0]


def test_joins_are_counted_by_the_name_of_their_invite_link(marts: Marts) -> None:
    # Given joins through two links, one of which has no name, and one that is announced first
    def through(link: Payload, at: str, member: int) -> Payload:
        joined = membership(at, member, member, "left → member")
        joined["chat_member"]["invite_link"] = {"invite_link": "https://t.me/+a1B2…"} | link
        return joined

    marts.put(
        announced("2026-10-07 09:00", ANA, "new_chat_members", ANA),
        through({"name": "panfleto"}, "2026-10-07 09:00:01", ANA),
        through({"name": "panfleto"}, "2026-10-07 10:00", BIA),
        through({}, "2026-10-07 11:00", CAIO),
        membership("2026-10-07 12:00", ANA, ANA, "member → left"),
    )

    assert marts.rows(MEMBERS, "invite_link_name joins leaves net") == [
        ("panfleto", 2, 0, 2),
        (None, 1, 1, 0),
    ]
