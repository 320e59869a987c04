"""How long people wait for an answer, and where none can be seen."""

from datetime import date
from typing import Any

from tg_pipeline.marts.cumulative import RESPONSE_TIMES, THREADS
from tg_pipeline_tests.marts.conftest import Marts
from tg_pipeline_tests.marts.updates import ANA, BIA, HELPER_BOT, Payload, message


def asked(at: str, message_id: int, **fields: Any) -> Payload:
    return message(at, ANA, "como faço?", message_id, **fields)


def test_in_private_and_as_a_guest_no_answer_can_be_seen(marts: Marts) -> None:
    private = {"chat": {"id": ANA, "type": "private"}}
    marts.put(
        asked("2026-10-07 09:00", 1, **private),
        asked("2026-10-07 09:01", 1, kind="guest_message"),
        asked("2026-10-07 09:02", 1, kind="business_message", **private),
        asked("2026-10-07 09:03", 1),
    )

    rows = marts.rows(THREADS, "kind is_answer_visible")

    assert sorted(rows) == [
        ("business_message", True),
        ("guest_message", False),
        ("message", False),
        ("message", True),
    ]
    assert marts.rows(RESPONSE_TIMES, "answered_by questions") == [
        ("anyone", 2),
        ("bot", 2),
        ("human", 2),
    ]


def test_response_times_are_told_by_week_and_by_who_answers(marts: Marts) -> None:
    # Given four questions of a week, answered after 60, 120 and 600 seconds, and never
    marts.put(
        asked("2026-10-07 09:00", 1),
        message("2026-10-07 09:01", BIA, "assim", 2, reply_to=1),
        asked("2026-10-07 10:00", 3),
        message("2026-10-07 10:02", HELPER_BOT, "assim", 4, reply_to=3),
        asked("2026-10-07 11:00", 5),
        message("2026-10-07 11:10", BIA, "assim", 6, reply_to=5),
        asked("2026-10-07 20:00", 7),
    )

    columns = "week answered_by questions answered unanswered_share median_seconds p90_seconds"
    monday = date(2026, 10, 5)
    assert marts.rows(RESPONSE_TIMES, columns) == [
        (monday, "anyone", 4, 3, 0.25, 120.0, 504.0),
        (monday, "bot", 4, 1, 0.75, 120.0, 120.0),
        (monday, "human", 4, 2, 0.5, 330.0, 546.0),
    ]


def test_a_question_asked_on_sunday_night_belongs_to_the_week_before(marts: Marts) -> None:
    # Given a question asked at 22:00 on a Sunday in São Paulo, which is Monday in UTC
    marts.put(asked("2026-10-11 22:00", 1), day=date(2026, 10, 11))

    assert marts.rows(THREADS, "week") == [(date(2026, 10, 5),)]
