"""Missing update ids: every loss is found, and nothing else is taken for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from tg_pipeline.builds.monitoring.completeness import (
    KEPT_BY_TELEGRAM,
    LAST_ID,
    LONGEST_GAP,
    RESTART,
    DayIds,
    GapCause,
    GapRules,
    IdGap,
    LeftOut,
    explain,
    find_gaps,
    missing_ids,
)
from tg_pipeline.lake.floors import Floors
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.layers.update_ids import UPDATE_IDS, UpdateIdCounter, decode_update_ids

BOT: Final = 7
ZONE: Final = ZoneInfo("America/Sao_Paulo")
HOUR: Final = timedelta(hours=1)
START: Final = datetime(2026, 10, 7, 12, tzinfo=ZONE)


DAY_BEFORE: Final = START.date() - timedelta(days=1)


@dataclass(frozen=True)
class Row:
    """A landed update."""

    update_id: int
    day: date
    arrived_at: datetime
    bot_id: int = BOT


def rows(*ids: int, at: datetime = START, bot_id: int = BOT) -> list[Row]:
    """Return updates that landed on the day they arrived."""
    return [Row(each, at.astimezone(ZONE).date(), at, bot_id) for each in ids]


def days_of(landed: Sequence[Row]) -> list[DayIds]:
    """Return the ids of each day, as the footers state them."""
    found = []
    for day in sorted({row.day for row in landed}):
        counter = UpdateIdCounter()
        of_day = [row for row in landed if row.day == day]
        counter.add(batch(of_day))
        found.append(DayIds(day, decode_update_ids(counter.encode())))
    return found


def batch(landed: Sequence[Row]) -> pa.RecordBatch:
    names = ["bot_id", "update_id", "received_at"]
    columns = [[r.bot_id, r.update_id, r.arrived_at.astimezone(UTC)] for r in landed]
    return pa.record_batch(
        [
            pa.array(values, RAW_UPDATES.schema.field(name).type)
            for name, values in zip(names, zip(*columns, strict=True), strict=True)
        ],
        names=names,
    )


def rules(now: datetime) -> GapRules:
    return GapRules(now=now, zone=ZONE, checked_from=date.min)


LATER: Final = rules(START + timedelta(days=20))


def gaps(
    landed: Sequence[Row],
    applied: GapRules = LATER,
    left_out: LeftOut | None = None,
    changed: Mapping[date, DayIds] | None = None,
) -> list[IdGap]:
    """Return the gaps of a history; `changed` replaces what is known of some days."""
    arrivals: dict[tuple[int, int], datetime] = {}
    for row in landed:
        key = row.bot_id, row.update_id
        arrivals[key] = min(arrivals.get(key, row.arrived_at), row.arrived_at)
    known = {day.day: day for day in days_of(landed)} | dict(changed or {})
    history = [known[day] for day in sorted(known)]
    return explain(missing_ids(history), history, left_out or LeftOut(), arrivals, applied)


def causes(found: Sequence[IdGap]) -> list[tuple[int, int, GapCause, bool]]:
    return [(gap.first, gap.last, gap.cause, gap.is_failure) for gap in found]


def test_ids_without_a_gap_are_complete_in_whatever_order_and_number_they_land() -> None:
    landed = [*rows(3, 1, 2, 2), *rows(5, 4, 3, at=START + 20 * HOUR)]

    assert gaps(landed) == []


def test_ids_on_no_day_are_lost_and_stated_exactly() -> None:
    landed = [*rows(1, 2), *rows(6, 8, at=START + 20 * HOUR)]

    first, second = gaps(landed)

    assert causes([first, second]) == [
        (3, 5, GapCause.LOST, True),
        (7, 7, GapCause.LOST, True),
    ]
    assert str(first).startswith(
        "Updates 3 to 5 of bot 7 (3 ids) are missing between 2026-10-07 and 2026-10-08: they were "
    )
    assert str(second).startswith("Update 7 of bot 7 is missing on 2026-10-08: ")


def test_an_id_on_another_day_than_its_neighbours_is_not_missing() -> None:
    landed = [*rows(1, 3), *rows(2, 4, at=START + 20 * HOUR), *rows(5, at=START + 200 * HOUR)]

    assert gaps(landed) == []


def test_a_gap_is_pending_for_a_day_after_the_update_after_it_arrived() -> None:
    landed = rows(1, 3)

    before = gaps(landed, rules(START + KEPT_BY_TELEGRAM - HOUR))
    after = gaps(landed, rules(START + KEPT_BY_TELEGRAM))

    assert causes(before) == [(2, 2, GapCause.PENDING, False)]
    assert "until 2026-10-08 12:00" in before[0].reason
    assert causes(after) == [(2, 2, GapCause.LOST, True)]


@pytest.mark.parametrize("day", [-1, 0, 1])
def test_a_gap_is_pending_while_a_day_that_may_hold_the_ids_is_not_built(day: int) -> None:
    landed = rows(1, 3)
    unbuilt = DayIds(START.date() + timedelta(days=day), {}, is_complete=False)
    if day == 0:
        unbuilt = replace(days_of(landed)[0], is_complete=False)

    assert causes(gaps(landed, changed={unbuilt.day: unbuilt})) == [(2, 2, GapCause.PENDING, False)]


def test_a_silence_longer_than_telegram_keeps_updates_is_named() -> None:
    # The first update that Telegram still has is a day old when it is fetched.
    fetched = START + 50 * HOUR
    landed = [*rows(1, 2), Row(9, (START + 26 * HOUR).date(), fetched)]

    (gap,) = gaps(landed)

    assert causes([gap]) == [(3, 8, GapCause.SILENCE, True)]
    assert "silent for 50 hours" in gap.reason


def test_a_random_id_after_a_week_without_updates_is_no_gap_in_either_direction() -> None:
    far = 900_000_000
    down = [*rows(far, far + 1), *rows(5, 6, at=START + timedelta(days=7))]
    up = [*rows(5, 6), *rows(far, far + 1, at=START + timedelta(days=7))]

    assert gaps(down) == gaps(up) == []


def test_a_random_id_a_little_below_the_earlier_ones_is_no_gap() -> None:
    landed = [*rows(1_000, 1_001), *rows(5, 6, at=START + timedelta(days=7))]

    assert gaps(landed) == []


def test_an_id_that_is_a_little_higher_after_a_week_may_be_a_random_one() -> None:
    landed = [*rows(1, 2), *rows(5, at=START + timedelta(days=7))]

    assert causes(gaps(landed)) == [(3, 4, GapCause.NUMBERING, False)]


def test_a_gap_longer_than_telegram_queues_is_another_numbering() -> None:
    assert gaps(rows(1, LONGEST_GAP + 3)) == []
    assert causes(gaps(rows(1, LONGEST_GAP + 2))) == [(2, LONGEST_GAP + 1, GapCause.LOST, True)]


def test_ids_reserved_for_lines_that_are_not_updates_are_ignored() -> None:
    assert gaps(rows(LAST_ID - 1, LAST_ID + 5, LAST_ID + 9)) == []


@pytest.mark.parametrize(
    ("left_out", "applied", "cause"),
    [
        (LeftOut(filtered=frozenset({(START.date(), BOT)})), LATER, GapCause.FILTERED),
        (LeftOut(), replace(LATER, has_filter=True), GapCause.FILTERED),
        (LeftOut(suppressed=frozenset({(START.date(), BOT)})), LATER, GapCause.FORGOTTEN),
        (LeftOut(), replace(LATER, forgets_people=True), GapCause.FORGOTTEN),
        (LeftOut(rejected={START.date(): 1}), LATER, GapCause.UNREADABLE),
        (LeftOut(), replace(LATER, floors=Floors(raw=START.date())), GapCause.EXPIRED),
        (LeftOut(), replace(LATER, floors=Floors(landing=START.date())), GapCause.EXPIRED),
        (LeftOut(outside=frozenset({DAY_BEFORE})), LATER, GapCause.EXPIRED),
        (LeftOut(), replace(LATER, checked_from=START.date() + timedelta(days=1)), GapCause.LOST),
    ],
)
def test_a_gap_with_another_possible_reason_is_reported_and_fails_nothing(
    left_out: LeftOut, applied: GapRules, cause: GapCause
) -> None:
    assert causes(gaps(rows(1, 3), applied, left_out)) == [(2, 2, cause, False)]


@pytest.mark.parametrize(
    "left_out",
    [
        LeftOut(filtered=frozenset({(START.date(), BOT + 1)})),
        LeftOut(suppressed=frozenset({(START.date() + timedelta(days=2), BOT)})),
        LeftOut(rejected={START.date() - timedelta(days=2): 1}),
    ],
)
def test_what_was_left_out_of_another_bot_or_another_day_explains_nothing(
    left_out: LeftOut,
) -> None:
    assert causes(gaps(rows(1, 3), LATER, left_out)) == [(2, 2, GapCause.LOST, True)]


def test_ids_may_be_among_unreadable_or_suppressed_lines_of_the_day() -> None:
    (day,) = days_of(rows(1, 3))

    unreadable = gaps(rows(1, 3), changed={day.day: replace(day, unreadable=2)})
    suppressed = gaps(rows(1, 3), changed={day.day: replace(day, suppressed=1)})

    assert causes(unreadable) == [(2, 2, GapCause.UNREADABLE, False)]
    assert "among 2 unreadable lines" in unreadable[0].reason
    assert causes(suppressed) == [(2, 2, GapCause.FORGOTTEN, False)]


def test_ids_missing_in_files_that_were_landed_later_fail_at_once() -> None:
    landed_at = START + timedelta(days=9)
    imported = [Row(each, START.date(), landed_at) for each in (1, 3)]

    (gap,) = gaps(imported, rules(landed_at))

    assert causes([gap]) == [(2, 2, GapCause.IMPORTED, True)]
    assert "landed later, from files, and these ids were not among them" in gap.reason


def test_objects_without_a_bot_may_be_of_several() -> None:
    assert causes(gaps(rows(1, 3, bot_id=0))) == [(2, 2, GapCause.UNNAMED_BOT, False)]


def test_bots_are_numbered_each_for_itself() -> None:
    landed = [*rows(1, 3, 5), *rows(2, 3, 4, bot_id=8)]

    assert [(gap.bot_id, gap.first) for gap in gaps(landed)] == [(7, 2), (7, 4)]


def gaps_in_lake(landed: Sequence[Row], applied: GapRules) -> list[IdGap]:
    """Return the gaps that the footers of the days of raw_updates show."""
    lake = Lake(f"memory://{uuid4()}")
    for day in {row.day for row in landed}:
        counter = UpdateIdCounter()
        counter.add(batch([row for row in landed if row.day == day]))
        with lake.writer(RAW_UPDATES.name, day, RAW_UPDATES.schema) as writer:
            writer.commit(**{UPDATE_IDS: counter.encode()})
    return find_gaps(MemoryStore(), lake, [], applied)


@pytest.mark.parametrize("days_later", [35, 36, 37])
def test_an_old_update_that_landed_again_is_not_taken_for_the_last_before_a_new_numbering(
    days_later: int,
) -> None:
    old = [*rows(*range(1, 11)), *rows(*range(11, 31), at=START + 24 * HOUR)]
    other_bot = rows(1, at=START + 20 * 24 * HOUR, bot_id=BOT + 1)
    new = [
        each
        for number in range(3)
        for each in rows(700_000 + number, at=START + (35 + number) * 24 * HOUR)
    ]
    again = rows(5, at=START + days_later * 24 * HOUR)
    checked = replace(LATER, now=START + 50 * 24 * HOUR, checked_from=date(2026, 11, 5))

    found = gaps_in_lake([*old, *other_bot, *new, *again], checked)

    assert causes(found) == [(31, 699_999, GapCause.NUMBERING, False)]


def test_nothing_is_missing_between_days_of_which_some_are_not_read() -> None:
    landed = [*rows(*range(1, 11)), *rows(*range(11, 21), at=START + 24 * HOUR)]
    again = rows(3, at=START + 24 * HOUR)
    checked = replace(LATER, now=START + 50 * 24 * HOUR, checked_from=date(2026, 11, 5))

    assert gaps_in_lake([*landed, *again], checked) == []


def test_scattered_ids_whose_ranges_are_rounded_fail_nothing() -> None:
    landed = rows(*range(0, 3_000, 7), 9_000)

    found = gaps(landed)

    assert {gap.cause for gap in found} == {GapCause.INEXACT}


class Fate(Enum):
    """What happens to an update on its way."""

    KEPT = "kept"
    LATE = "late"
    DUPLICATED = "duplicated"
    FILTERED = "filtered"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Sent:
    """An update that Telegram sends."""

    fate: Fate
    hours: float
    """Since the update before."""
    delay: float
    """Hours until it arrives, or arrives again."""
    is_dated: bool


def histories(*fates: Fate) -> st.SearchStrategy[list[Sent]]:
    pauses = st.floats(0, 30) | st.sampled_from([7 * 24.0, 200.0])
    sent = st.builds(Sent, st.sampled_from(fates), pauses, st.floats(0.01, 23.9), st.booleans())
    return st.lists(sent, max_size=25)


@dataclass(frozen=True)
class History:
    """Updates with the ids that Telegram gives them, and when they were sent."""

    sent: list[Sent]

    def numbered(self) -> list[tuple[int, int, datetime, Sent]]:
        """Return each update with its numbering, its id and its time."""
        found, at, number, numbering = [], START, 500, 0
        for each in self.sent:
            at += timedelta(hours=each.hours)
            if each.hours >= 7 * 24:
                numbering += 1
                number = (numbering * 7_919 % 19 + 1) * 100_000_000
            found.append((numbering, number, at, each))
            number += 1
        return found

    def landed(self) -> list[Row]:
        found = []
        for _, number, at, each in self.numbered():
            delayed = at + timedelta(hours=each.delay)
            arrivals = {
                Fate.KEPT: [at],
                Fate.LATE: [delayed],
                Fate.DUPLICATED: [at, delayed],
            }
            for arrived in arrivals.get(each.fate, []):
                day = (at if each.is_dated else arrived).astimezone(ZONE).date()
                found.append(Row(number, day, arrived))
        return found

    def filtered(self) -> LeftOut:
        days = (
            at.astimezone(ZONE).date() for _, _, at, s in self.numbered() if s.fate is Fate.FILTERED
        )
        return LeftOut(filtered=frozenset((day, BOT) for day in days))

    def lost(self) -> list[tuple[int, int]]:
        """Return the runs of dropped updates between stored ones of the same numbering."""
        found, run, before = [], [], None
        for numbering, number, _, each in self.numbered():
            if before is not None and before != numbering:
                run = []
                before = None
            if each.fate is Fate.DROPPED:
                run.append(number)
                continue
            if run and before is not None:
                found.append((run[0], run[-1]))
            run, before = [], numbering
        return sorted(found)


AT_THE_END: Final = rules(START + timedelta(days=10_000))


@given(histories(Fate.KEPT, Fate.LATE, Fate.DUPLICATED, Fate.FILTERED))
def test_no_history_without_a_loss_is_reported_as_one(sent: list[Sent]) -> None:
    history = History(sent)

    found = gaps(history.landed(), AT_THE_END, history.filtered())

    assert [gap for gap in found if gap.is_failure] == []


@given(histories(Fate.KEPT, Fate.LATE, Fate.DUPLICATED, Fate.DROPPED))
def test_each_run_of_dropped_updates_is_found_exactly(sent: list[Sent]) -> None:
    history = History(sent)

    found = gaps(history.landed(), AT_THE_END)

    # If updates are dropped for so long, the numbering may have restarted.
    sure = [(gap.first, gap.last) for gap in found if gap.before - gap.after < RESTART]
    assert sorted((gap.first, gap.last) for gap in found) == history.lost()
    assert sorted((gap.first, gap.last) for gap in found if gap.is_failure) == sorted(sure)
