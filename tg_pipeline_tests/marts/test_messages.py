"""The mart `messages`: every message once, with its place and its speaker."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tg_pipeline.marts.cumulative import MESSAGES
from tg_pipeline_tests.marts.conftest import DAY, RECEIVED, Cells, Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    GROUP,
    GROUP_ANONYMOUS_BOT,
    HELPER_BOT,
    Payload,
    announced,
    command,
    edit,
    message,
    second,
)

NEXT_DAY = DAY + timedelta(days=1)


def utc(local: str) -> datetime:
    return datetime.fromtimestamp(second(local), UTC)


def test_the_last_edit_wins_and_the_time_of_sending_is_kept(marts: Marts) -> None:
    # Given a message that is corrected three times, at last twice in a second of the next day
    sent = message("2026-10-07 23:58", ANA, "um", 1)
    marts.put(sent, edit(sent, "2026-10-07 23:59", "dois"))
    earlier, later = (edit(sent, "2026-10-08 00:01", text) for text in ("quatro", "três"))
    marts.put(later, earlier, day=NEXT_DAY)

    rows = marts.rows(MESSAGES, "message_id text edits sent_at sent_on edited_at")

    sent_at, edited_at = utc("2026-10-07 23:58"), utc("2026-10-08 00:01")
    assert rows == [(1, "três", 3, sent_at, DAY, edited_at)]


def test_only_a_change_of_the_content_is_an_edit(marts: Marts) -> None:
    # Given a message with a first reaction, a corrected one that gets one afterwards, and a live
    # location that moves
    liked = message("2026-10-07 09:00", ANA, "um", 1)
    corrected = message("2026-10-07 09:00", ANA, "doiz", 2)
    moving = message("2026-10-07 09:00", ANA, None, 3, location=place(1))
    marts.put(
        *(liked, corrected, moving),
        edit(liked, "2026-10-07 09:01", "um"),
        edit(corrected, "2026-10-07 09:02", "dois"),
        edit(corrected, "2026-10-07 09:03", "dois"),
        edit(moving, "2026-10-07 09:04", location=place(2)),
    )

    rows = marts.rows(MESSAGES, "message_id edits edited_at first_text")

    corrected_at = utc("2026-10-07 09:02")
    assert rows == [(1, 0, None, None), (2, 1, corrected_at, "doiz"), (3, 0, None, None)]


def place(latitude: int) -> Payload:
    return {"latitude": latitude, "longitude": 1, "live_period": 900}


def test_an_edit_without_an_earlier_version_is_not_counted(marts: Marts) -> None:
    sent = message("2026-10-05 09:00", ANA, "antes do bot", 1)
    marts.put(edit(sent, "2026-10-07 09:01", "agora"))

    rows = marts.rows(MESSAGES, "text edits sent_on edited_at kind first_text")

    sent_on, edited_at = date(2026, 10, 5), utc("2026-10-07 09:01")
    assert rows == [("agora", 0, sent_on, edited_at, "message", None)]


def test_message_ids_are_unique_within_a_chat_and_kind_only(marts: Marts) -> None:
    private: Payload = {"chat": {"id": ANA, "type": "private"}}
    marts.put(
        message("2026-10-07 09:00", ANA, "no grupo", 5),
        message("2026-10-07 09:01", ANA, "no outro", 5, -200),
        message("2026-10-07 09:02", ANA, "ao bot", 5, **private),
        message("2026-10-07 09:03", ANA, "à empresa", 5, kind="business_message", **private),
        message("2026-10-07 09:04", ANA, "efêmera", 0),
        message("2026-10-07 09:05", ANA, "outra efêmera", 0),
    )

    rows = marts.rows(MESSAGES, "kind chat_id text")

    assert sorted(rows) == [
        ("business_message", ANA, "à empresa"),
        ("message", -200, "no outro"),
        ("message", GROUP, "efêmera"),
        ("message", GROUP, "no grupo"),
        ("message", GROUP, "outra efêmera"),
        ("message", ANA, "ao bot"),
    ]


def test_message_ids_are_unique_within_a_business_account(marts: Marts) -> None:
    marts.put(
        *(
            message(
                *("2026-10-07 09:00", ANA, text, 5, ANA),
                kind="business_message",
                business_connection_id=account,
            )
            for account, text in (("x", "à loja"), ("y", "à oficina"))
        )
    )

    rows = marts.rows(MESSAGES, "business_connection_id text")

    assert sorted(rows) == [("x", "à loja"), ("y", "à oficina")]


def test_a_message_of_a_supergroup_that_two_bots_receive_is_a_copy_for_one(marts: Marts) -> None:
    supergroup, basic_group = -1_001_000_000_007, -7
    both = [
        message("2026-10-07 09:00", ANA, "oi", 1, chat) for chat in (supergroup, basic_group, ANA)
    ]
    alone = message("2026-10-07 09:01", ANA, "só a um", 2, supergroup)
    marts.put(*both, bot=7)
    marts.put(*both, alone, bot=8, day=NEXT_DAY)

    rows = marts.rows(MESSAGES, "bot_id chat_id message_id is_copy")

    assert {row for row in rows if row[-1]} == {(8, supergroup, 1, True)}
    assert len(rows) == 7


def test_captions_are_texts_and_service_messages_have_none(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 09:00", ANA, None, 1, photo=[{}], caption="por que dá erro?"),
        announced("2026-10-07 09:01", BIA, "new_chat_members", BIA, message_id=2),
        command("2026-10-07 09:02", ANA, "/ask como faço?", 3),
        message("2026-10-07 09:03", ANA, "de outro", 4, forward_origin={"type": "user"}),
    )

    columns = "content_type is_service text command command_args is_forward"
    assert marts.rows(MESSAGES, columns) == [
        ("photo", False, "por que dá erro?", None, None, False),
        ("new_chat_members", True, None, None, None, False),
        ("text", False, "/ask como faço?", "ask", "como faço?", False),
        ("text", False, "de outro", None, None, True),
    ]


def test_a_message_without_a_date_was_sent_at_its_arrival(marts: Marts) -> None:
    marts.put(message("2026-10-07 09:00", ANA, "quando?", 1, date=0))

    assert marts.rows(MESSAGES, "sent_at") == [(RECEIVED,)]


OLD_GROUP, NEW_GROUP = -7, -100_7

MOVES = {
    "announced in both chats": ("to", "from"),
    "announced in the old chat": ("to",),
    "announced in the new chat": ("from",),
}


@pytest.mark.parametrize("where", MOVES)
def test_a_migrated_group_is_one_chat_with_its_newest_id(marts: Marts, where: str) -> None:
    # Given a group that becomes a supergroup, in which message ids restart
    signs = {
        "to": message("2026-10-07 10:00", ANA, None, 9, OLD_GROUP, migrate_to_chat_id=NEW_GROUP),
        "from": message("2026-10-07 10:00", ANA, None, 1, NEW_GROUP, migrate_from_chat_id=-7),
    }
    marts.put(
        message("2026-10-07 09:00", ANA, "na casa velha", 8, OLD_GROUP),
        *(signs[each] for each in MOVES[where]),
        message("2026-10-07 11:00", BIA, "na casa nova", 8, NEW_GROUP),
    )

    rows = marts.rows(MESSAGES, "chat_id chat_id_then message_id text")

    assert [row for row in rows if row[-1]] == [
        (NEW_GROUP, OLD_GROUP, 8, "na casa velha"),
        (NEW_GROUP, NEW_GROUP, 8, "na casa nova"),
    ]
    assert {row[0] for row in rows} == {NEW_GROUP}


def test_the_speaker_is_a_user_a_bot_or_a_chat(marts: Marts) -> None:
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


POST: Payload = {"sender_chat": {"id": -200, "type": "channel"}, "is_automatic_forward": True}
POST_ANSWERED: Payload = {"reply_to_message": {"message_id": 50, "is_automatic_forward": True}}


def in_thread(text: str, message_id: int, **fields: Any) -> Payload:
    return message("2026-10-07 09:00", ANA, text, message_id, message_thread_id=50, **fields)


TOPIC = "topic_id reply_to_message_id"
COMMENTS = "comment_thread_id reply_to_message_id"

PLACES: dict[str, tuple[str, list[Payload], Cells]] = {
    "a topic, where the reply to its first message is none": (
        TOPIC,
        [
            in_thread("no tópico", 51, reply_to=50, is_topic_message=True),
            in_thread("resposta", 52, reply_to=51, is_topic_message=True),
        ],
        [(50, None), (50, 51)],
    ),
    "no topic but a thread of replies, whose first message may be unknown": (
        TOPIC,
        [in_thread("eu sei", 51, reply_to=50), in_thread("melhor dito", 52, reply_to=51)],
        [(None, 50), (None, 51)],
    ),
    "the comments on a post": (
        COMMENTS,
        [
            message("2026-10-07 08:00", 777_000, "notícia", 50, **POST),
            in_thread("primeiro", 51, reply_to=50),
            in_thread("segundo", 52, reply_to=51),
            message("2026-10-07 09:01", BIA, "fora", 53),
        ],
        [(None, None), (50, 50), (50, 51), (None, None)],
    ),
    "the comments on a post that was not delivered": (
        COMMENTS,
        [in_thread("primeiro", 51, **POST_ANSWERED), in_thread("segundo", 52, reply_to=51)],
        [(50, 50), (50, 51)],
    ),
    "the direct messages of a channel, by their writer": (
        "direct_messages_topic_id",
        [message("2026-10-07 09:00", ANA, "oi", 51, direct_messages_topic={"topic_id": ANA})],
        [(ANA,)],
    ),
}


@pytest.mark.parametrize("what", PLACES)
def test_a_message_belongs_to(marts: Marts, what: str) -> None:
    columns, updates, rows = PLACES[what]
    marts.put(*updates)

    assert marts.rows(MESSAGES, columns) == rows
