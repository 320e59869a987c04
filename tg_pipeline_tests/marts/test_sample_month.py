"""A sample month's marts say what plain loops say of its JSON: days, messages, people."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.marts.mart import Mart
from tg_pipeline_tests.marts.reference.by_day import BY_DAY
from tg_pipeline_tests.marts.reference.happenings import monday
from tg_pipeline_tests.marts.reference.month import Month


@pytest.mark.parametrize("mart", DAILY_MARTS, ids=lambda mart: mart.name)
def test_a_mart_of_a_day_says_what_happened_on_it(month: Month, mart: Mart) -> None:
    for day, happened in month.days():
        rows = [tuple(row.values()) for row in month.rows(mart.name, day)]

        expected = list(BY_DAY[mart.name](happened))

        assert Counter(rows) == Counter(expected)


def test_messages_are_the_last_versions_of_what_was_sent(month: Month) -> None:
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
    """Give a text as UTF-8 can hold it."""
    return text and text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_windows_and_cohorts_hold_who_was_there(month: Month) -> None:
    active = defaultdict(set)
    for each in month.happened:
        if each.person is not None:
            active[each.day].add(each.person)

    def within(day: date, days: int) -> set[int]:
        return set().union(*(active[day - timedelta(days=back)] for back in range(days)))

    for row in month.rows("active_users"):
        day = row["day"]
        counted = row["daily_users"], row["weekly_users"], row["monthly_users"]
        assert counted == tuple(len(within(day, days)) for days in (1, 7, 30))

    first: dict[int, date] = {}
    for day in sorted(active):
        for person in active[day]:
            first.setdefault(person, monday(day))
    for row in month.rows("retention"):
        week = row["cohort_week"] + timedelta(weeks=row["week_offset"])
        cohort = {person for person, begin in first.items() if begin == row["cohort_week"]}
        assert row["cohort_size"] == len(cohort)
        assert row["returned"] == len(cohort & within(week + timedelta(days=6), 7))
