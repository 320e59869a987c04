"""A cursor is read as it was written, and a damaged one remembers nothing."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.events.memory import Memory

MEMORIES = st.builds(
    Memory,
    recorded=st.frozensets(st.dates()),
    waiting=st.frozensets(st.dates()),
    since=st.none() | st.datetimes(timezones=st.just(UTC)),
    attempt=st.text(),
)


NO_ZONE = '{"since":"2026-10-10T00:00:00"}'


@given(MEMORIES)
def test_a_memory_is_read_as_it_was_written(memory: Memory) -> None:
    assert Memory.read(memory.as_cursor()) == memory


def test_a_cursor_names_days_in_order_for_people_to_read() -> None:
    days = frozenset({date(2026, 10, 9), date(2026, 10, 8)})

    cursor = Memory(recorded=days, since=datetime(2026, 10, 10, tzinfo=UTC)).as_cursor()

    assert cursor == (
        '{"recorded":["2026-10-08","2026-10-09"],"waiting":[],'
        '"since":"2026-10-10T00:00:00Z","attempt":""}'
    )


@pytest.mark.parametrize(
    "cursor", [None, "", "{", "[]", '{"recorded": 5}', "3 2026-10-08=1:2:3", NO_ZONE]
)
def test_a_damaged_cursor_remembers_nothing(cursor: str | None) -> None:
    assert Memory.read(cursor) == Memory()
