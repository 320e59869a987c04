"""Every message once, as it reads now."""

from datetime import UTC, date, datetime, timedelta

from tg_pipeline.marts.cumulative import MESSAGES
from tg_pipeline_tests.marts.conftest import DAY, RECEIVED, Marts
from tg_pipeline_tests.marts.updates import (
    ANA,
    BIA,
    GROUP,
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


def test_the_last_edit_wins_and_the_message_stays_when_it_was_sent(marts: Marts) -> None:
    # Given a message that is corrected twice, the second time on the next day
    sent = message("2026-10-07 23:58", ANA, "um", 1)
    marts.put(sent, edit(sent, "2026-10-07 23:59", "dois"))
    marts.put(edit(sent, "2026-10-08 00:01", "três"), day=NEXT_DAY)

    rows = marts.rows(MESSAGES, "message_id text edits sent_at sent_on edited_at")

    sent_at, edited_at = utc("2026-10-07 23:58"), utc("2026-10-08 00:01")
    assert rows == [(1, "três", 2, sent_at, DAY, edited_at)]


def test_of_two_edits_in_one_second_the_later_update_wins(marts: Marts) -> None:
    sent = message("2026-10-07 09:00", ANA, "um", 1)
    earlier, later = (edit(sent, "2026-10-07 09:01", text) for text in ("dois", "três"))
    marts.put(later, earlier, sent)

    assert marts.rows(MESSAGES, "text edits") == [("três", 2)]


def test_a_message_known_only_by_its_edit_counts_when_it_was_sent(marts: Marts) -> None:
    sent = message("2026-10-05 09:00", ANA, "antes do bot", 1)
    marts.put(edit(sent, "2026-10-07 09:01", "agora"))

    rows = marts.rows(MESSAGES, "text edits sent_on kind")

    assert rows == [("agora", 1, date(2026, 10, 5), "message")]


def test_the_same_id_in_another_chat_or_another_mailbox_is_another_message(marts: Marts) -> None:
    private: Payload = {"chat": {"id": ANA, "type": "private"}}
    marts.put(
        message("2026-10-07 09:00", ANA, "no grupo", 5),
        message("2026-10-07 09:01", ANA, "no outro", 5, -200),
        message("2026-10-07 09:02", ANA, "ao bot", 5, **private),
        message("2026-10-07 09:03", ANA, "à empresa", 5, kind="business_message", **private),
    )

    rows = marts.rows(MESSAGES, "kind chat_id text")

    assert sorted(rows) == [
        ("business_message", ANA, "à empresa"),
        ("message", -200, "no outro"),
        ("message", GROUP, "no grupo"),
        ("message", ANA, "ao bot"),
    ]


def test_two_bots_in_one_chat_keep_their_messages_apart(marts: Marts) -> None:
    marts.put(message("2026-10-07 09:00", ANA, "oi", 1), bot=7)
    marts.put(message("2026-10-07 09:00", ANA, "oi", 1), bot=8, day=NEXT_DAY)

    assert marts.rows(MESSAGES, "bot_id message_id") == [(7, 1), (8, 1)]


def test_ephemeral_messages_have_no_id_and_stand_alone(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 09:00", ANA, "um", 0),
        message("2026-10-07 09:01", ANA, "dois", 0),
    )

    assert marts.rows(MESSAGES, "message_id text") == [(0, "um"), (0, "dois")]


def test_a_caption_is_a_text_and_events_say_nothing(marts: Marts) -> None:
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


def test_a_message_without_a_date_was_sent_when_it_arrived(marts: Marts) -> None:
    marts.put(message("2026-10-07 09:00", ANA, "quando?", 1, date=0))

    assert marts.rows(MESSAGES, "sent_at") == [(RECEIVED,)]
