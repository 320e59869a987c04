"""The marts of a sample month have the numbers that plain loops over its JSON have."""

from collections import Counter, defaultdict
from statistics import quantiles
from typing import Any

import pytest

from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.marts.mart import Mart
from tg_pipeline.sample import SAMPLE_BOT_ID
from tg_pipeline_tests.marts.reference.by_day import BY_DAY
from tg_pipeline_tests.marts.reference.happenings import ZONE, monday
from tg_pipeline_tests.marts.reference.month import Month
from tg_pipeline_tests.marts.reference.threads import is_asked_again, is_thanked


@pytest.mark.parametrize("mart", DAILY_MARTS, ids=lambda mart: mart.name)
def test_daily_marts_have_the_numbers_of_plain_loops(month: Month, mart: Mart) -> None:
    for day, happened in month.days():
        rows = [tuple(row.values()) for row in month.rows(mart.name, day)]

        expected = list(BY_DAY[mart.name](happened))

        assert Counter(rows) == Counter(expected)


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


def test_threads_have_the_answers_that_plain_loops_find(month: Month) -> None:
    rows = {
        (row["chat_id"], row["message_id"]): (
            *(row["answer_message_id"], row["answered_through"], row["seconds_to_answer"]),
            *(row["week"], row["is_answer_visible"]),
        )
        for row in month.rows("threads")
    }

    expected = {
        (each.question.chat, each.question.message_id): (
            *(each.answer and each.answer.message_id, each.through, each.seconds),
            *(each.week, each.is_visible),
        )
        for each in month.threads
    }

    assert rows == expected
    assert {through for _, through, *_ in rows.values()} == {"reply", "next", None}


def test_response_times_are_those_of_the_threads(month: Month) -> None:
    waits = defaultdict(list)
    for each in month.threads:
        if each.is_visible:
            waits[each.week].append(each.seconds)

    rows = {row["week"]: row for row in month.rows("response_times") if by_anyone(row)}

    assert rows.keys() == waits.keys()
    for week, row in rows.items():
        answered = [seconds for seconds in waits[week] if seconds is not None]
        tenths = quantiles(answered, n=10, method="inclusive")
        assert (row["questions"], row["answered"]) == (len(waits[week]), len(answered))
        assert row["unanswered_share"] == pytest.approx(1 - len(answered) / len(waits[week]))
        assert row["median_seconds"] == pytest.approx(tenths[4])
        assert row["p90_seconds"] == pytest.approx(tenths[8])


def by_anyone(row: dict[str, Any]) -> bool:
    return bool(row["answered_by"] == "anyone")


def test_resolution_counts_the_outcomes_of_the_threads(month: Month) -> None:
    said, questions, threads = month.said, month.questions, month.threads
    expected: Counter[str] = Counter(questions=len(threads))
    for each in threads:
        if not each.is_visible:
            expected["unseen"] += 1
            continue
        again = is_asked_again(each, threads)
        expected["asked_again"] += again
        expected["unanswered"] += each.answer is None
        expected["answered"] += each.answer is not None
        expected["answered_by_reply"] += each.through == "reply"
        expected["thanked"] += is_thanked(each, said, questions)
        expected["resolved"] += each.answer is not None and not again

    (total,) = [row for row in month.rows("resolution") if row["week"] is None]

    assert {name: total[name] for name in expected} == expected
    assert total["bot_id"] == SAMPLE_BOT_ID
    assert all(expected.values())


def test_frequent_questions_count_the_questions(month: Month) -> None:
    expected = Counter(
        (monday(row["sent_at"].astimezone(ZONE).date()), row["group_id"])
        for row in month.rows("questions")
    )

    rows = {(row["week"], row["group_id"]): row for row in month.rows("frequent_questions")}

    assert {key: row["questions"] for key, row in rows.items()} == expected
    for week in {week for week, _ in rows}:
        shares = (row["share"] for (begin, _), row in rows.items() if begin == week)
        assert sum(shares) == pytest.approx(1)
