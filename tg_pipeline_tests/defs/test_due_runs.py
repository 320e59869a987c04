"""Which runs are asked for where days fail: a broken one holds up no other, nor fails for ever."""

from collections.abc import Callable
from datetime import date, timedelta

import msgspec
import pytest

from tg_pipeline.defs.due_runs import MOST_TRIED, MOST_VAIN_RUNS, Span, plan
from tg_pipeline.defs.tried_days import ATTEMPTS, DueDay, TriedDays
from tg_pipeline.lake.landing_zone import iter_days

FIRST = date(2026, 10, 5)
ONE_DAY = timedelta(days=1)


class Landings:
    """Days with objects, and runs that build all but the broken ones."""

    def __init__(self, days: int, *broken: date) -> None:
        self.landed = {FIRST + number * ONE_DAY: 1 for number in range(days)}
        self.built: dict[date, int] = {}
        self.broken = set(broken)
        self.tried = TriedDays()

    def due(self) -> list[DueDay]:
        return [
            DueDay(day, str(count), str(self.built.get(day)))
            for day, count in self.landed.items()
            if self.built.get(day) != count
        ]

    def look(self) -> list[Span]:
        """Look, and run what is asked for; the cursor is written and read in between."""
        found = plan(self.due(), [], self.tried)
        self.tried = TriedDays.read(found.tried.as_cursor())
        for span in found.spans:
            days = list(iter_days(*span))
            if self.broken.isdisjoint(days):
                self.built |= {day: self.landed[day] for day in days}
        return found.spans

    def looks(self, most: int, meanwhile: Callable[[], None] = lambda: None) -> list[Span]:
        """Look until there is nothing to ask for, and that often at most."""
        asked: list[Span] = []
        for _ in range(most):
            meanwhile()
            spans = self.look()
            asked += spans
            if not spans:
                return asked
        return asked


def test_in_a_month_with_a_broken_day_all_others_are_built_and_it_is_given_up() -> None:
    world = Landings(31, FIRST + 14 * ONE_DAY)

    asked = world.looks(20)

    assert [each.day for each in world.due()] == [FIRST + 14 * ONE_DAY]
    assert asked.count((FIRST + 14 * ONE_DAY,) * 2) == ATTEMPTS - 1
    assert world.looks(20) == []


def test_neighbours_are_not_asked_for_side_by_side_though_each_is_alone() -> None:
    world = Landings(4, FIRST)
    assert world.look() == [(FIRST, FIRST + 3 * ONE_DAY)]

    assert world.look() == [(FIRST, FIRST), (FIRST + 2 * ONE_DAY,) * 2]


def test_what_lands_on_a_broken_day_again_and_again_does_not_hold_up_its_neighbours() -> None:
    world = Landings(3, FIRST + ONE_DAY)

    def lands() -> None:
        world.landed[FIRST + ONE_DAY] += 1

    world.looks(6, lands)

    assert [each.day for each in world.due()] == [FIRST + ONE_DAY]


def test_what_lands_on_a_broken_day_gives_it_new_attempts() -> None:
    world = Landings(1, FIRST)
    assert len(world.looks(20)) == ATTEMPTS

    world.landed[FIRST] += 1

    assert len(world.looks(20)) == ATTEMPTS


def test_what_lands_on_built_days_is_asked_for_together_however_often() -> None:
    world = Landings(3)
    for _ in range(20):
        assert world.look() == [(FIRST, FIRST + 2 * ONE_DAY)]
        world.landed = {day: count + 1 for day, count in world.landed.items()}


def test_where_all_days_fail_for_one_reason_the_runs_that_fail_are_few() -> None:
    days = 3_000
    world = Landings(days, *(FIRST + number * ONE_DAY for number in range(days)))

    asked = world.looks(200)

    assert len(asked) <= MOST_VAIN_RUNS + MOST_TRIED
    assert len([span for span in asked if span[0] == span[1]]) <= 2 * MOST_VAIN_RUNS
    assert world.looks(20) == []


def test_a_cursor_stays_small_and_years_of_days_are_built_all_the_same() -> None:
    world = Landings(3_650)

    sizes = []
    while world.look():
        sizes.append(len(world.tried.as_cursor()))

    assert world.due() == []
    assert max(sizes) < 30_000


def test_a_day_is_left_alone_while_the_one_before_it_fails() -> None:
    """It is not due: only if the day before gets new rows is there anything to build."""
    broken, behind = DueDay(FIRST, "2", "1"), DueDay(FIRST + ONE_DAY, "1", "1")

    first = plan([broken], [behind], TriedDays())
    second = plan([broken], [behind], first.tried)

    assert first.spans == [(FIRST, FIRST + ONE_DAY)]
    assert second.spans == [(FIRST, FIRST)]
    assert second.due == {FIRST}


def test_a_cursor_is_read_as_it_was_written_and_is_short() -> None:
    tried = plan([DueDay(FIRST, "3:120:1", None)], [], TriedDays()).tried

    assert tried.as_cursor() == '{"days":{"2026-10-05":["3:120:1",1,1]}}'
    assert TriedDays.read(tried.as_cursor()) == tried


@pytest.mark.parametrize("text", ["", "{", "[]", "3 2026-10-08=1:2:3", '{"days":{"x":1}}', "[" * 9])
def test_a_damaged_cursor_knows_of_nothing(text: str) -> None:
    assert TriedDays.read(text) == TriedDays()
    with pytest.raises(msgspec.MsgspecError):
        msgspec.json.decode(text, type=TriedDays)
