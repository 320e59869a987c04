"""Where a message stands, and who speaks: chats that move, topics, and those behind a chat."""

import pytest

from tg_pipeline.marts.cumulative import MESSAGES
from tg_pipeline_tests.marts.conftest import Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    GROUP,
    GROUP_ANONYMOUS_BOT,
    HELPER_BOT,
    Payload,
    message,
)

OLD_GROUP, NEW_GROUP = -7, -100_7

MOVES = {
    "told in both chats": ("to", "from"),
    "told in the old chat": ("to",),
    "told in the new chat": ("from",),
}


@pytest.mark.parametrize("told", MOVES)
def test_a_group_that_moved_is_one_chat_under_its_newest_id(marts: Marts, told: str) -> None:
    # Given a group that becomes a supergroup, in which message ids begin anew
    signs = {
        "to": message("2026-10-07 10:00", ANA, None, 9, OLD_GROUP, migrate_to_chat_id=NEW_GROUP),
        "from": message("2026-10-07 10:00", ANA, None, 1, NEW_GROUP, migrate_from_chat_id=-7),
    }
    marts.put(
        message("2026-10-07 09:00", ANA, "na casa velha", 8, OLD_GROUP),
        *(signs[each] for each in MOVES[told]),
        message("2026-10-07 11:00", BIA, "na casa nova", 8, NEW_GROUP),
    )

    rows = marts.rows(MESSAGES, "chat_id chat_id_then message_id text")

    assert [row for row in rows if row[-1]] == [
        (NEW_GROUP, OLD_GROUP, 8, "na casa velha"),
        (NEW_GROUP, NEW_GROUP, 8, "na casa nova"),
    ]
    assert {row[0] for row in rows} == {NEW_GROUP}


def test_who_speaks_is_a_user_a_bot_or_a_chat_that_is_spoken_for(marts: Marts) -> None:
    group = {"id": GROUP, "type": "supergroup"}
    marts.put(
        message("2026-10-07 09:00", ANA, "a", 1),
        message("2026-10-07 09:01", HELPER_BOT, "b", 2),
        message("2026-10-07 09:02", GROUP_ANONYMOUS_BOT, "c", 3, sender_chat=group),
        message("2026-10-07 09:03", None, "d", 4, sender_chat={"id": -200, "type": "channel"}),
    )

    rows = marts.rows(MESSAGES, "user_id user_first_name speaker_id is_bot")

    assert rows == [
        (ANA, "Ana", ANA, False),
        (HELPER_BOT, "Helper", HELPER_BOT, True),
        (None, None, GROUP, False),
        (None, None, -200, False),
    ]


def in_topic(at: str, text: str, message_id: int, reply_to: int) -> Payload:
    return message(at, ANA, text, message_id, reply_to=reply_to, message_thread_id=50)


def test_in_a_topic_only_a_reply_to_another_message_is_a_reply(marts: Marts) -> None:
    # Given a topic that was opened before the bot came, so that its first message is unknown
    marts.put(
        in_topic("2026-10-07 09:00", "no tópico", 51, reply_to=50),
        in_topic("2026-10-07 09:01", "resposta", 52, reply_to=51),
    )

    assert marts.rows(MESSAGES, "topic_id reply_to_message_id") == [(50, None), (50, 51)]


def test_a_topic_opened_before_the_bot_s_eyes_is_the_same(marts: Marts) -> None:
    opened: Payload = {"message_thread_id": 50, "forum_topic_created": {"name": "SQL"}}
    marts.put(
        message("2026-10-07 09:00", ANA, None, 50, **opened),
        in_topic("2026-10-07 09:01", "no tópico", 51, reply_to=50),
    )

    rows = marts.rows(MESSAGES, "topic_id reply_to_message_id is_service")

    assert rows == [(50, None, True), (50, None, False)]


def test_outside_of_topics_a_thread_is_no_topic_and_its_replies_are_replies(marts: Marts) -> None:
    # Given a supergroup without topics, where Telegram calls the first message answered a thread
    marts.put(
        message("2026-10-07 09:00", BIA, "alguém sabe?", 50),
        in_topic("2026-10-07 09:01", "eu sei", 51, reply_to=50),
        in_topic("2026-10-07 09:02", "melhor dito", 52, reply_to=51),
    )

    rows = marts.rows(MESSAGES, "topic_id reply_to_message_id")

    assert rows == [(None, None), (None, 50), (None, 51)]
