"""Every mart has the values that were counted by hand in a month of 141 hand-written updates.

The updates are in `hand_made_month/`, one file per bot. They follow the Bot API's pages, and the
values below follow docs/marts.md. The comment next to a value says why it is right. All times are
those of São Paulo; the weeks begin on 28 September, and on 5, 12, 19 and 26 October.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.report import ReportSource, load_report_data
from tg_pipeline.builds.selection import Selection
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.report.models import Period
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.marts.landed.landed_files import ZONE, Queries, build_all, land_file, queries

FOLDER: Final = Path(__file__).parent / "hand_made_month"
BOT, OTHER_BOT = 7_000_000_001, 7_000_000_002

PARAMETERS: Final = MartParameters(
    ZONE.key, bot_usernames=json.dumps({str(BOT): "ajuda_bot", str(OTHER_BOT): "vigia_bot"})
)

Expected = list[tuple[Any, ...]]

FORUM, TURMA, CANAL = -1001000000001, -1001000000002, -1001000000003
"""A forum; a supergroup with comments, since 8 October with both bots; its channel."""
GRUPO, GRUPO_LATER = -4001, -1001000000004
"""A group that becomes a supergroup on 14 October."""
DIRECT, VISITED = -1001000000005, -1001000000077
"""The direct messages of the channel; a chat where the bot is a guest."""

ANA, BIA, CAIO, DAVI, EVA, FABIO, GIL, HUGO, IARA = range(101, 110)
KAREN, NINA, OTTO, CUSTOMER, LIA, LEO, HELPER = 111, 112, 113, 201, 300, 301, 501
"""People; 300 and 301 own business accounts; 501 is a bot."""

ARRIVED: Final = {
    5021: "2026-09-30 12:00",  # callback_query
    5022: "2026-09-30 12:01",  # inline_query
    5028: "2026-10-01 15:00",  # poll_answer
    5029: "2026-10-01 15:01",  # poll_answer
    5050: "2026-10-06 10:30",  # deleted_business_messages
    5090: "2026-10-17 01:00",  # chat_boost, of noon of the day before
    5095: "2026-10-19 10:01",  # a type that no version of the Bot API has
    5107: "2026-10-28 10:00",  # chosen_inline_result
    5108: "2026-10-28 10:01",  # pre_checkout_query
    5109: "2026-10-28 10:02",  # purchased_paid_media
}
"""When the updates that have no time of their own arrived."""


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    pipeline = Pipeline(tmp_path_factory.mktemp("hand_made_month"))
    arrivals = {
        update: datetime.fromisoformat(local).replace(tzinfo=ZONE)
        for update, local in ARRIVED.items()
    }
    for bot in (BOT, OTHER_BOT):
        land_file(pipeline, FOLDER / f"{bot}.ndjson", bot, arrivals)
    build_all(pipeline, PARAMETERS)
    return pipeline


@pytest.fixture(scope="module")
def lake(month: Pipeline) -> Iterator[Queries]:
    with queries(month.lake) as session:
        yield session


def check(lake: Queries, sql: str, expected: Expected) -> None:
    """Compare the rows of a query with the expected ones, in any order."""
    assert sorted(lake.rows(sql), key=repr) == sorted(expected, key=repr)


WRITTEN: Final = [
    ("09-28", FORUM, 4, 0, 3),  # 3 in one topic, 1 at 23:59:59; creating a topic: none
    ("09-29", FORUM, 1, 0, 1),  # at 00:00:00
    ("09-29", TURMA, 3, 0, 3),  # joining: none; an edit that a reaction causes: none
    ("09-30", CANAL, 1, 0, 0),  # a channel is not a person
    ("09-30", TURMA, 3, 1, 3),  # the automatic copy of the post: none; one corrected text
    ("10-01", ANA, 3, 0, 1),  # in private
    ("10-01", FORUM, 2, 0, 1),
    ("10-02", GRUPO, 1, 0, 1),  # adding three members: none
    ("10-04", TURMA, 2, 0, 0),  # an anonymous administrator, and a channel
    ("10-05", DIRECT, 3, 0, 2),  # two people, and the channel
    ("10-06", CUSTOMER, 5, 1, 2),  # of two accounts: the customer, Lia, and a bot for Leo
    ("10-07", TURMA, 3, 0, 2),  # a live location that moves, and two pictures of an album
    ("10-07", FORUM, 2, 0, 2),  # one of them a rich message
    ("10-08", TURMA, 2, 0, 2),  # from here on both bots receive these: each counts once
    ("10-09", TURMA, 4, 0, 4),
    ("10-10", FORUM, 5, 0, 2),
    ("10-12", FORUM, 3, 0, 2),
    ("10-13", TURMA, 2, 0, 1),  # the answer is by an anonymous administrator
    ("10-14", GRUPO, 1, 0, 1),
    ("10-14", GRUPO_LATER, 1, 0, 1),  # the two announcements of the migration: none
    ("10-17", CANAL, 1, 0, 0),  # a giveaway is a message
    ("10-17", ANA, 1, 0, 1),  # a location; sharing a user is a service message
    ("10-19", FORUM, 1, 0, 1),  # content that no version of the Bot API has
    ("10-20", ANA, 1, 0, 1),
    ("10-21", TURMA, 3, 0, 3),
    ("10-22", TURMA, 2, 0, 1),  # the other one is by a bot
    ("10-24", TURMA, 1, 0, 1),
    ("10-26", TURMA, 1, 0, 1),
    ("10-27", VISITED, 1, 0, 1),
    ("10-30", TURMA, 2, 0, 1),
    ("11-01", TURMA, 1, 0, 1),  # at 23:59:59
]
"""Day, chat, messages, edits and people of the first bot: 66 messages, 2 edits."""

WRITTEN_TO_OTHER_BOT: Final = [
    ("10-20", ANA, 1, 0, 1),  # a private chat of its own, though its id is the same
    ("10-26", TURMA, 1, 0, 1),  # the first bot did not receive this one
]


def test_daily_activity(lake: Queries) -> None:
    check(
        lake,
        "SELECT bot_id, strftime(context_date, '%m-%d'), chat_id, messages, edits, users "
        "FROM daily_activity WHERE messages + edits > 0",
        [(BOT, *row) for row in WRITTEN] + [(OTHER_BOT, *row) for row in WRITTEN_TO_OTHER_BOT],
    )


def test_hourly_activity(lake: Queries) -> None:
    week = ("2026-09-28", "2026-10-05", "2026-10-12", "2026-10-19", "2026-10-26")

    check(
        lake,
        "SELECT CAST(week AS VARCHAR), iso_week, weekday, hour, "
        "CAST(sum(messages) AS BIGINT), CAST(sum(users) AS BIGINT) FROM hourly_activity "
        "WHERE messages > 0 GROUP BY ALL",
        [
            (week[0], 40, 1, 9, 3, 2),
            (week[0], 40, 1, 23, 1, 1),  # 23:59:59, which is 02:59:59 in UTC
            (week[0], 40, 2, 0, 1, 1),
            (week[0], 40, 2, 10, 3, 3),
            (week[0], 40, 3, 8, 4, 3),  # the post and three messages; three people
            (week[0], 40, 4, 9, 3, 1),
            (week[0], 40, 4, 14, 2, 1),
            (week[0], 40, 5, 10, 1, 1),
            (week[0], 40, 7, 18, 2, 0),
            (week[1], 41, 1, 10, 3, 2),
            (week[1], 41, 2, 10, 5, 2),
            (week[1], 41, 3, 10, 1, 1),
            (week[1], 41, 3, 11, 2, 1),
            (week[1], 41, 3, 12, 1, 1),
            (week[1], 41, 3, 20, 1, 1),
            (week[1], 41, 4, 9, 2, 2),
            (week[1], 41, 5, 10, 3, 3),
            (week[1], 41, 5, 15, 1, 1),
            (week[1], 41, 6, 10, 5, 2),
            (week[2], 42, 1, 9, 2, 2),
            (week[2], 42, 1, 13, 1, 1),
            (week[2], 42, 2, 10, 2, 1),
            (week[2], 42, 3, 10, 2, 2),  # one in each of the group's two chats
            (week[2], 42, 6, 10, 1, 0),
            (week[2], 42, 6, 11, 1, 1),
            (week[3], 43, 1, 10, 1, 1),
            (week[3], 43, 2, 10, 2, 2),  # Ana in two private chats: a row of each, so 1 + 1
            (week[3], 43, 3, 10, 3, 3),
            (week[3], 43, 4, 10, 2, 1),
            (week[3], 43, 6, 23, 1, 1),
            (week[4], 44, 1, 9, 2, 2),
            (week[4], 44, 2, 10, 1, 1),
            (week[4], 44, 5, 10, 2, 1),
            (week[4], 44, 7, 23, 1, 1),
        ],
    )


def test_user_activity(lake: Queries) -> None:
    check(
        lake,
        "SELECT strftime(context_date, '%m-%d'), chat_id, user_id, "
        "CAST(sum(reactions) AS BIGINT), CAST(sum(presses) AS BIGINT), "
        "CAST(sum(actions) AS BIGINT) FROM user_activity WHERE actions > 0 GROUP BY ALL",
        [
            ("09-28", FORUM, ANA, 1, 0, 3),  # 2 messages and a reaction; creating a topic: none
            ("09-28", FORUM, BIA, 0, 0, 1),
            ("09-28", FORUM, CAIO, 0, 0, 1),
            ("09-29", FORUM, CAIO, 0, 0, 1),
            ("09-29", TURMA, DAVI, 1, 0, 2),  # a message and a reaction; joining: none
            ("09-29", TURMA, EVA, 0, 0, 1),
            ("09-29", TURMA, BIA, 0, 0, 1),  # an edit is not an activity
            ("09-30", TURMA, BIA, 0, 0, 1),
            ("09-30", TURMA, CAIO, 0, 0, 1),
            ("09-30", TURMA, EVA, 0, 0, 1),
            ("09-30", FORUM, BIA, 0, 1, 1),
            ("09-30", None, HUGO, 0, 0, 1),  # an inline query belongs to no chat
            ("10-01", ANA, ANA, 0, 0, 3),
            ("10-01", FORUM, GIL, 0, 0, 2),
            ("10-01", None, IARA, 0, 0, 1),  # a vote; that of a channel: none
            ("10-02", GRUPO, FABIO, 0, 0, 1),  # Ana added members: none
            ("10-05", DIRECT, ANA, 0, 0, 1),
            ("10-05", DIRECT, BIA, 0, 0, 1),
            ("10-06", CUSTOMER, CUSTOMER, 0, 0, 2),
            ("10-06", CUSTOMER, LIA, 0, 0, 1),  # the away message: none; Leo's is by a bot
            ("10-07", TURMA, BIA, 0, 0, 1),  # a live location that moves is one message
            ("10-07", TURMA, CAIO, 0, 0, 2),
            ("10-07", FORUM, BIA, 0, 0, 1),
            ("10-07", FORUM, EVA, 0, 0, 1),
            ("10-08", TURMA, CAIO, 0, 0, 1),
            ("10-08", TURMA, GIL, 0, 0, 1),
            ("10-09", TURMA, CAIO, 0, 0, 1),
            ("10-09", TURMA, DAVI, 0, 0, 1),
            ("10-09", TURMA, EVA, 0, 0, 1),
            ("10-09", TURMA, KAREN, 0, 0, 1),
            ("10-10", FORUM, HUGO, 0, 0, 4),
            ("10-10", FORUM, IARA, 0, 0, 1),
            ("10-12", FORUM, BIA, 0, 0, 1),
            ("10-12", FORUM, CAIO, 0, 0, 2),
            ("10-13", TURMA, EVA, 0, 0, 1),
            ("10-14", GRUPO, FABIO, 0, 0, 1),
            ("10-14", GRUPO_LATER, ANA, 0, 0, 1),
            # 15 October: two leave, one is muted, one blocks the bot; 16 October: a request to
            # join, a join and a boost: none
            ("10-17", ANA, ANA, 0, 0, 1),
            ("10-19", FORUM, HUGO, 0, 0, 1),  # Iara's update of an unknown type: none
            ("10-20", ANA, ANA, 0, 0, 2),  # one message to each bot
            ("10-21", TURMA, CAIO, 0, 0, 1),
            ("10-21", TURMA, DAVI, 0, 0, 1),
            ("10-21", TURMA, OTTO, 0, 0, 1),
            ("10-22", TURMA, KAREN, 0, 0, 1),
            ("10-22", TURMA, HELPER, 0, 0, 1),  # a bot, and marked as one
            ("10-24", TURMA, DAVI, 0, 0, 1),
            ("10-26", TURMA, BIA, 0, 0, 1),
            ("10-26", TURMA, CAIO, 0, 0, 1),
            ("10-27", VISITED, IARA, 0, 0, 1),
            ("10-28", None, EVA, 0, 0, 2),  # two payments
            ("10-28", None, HUGO, 0, 0, 1),  # the result of an inline query
            ("10-29", FORUM, CAIO, 1, 0, 1),  # takes a reaction back; that of a channel: none
            ("10-30", TURMA, ANA, 0, 0, 2),
            ("11-01", TURMA, DAVI, 0, 0, 1),  # Bia left the day before: none
        ],
    )
    check(lake, "SELECT DISTINCT user_id FROM user_activity WHERE is_bot", [(HELPER,)])


def test_commands(lake: Queries) -> None:
    check(
        lake,
        "SELECT strftime(context_date, '%m-%d'), chat_id, command, "
        "CAST(sum(uses) AS BIGINT), CAST(sum(users) AS BIGINT) FROM commands GROUP BY ALL",
        [
            ("10-01", ANA, "start", 1, 1),
            ("10-01", ANA, "ajuda", 1, 1),  # in bold, so that another entity is the first
            ("10-01", FORUM, "regras", 1, 1),  # /regras@Ajuda_Bot; /stats@outro_bot: none
            ("10-30", TURMA, "regras", 1, 1),  # both bots receive it
            ("10-30", TURMA, "start", 1, 1),  # /start@vigia_bot, which is one of the two
        ],
    )


def test_content_mix(lake: Queries) -> None:
    check(
        lake,
        "SELECT content_type, CAST(sum(messages) AS BIGINT) FROM content_mix "
        "WHERE content_type <> 'text' GROUP BY ALL",
        [
            ("forum_topic_created", 1),
            ("giveaway", 1),
            ("hologram", 1),  # a key that no version of the Bot API has
            ("left_chat_member", 2),  # Gil and Bia
            ("location", 2),  # one with all other fields written out as null
            ("migrate_from_chat_id", 1),
            ("migrate_to_chat_id", 1),
            ("new_chat_members", 6),  # Davi; three at once; Karen; the other bot; Helper; Otto
            ("photo", 2),
            ("rich_message", 1),
            ("sticker", 1),
            ("users_shared", 1),  # not user_shared, the name of the same event before 7.0
        ],
    )


def test_reactions(lake: Queries) -> None:
    check(
        lake,
        "SELECT strftime(context_date, '%m-%d'), chat_id, reaction, added, removed, users "
        "FROM reactions",
        [
            ("09-28", FORUM, "👍", 1, 0, 1),
            ("09-29", TURMA, "🙏", 1, 0, 1),
            ("10-29", FORUM, "👍", 0, 1, 0),
            ("10-29", FORUM, "❤", 1, 0, 0),  # by a channel; totals of anonymous ones: none
        ],
    )


def test_members(lake: Queries) -> None:
    check(
        lake,
        "SELECT strftime(context_date, '%m-%d'), chat_id, CAST(sum(joins) AS BIGINT), "
        "CAST(sum(leaves) AS BIGINT) FROM members WHERE joins + leaves > 0 GROUP BY ALL",
        [
            ("09-29", TURMA, 1, 0),  # Davi: an update and its announcement
            ("10-02", GRUPO, 2, 0),  # announced only: Fabio and Gil; the bot: none
            ("10-02", TURMA, 1, 0),  # Karen, announced on the next day
            # 3 October: Karen is restricted and freed again: none; 8 October: a bot: none
            ("10-15", TURMA, 0, 2),  # Gil, restricted; Eva, banned and unbanned; a bot: none
            ("10-16", TURMA, 1, 0),  # Otto; asking to join: none
            ("10-31", TURMA, 0, 1),  # Bia; in her private chat she merely blocks the bot
        ],
    )


ACTIVE: Final = {
    "09-28": (3, 3),
    "09-29": (4, 5),
    "09-30": (4, 6),
    "10-01": (3, 8),
    "10-02": (1, 9),
    "10-03": (0, 9),  # Karen joined: not an activity
    "10-04": (0, 9),  # an anonymous administrator and a channel
    "10-05": (2, 9),
    "10-06": (2, 10),
    "10-07": (3, 9),
    "10-08": (2, 8),
    "10-09": (4, 9),
    "10-10": (2, 11),
    "10-11": (0, 11),
    "10-12": (2, 10),
    "10-13": (1, 8),
    "10-14": (2, 10),
    "10-15": (0, 9),  # people leave and are banned
    "10-16": (0, 7),  # a join, a request, a boost
    "10-17": (1, 5),
    "10-18": (0, 5),
    "10-19": (1, 4),
    "10-20": (1, 3),  # Ana, who writes to both bots
    "10-21": (3, 5),
    "10-22": (1, 6),
    "10-23": (0, 6),
    "10-24": (1, 6),
    "10-25": (0, 6),
    "10-26": (2, 6),  # Bia; Caio, seen by the other bot only
    "10-27": (1, 6),
    "10-28": (2, 7),
    "10-29": (1, 6),
    "10-30": (1, 7),
    "10-31": (0, 6),  # Bia leaves
    "11-01": (1, 7),
}
"""People of a day, and of the 7 days up to it."""


def test_active_users(lake: Queries) -> None:
    check(
        lake,
        "SELECT strftime(day, '%m-%d'), daily_users, weekly_users FROM active_users",
        [(day, *people) for day, people in ACTIVE.items()],
    )
    # Everybody who did anything: 9 in the first week, then the customer, Lia, Karen and Otto.
    # The 30 days up to 27 October are the first that have Otto, and the last that begin on 28
    # September; the 30 days up to 1 November begin on 3 October, and all 13 came again or later.
    check(
        lake,
        "SELECT strftime(day, '%m-%d'), monthly_users FROM active_users "
        "WHERE day IN ('2026-10-20', '2026-10-27', '2026-11-01')",
        [("10-20", 12), ("10-27", 13), ("11-01", 13)],
    )


def test_retention(lake: Queries) -> None:
    check(
        lake,
        "SELECT CAST(cohort_week AS VARCHAR), cohort_size, week_offset, returned FROM retention "
        "WHERE cohort_week > DATE '2026-09-28' AND returned > 0",
        [
            ("2026-10-05", 3, 0, 3),  # the customer, Lia, and Karen, who joined a week before
            ("2026-10-05", 3, 2, 1),  # Karen
            ("2026-10-19", 1, 0, 1),  # Otto
        ],
    )


def test_bots_users_and_chats(lake: Queries) -> None:
    check(
        lake,
        "SELECT bot_id, username, strftime(first_update_on, '%m-%d'), "
        "strftime(last_update_on, '%m-%d'), updates FROM bots",
        [
            (BOT, "ajuda_bot", "09-28", "11-01", 115),
            (OTHER_BOT, "vigia_bot", "10-08", "11-01", 26),
        ],
    )
    check(
        lake,
        "SELECT user_id, first_name, username, is_bot, is_premium IS TRUE, "
        "strftime(first_seen_on, '%m-%d'), strftime(last_seen_on, '%m-%d') FROM users "
        "WHERE user_id IN (101, 103, 104, 108, 777000, 1087968824, 136817688)",
        [
            (ANA, "Ana", "ana_p", False, True, "09-28", "10-30"),
            (CAIO, "Caio", "caio", False, False, "09-28", "10-29"),
            (DAVI, "Davi", "davi_s", False, False, "09-29", "11-01"),
            (HUGO, "Hugo", None, False, False, "09-30", "10-28"),
        ],  # Telegram's own accounts, which many share, are not users
    )
    check(
        lake,
        "SELECT chat_id, newest_chat_id, type, title, username, "
        "strftime(first_seen_on, '%m-%d'), strftime(last_seen_on, '%m-%d') FROM chats "
        "WHERE title IN ('Fórum', 'Turma', 'Grupo') OR chat_id = -1001000000005",
        [
            (FORUM, FORUM, "supergroup", "Fórum", None, "09-28", "10-29"),
            (TURMA, TURMA, "supergroup", "Turma", "turma_py", "09-29", "11-01"),  # of both bots
            (GRUPO, GRUPO_LATER, "group", "Grupo", None, "10-02", "10-14"),
            (GRUPO_LATER, GRUPO_LATER, "supergroup", "Grupo", None, "10-14", "10-14"),
            (DIRECT, DIRECT, "supergroup", "Canal", None, "10-05", "10-05"),
        ],
    )


def test_messages(lake: Queries) -> None:
    check(
        lake,
        "SELECT bot_id, count(*), count(*) FILTER (WHERE is_written), "
        "count(*) FILTER (WHERE is_service), count(*) FILTER (WHERE is_copy) "
        "FROM messages GROUP BY ALL",
        [
            (BOT, 79, 66, 12, 0),  # and one automatic forward
            (OTHER_BOT, 25, 20, 5, 23),  # all but Ana's, and the one that it alone received
        ],
    )
    check(
        lake,
        "SELECT kind, message_id, edits FROM messages WHERE edits > 0",
        [
            ("message", 513, 1),  # the hall; neither a reaction nor a move of a location
            ("business_message", 79, 1),
        ],
    )
    check(
        lake,
        "SELECT topic_id, list(message_id ORDER BY message_id) FROM messages "
        "WHERE topic_id IS NOT NULL GROUP BY ALL",
        [(11, [11, 12, 13, 14, 50]), (22, [15, 16, 51, 70, 71, 72])],
    )
    check(
        lake,
        "SELECT comment_thread_id, direct_messages_topic_id, business_connection_id, message_id "
        "FROM messages WHERE NOT is_automatic_forward AND (comment_thread_id IS NOT NULL "
        "OR direct_messages_topic_id IS NOT NULL OR business_connection_id IS NOT NULL)",
        [
            (510, None, None, 511),
            (510, None, None, 513),
            (None, 101, None, 20),
            (None, 102, None, 21),
            (None, 101, None, 22),
            (None, None, "bizA", 77),
            (None, None, "bizA", 78),
            (None, None, "bizA", 79),
            (None, None, "bizB", 77),
            (None, None, "bizB", 78),
        ],
    )
    check(
        lake,
        "SELECT message_id, reply_to_message_id FROM messages WHERE chat_title = 'Turma' "
        "AND NOT is_copy AND comment_thread_id IS NULL AND reply_to_message_id IS NOT NULL",
        [(551, 550), (571, 570), (611, 610), (621, 620)],  # 550 is the bot's own message
    )
    check(
        lake,
        "SELECT text FROM messages WHERE content_type = 'rich_message'",
        [("Onde encontro o material da aula?",)],
    )


def test_questions(lake: Queries) -> None:
    check(
        lake,
        "SELECT chat_id, message_id, count(*), count(*) FILTER (WHERE is_copy) FROM questions "
        "WHERE text LIKE '% %?' GROUP BY ALL",
        [
            *((FORUM, message, 1, 0) for message in (12, 50, 60, 62, 70, 72)),
            *((TURMA, message, 1, 0) for message in (502, 511)),
            *((TURMA, message, 2, 1) for message in (551, 560, 563, 570, 600, 610, 620)),
            (ANA, 2, 1, 0),
            (DIRECT, 20, 1, 0),
            (CUSTOMER, 77, 2, 0),  # one of each business account, with the same message id
            (GRUPO_LATER, 5, 1, 0),
            (VISITED, 900, 1, 0),
        ],
    )


def test_threads(lake: Queries) -> None:
    check(
        lake,
        "SELECT message_id, outcome, answer_message_id, answered_by, answered_through, "
        "seconds_to_answer, is_thanked FROM threads WHERE NOT is_copy AND is_issue_start",
        [
            (12, "answered", 13, "human", "reply", 180, True),  # "muito obrigada!"
            (502, "answered", 504, "human", "mention", 420, True),  # 🙏; the sticker: no answer
            (511, "answered", 513, "human", "only_other", 300, False),  # in the comments
            (2, "unseen", None, None, None, None, False),  # asked in private
            (20, "answered", 22, "human", "reply", 1800, False),  # not by Bia in her own topic
            (77, "answered", 79, "human", "only_other", 180, False),  # not the away message
            (77, "answered", 78, "bot", "reply", 60, False),  # the bot that writes for Leo
            (50, "answered", 51, "human", "reply", 28800, False),  # from another topic
            (551, "answered", 552, "human", "only_other", 240, False),
            (560, "unknown", None, None, None, None, False),  # two others talk
            (563, "unanswered", None, None, None, None, False),  # nobody writes for three days
            (60, "answered", 63, "human", "reply", 1200, True),  # asked again at 10:10
            (70, "answered", 71, "human", "reply", 120, False),
            (72, "unanswered", None, None, None, None, False),
            (570, "answered", 571, "human", "reply", 120, False),  # an anonymous administrator
            (5, "answered", 2, "human", "only_other", 300, False),  # after the migration
            (600, "answered", 602, "human", "mention", 540, False),  # he has no username
            (610, "answered", 611, "bot", "reply", 5, False),
            (620, "answered", 621, "human", "reply", 122400, False),  # Saturday to Monday
            (900, "unseen", None, None, None, None, False),  # asked of a guest
        ],
    )
    check(
        lake,
        "SELECT message_id, issue_message_id, answer_message_id, seconds_to_answer FROM threads "
        "WHERE NOT is_copy AND NOT is_issue_start",
        [(62, 60, 63, 1200)],  # counted from the first of the two
    )
    check(
        lake,
        "SELECT message_id, answerer_id FROM threads WHERE NOT is_copy AND is_issue_start "
        "AND answered_by = 'human'",
        [
            *((12, BIA), (502, BIA), (511, EVA), (20, CANAL), (77, LIA), (50, BIA), (551, CAIO)),
            *((60, IARA), (70, BIA), (570, TURMA), (5, ANA), (600, CAIO), (620, BIA)),
        ],
    )
    check(
        lake,
        "SELECT message_id FROM threads WHERE NOT is_copy AND is_asked_again",
        [(70,)],  # four hours later, in the same words
    )


def test_response_times(lake: Queries) -> None:
    check(
        lake,
        "SELECT CAST(week AS VARCHAR), answered_by, CAST(sum(issues) AS BIGINT), "
        "CAST(sum(answered) AS BIGINT), max(median_seconds) FROM response_times "
        "WHERE answered_by <> 'bot' GROUP BY ALL",
        [
            ("2026-09-28", "anyone", 3, 3, 300.0),  # 180, 300, 420
            ("2026-09-28", "human", 3, 3, 300.0),
            ("2026-10-05", "anyone", 8, 6, 720.0),  # 60, 180, 240, 1200, 1800, 28800
            ("2026-10-05", "human", 8, 5, 1200.0),
            ("2026-10-12", "anyone", 4, 3, 120.0),  # 120, 120, 300
            ("2026-10-12", "human", 4, 3, 120.0),
            ("2026-10-19", "anyone", 3, 3, 540.0),  # 5, 540, 122400
            ("2026-10-19", "human", 3, 2, 61470.0),
        ],
    )


def test_resolution(lake: Queries) -> None:
    check(
        lake,
        "SELECT issues, unseen, unknown, unanswered, answered, answered_by_bot, "
        "answered_by_reply, answered_by_mention, answered_by_only_other, thanked, asked_again, "
        "resolved FROM resolution WHERE week IS NULL",
        [(20, 2, 1, 2, 15, 2, 9, 2, 4, 3, 1, 14)],  # all but the one asked again are resolved
    )


PERIOD: Final = Period(date(2026, 10, 5), date(2026, 11, 1))
"""The last 28 days."""


def test_the_page(month: Pipeline) -> None:
    source = ReportSource(
        month.landing, month.lake, PARAMETERS, LayerParameters(PARAMETERS.timezone)
    )
    data = load_report_data(source, PERIOD)

    assert data
    assert data.current.messages == 48  # 46 of the first bot, and 2 of the other
    assert data.current.users == 13
    assert data.current.questions == 17
    assert (data.current.joins, data.current.leaves) == (1, 3)
    issues = data.current.issues
    assert (issues.answered, issues.unknown, issues.unanswered, issues.unseen) == (12, 1, 2, 1)
    assert (issues.by_reply, issues.by_mention, issues.by_only_other) == (8, 1, 3)
    assert (issues.thanked, issues.asked_again, issues.median_seconds) == (1, 1, 270)  # 240, 300
    assert data.previous is None  # the data begin on 28 September
    assert sum(row.messages for row in data.activity) == 48
    assert [(gap.bot_id, gap.missing) for gap in data.health.gaps] == [(BOT, 2)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        # What the other bot itself received: Eva's ban was not announced in the chat.
        (Selection(bot_id=OTHER_BOT), (20, 8, 1, 2)),
        # Before and after the group became a supergroup.
        (Selection(chat_id=GRUPO), (2, 2, 0, 0)),
    ],
    ids=str,
)
def test_the_page_of_a_bot_or_a_chat(
    month: Pipeline, selection: Selection, expected: tuple[int, ...]
) -> None:
    source = ReportSource(
        month.landing, month.lake, PARAMETERS, LayerParameters(PARAMETERS.timezone)
    )
    data = load_report_data(source, PERIOD, selection)

    assert data
    found = data.current
    assert (found.messages, found.users, found.joins, found.leaves) == expected
