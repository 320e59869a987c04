"""Which runs are requested for stale days, above all where days fail."""

from datetime import UTC, date, datetime, timedelta

from tg_pipeline.defs.updates.run_requests import (
    MAX_GIVEN_UP,
    REQUESTS_PER_TICK,
    DayRange,
    RequestedStates,
    StaleDay,
    plan_runs,
)
from tg_pipeline.defs.updates.sensors import ScanCursor
from tg_pipeline.landing.zone import iter_days

FIRST = date(2026, 10, 5)
ONE_DAY = timedelta(days=1)
NOW = datetime(2026, 11, 5, tzinfo=UTC)


class Landings:
    """Days with landed objects, and runs that build all but the broken ones."""

    def __init__(self, days: int, *broken: date) -> None:
        self.landed = {FIRST + number * ONE_DAY: 1 for number in range(days)}
        self.built: dict[date, int] = {}
        self.broken = set(broken)
        self.requested: RequestedStates = {}
        self.given_up: list[date] = []

    def stale(self) -> list[StaleDay]:
        return [
            StaleDay(day, f"{count} {self.built.get(day)}")
            for day, count in self.landed.items()
            if self.built.get(day) != count
        ]

    def scan(self) -> list[DayRange]:
        """Scan, and run what is requested; the cursor is encoded and decoded in between."""
        plan = plan_runs(self.stale(), self.requested, ())
        self.requested = ScanCursor.decode(ScanCursor(plan.requested).encode()).requested
        self.given_up = plan.given_up
        for span in plan.ranges:
            days = list(iter_days(*span))
            if self.broken.isdisjoint(days):
                self.built |= {day: self.landed[day] for day in days}
        return plan.ranges

    def scans(self, most: int) -> list[DayRange]:
        requested: list[DayRange] = []
        for _ in range(most):
            ranges = self.scan()
            requested += ranges
            if not ranges:
                break
        return requested


def alone(day: date) -> DayRange:
    return (day, day)


def test_a_broken_day_blocks_no_other_and_is_given_up_until_it_changes() -> None:
    broken, other = FIRST + 14 * ONE_DAY, FIRST + 15 * ONE_DAY
    world = Landings(31, broken)

    requested = world.scans(20)

    assert requested[0] == (FIRST, FIRST + 30 * ONE_DAY)
    assert sorted(requested[1:]) == [alone(day) for day in world.landed]
    assert [each.day for each in world.stale()] == world.given_up == [broken]

    # When objects land on another day, and then on the broken one
    world.landed[other] += 1
    assert world.scans(20) == [alone(other)]
    world.landed[broken] += 1
    assert world.scans(20) == [alone(broken)]


def test_built_days_with_new_objects_are_requested_together_however_often() -> None:
    world = Landings(3)
    for _ in range(20):
        assert world.scan() == [(FIRST, FIRST + 2 * ONE_DAY)]
        world.landed = {day: count + 1 for day, count in world.landed.items()}


def test_ten_years_of_days_are_built_in_a_few_ticks_of_a_few_runs() -> None:
    world = Landings(3_650)

    ticks = []
    while ranges := world.scan():
        ticks.append(len(ranges))

    assert world.stale() == []
    assert (max(ticks), len(ticks)) == (REQUESTS_PER_TICK, 10)


def test_if_all_days_fail_for_one_reason_few_runs_fail() -> None:
    days = 400
    world = Landings(days, *(FIRST + number * ONE_DAY for number in range(days)))

    requested = world.scans(200)

    assert len([span for span in requested if span[0] == span[1]]) <= MAX_GIVEN_UP
    assert len(requested) <= MAX_GIVEN_UP + days // 31 + 1
    assert world.scans(20) == []

    # And the skip reason names some of the days, and what to do
    reason = plan_runs(world.stale(), world.requested, ()).skip_reason or ""
    assert "2026-10-05, 2026-10-06, 2026-10-07, 2026-10-08, 2026-10-09 and 35 more days" in reason
    assert "tg-pipeline run --date 2026-10-05" in reason


def test_a_day_that_follows_a_changed_day_is_requested_with_it_and_not_alone() -> None:
    """It is not stale by itself: only the new rows of the day before change it."""
    changed, following = StaleDay(FIRST, "2"), StaleDay(FIRST + ONE_DAY, "1", is_stale=False)

    first = plan_runs([changed, following], {}, ())
    second = plan_runs([changed, following], first.requested, ())
    third = plan_runs([changed, following], second.requested, ())

    assert first.ranges == [(FIRST, FIRST + ONE_DAY)]
    assert (second.ranges, third.ranges) == ([alone(FIRST)], [])
    assert third.given_up == [FIRST]
    assert third.stale == {FIRST, FIRST + ONE_DAY}


def test_days_of_an_unfinished_run_are_left_to_it_and_other_days_are_not() -> None:
    days = [StaleDay(FIRST + number * ONE_DAY, "1") for number in range(3)]

    plan = plan_runs(days, {}, {FIRST + ONE_DAY})

    assert plan.ranges == [alone(FIRST), alone(FIRST + 2 * ONE_DAY)]
    assert plan.busy == [FIRST + ONE_DAY]
    assert "Unfinished runs build 2026-10-06." in (plan.skip_reason or "")


def test_a_request_has_a_run_key_of_days_and_state_and_its_run_is_retried() -> None:
    plan = plan_runs([StaleDay(FIRST, "3:120:1")], {}, ())
    changed = plan_runs([StaleDay(FIRST, "4:120:1")], {}, ())

    (request,) = plan.requests(None)
    (again,) = plan.requests(None)
    (of_changed,) = changed.requests(None)
    (after_a_scan,) = plan.requests(NOW)

    assert request.tags["dagster/max_retries"] == "2"
    assert request.run_key == again.run_key
    assert len({request.run_key, of_changed.run_key, after_a_scan.run_key}) == 3
