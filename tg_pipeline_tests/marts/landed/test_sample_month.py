"""The figures of a sample month are those that plain loops over its JSON find."""

from collections import Counter
from typing import Any

import pytest

from tg_pipeline_tests.marts.reference.activity import (
    actions,
    edits,
    joins_and_leaves,
    messages_by_chat,
)
from tg_pipeline_tests.marts.reference.month import Month


def test_messages_are_the_last_versions_of_the_sent_messages(month: Month) -> None:
    rows = {
        (row["kind"], row["chat_id"], row["message_id"], row["chat_id_then"], row["sent_at"]): (
            *(row["update_id"], row["edits"], row["text"], row["topic_id"]),
            *(row["reply_to_message_id"], row["speaker_id"], row["is_bot"], row["is_service"]),
        )
        for row in month.rows("messages")
    }

    expected = {
        (each.kind, each.chat, each.message_id, each.chat_then, each.sent_at): (
            *(each.last.update_id, each.edits, stored(each.text), each.topic),
            *(each.reply_to, each.speaker, each.is_bot, each.is_event),
        )
        for each in month.said
    }

    assert rows == expected
    assert any(each.edits for each in month.said)


def stored(text: str | None) -> str | None:
    """Return a text as valid UTF-8 can represent it."""
    return text and text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@pytest.mark.slow
def test_questions_have_the_answers_that_plain_loops_find(month: Month) -> None:
    rows = {
        (row["kind"], row["chat_id"], row["message_id"]): (
            *(row["answer_message_id"], row["answered_through"], row["seconds_to_answer"]),
            *(row["week"], row["outcome"]),
        )
        for row in month.rows("answers")
        if row["is_question"]
    }

    expected = {
        (each.question.kind, each.question.chat, each.question.message_id): (
            *(each.answer and each.answer.message_id, each.through, each.seconds),
            *(each.week, each.outcome),
        )
        for each in month.threads
    }

    assert rows == expected
    outcomes = {(through, outcome) for _, through, _, _, outcome in rows.values()}
    assert {"reply", "mention", "only_other"} >= {through for through, _ in outcomes if through}
    assert {"answered", "unanswered", "unknown", "unseen"} == {outcome for _, outcome in outcomes}


def day_rows(month: Month, mart: str, *columns: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Return the last two of the columns by the day and the other columns."""
    return {
        (day, *(row[name] for name in columns[:-2])): tuple(row[name] for name in columns[-2:])
        for day in month.pipeline.lake.days(mart)
        for row in month.rows(mart, day)
    }


def test_daily_figures_are_those_of_plain_loops(month: Month) -> None:
    written, edited = messages_by_chat(month.happened), edits(month.happened)
    acted = actions(month.happened)
    users = day_rows(month, "user_activity", "chat_id", "user_id", "is_bot", "actions")

    assert day_rows(month, "daily_activity", "chat_id", "messages", "edits") == {
        key: (written[key], edited[key]) for key in {*written, *edited}
    }
    assert {key: each for key, (is_bot, each) in users.items() if each and not is_bot} == acted
    assert day_rows(month, "members", "chat_id", "joins", "leaves") == {
        key: tuple(each) for key, each in joins_and_leaves(month.happened).items()
    }
    people = {(day, user) for day, _, user in acted}
    daily = {row["day"]: row["daily_users"] for row in month.rows("active_users")}
    assert daily == Counter(day for day, _ in people)
    assert edited
