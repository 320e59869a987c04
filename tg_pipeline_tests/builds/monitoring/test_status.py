"""The status for monitors, as days land, wait, are built, and are late."""

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import obstore
import pytest

from lambda_ingest.landing import REJECTED_PREFIX
from lambda_ingest.synthetic.gap_markers import GapReason, gap_marker_key
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.monitoring.status import (
    DEFAULT_DAYS,
    DaysStatus,
    DueDayStatus,
    MonitorContext,
    PipelineStatus,
    ProblemKind,
    Span,
    pipeline_status,
)
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.staleness import ONE_DAY
from tg_pipeline.events.dead_letters import dead_letter
from tg_pipeline.lake.footers import Footers
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline_tests.builds.marts.mart_days import PARAMETERS, ZONE, said
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline

LANDED_AT = datetime(2026, 10, 8, 12, tzinfo=UTC)
START = date(2026, 10, 1)


def status_at(pipeline: Pipeline, at: str, span: Span | None = None) -> PipelineStatus:
    """Return the status at a local time in São Paulo."""
    return pipeline_status(context_at(pipeline, at), span)


def context_at(pipeline: Pipeline, at: str) -> MonitorContext:
    now = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(ZONE))
    return MonitorContext(
        pipeline.landing,
        pipeline.lake,
        now,
        PARAMETERS,
        LayerParameters(PARAMETERS.timezone),
        START,
        Footers(pipeline.lake),
    )


def land(pipeline: Pipeline, *numbers: int, day: date = DAY) -> None:
    """Land updates at LANDED_AT."""
    pipeline.land(*map(said, numbers), day=day)
    for path in Path(pipeline.folder / "landing").rglob("*.json"):
        os.utime(path, (LANDED_AT.timestamp(), LANDED_AT.timestamp()))


def build(pipeline: Pipeline, *days: date) -> None:
    for day in days:
        pipeline.build(day)
    with mart_builder(pipeline.lake, PARAMETERS) as builder:
        for mart in DAILY_MARTS:
            builder.build_days(mart, list(days))


def due(status: PipelineStatus) -> DueDayStatus:
    assert status.due
    return status.due


def test_an_empty_pipeline_is_ok(pipeline: Pipeline) -> None:
    status = status_at(pipeline, "2026-10-08 09:00")

    assert status.ok
    assert status.due == DueDayStatus(DAY, "empty", 0, {})
    assert status.days == DaysStatus(7, START, DAY, [], [], [], [], 0)
    assert (status.landing.last_at, status.tables.last_written_at) == (None, None)


def test_no_day_is_due_before_the_nightly_run_of_the_first_one(pipeline: Pipeline) -> None:
    land(pipeline, 1, day=START)

    status = status_at(pipeline, "2026-10-01 09:00")

    assert (status.ok, status.due, status.days.first) == (True, None, None)
    assert status.landing.open_objects == 1


def test_a_landed_day_that_is_not_built_is_missing_and_two_hours_later_overdue(
    pipeline: Pipeline,
) -> None:
    land(pipeline, 1, 2)

    # Before its nightly run is due, its objects are not pending
    before = status_at(pipeline, "2026-10-08 02:59")
    assert (before.landing.open_objects, before.landing.pending_objects) == (2, 0)
    assert before.days.missing == []

    # Once that is due the day is missing, and overdue two hours after its objects landed
    at_first = status_at(pipeline, "2026-10-08 10:59")
    assert (at_first.ok, at_first.days.missing, at_first.days.overdue) == (True, [DAY], [])
    assert (at_first.landing.open_objects, at_first.landing.pending_objects) == (0, 2)
    assert at_first.landing.last_at == LANDED_AT
    assert due(at_first) == DueDayStatus(DAY, "missing", 2, {})
    later = status_at(pipeline, "2026-10-08 11:00")
    assert (later.ok, later.days.overdue, later.days.lag) == (False, [DAY], 1)


def test_a_day_is_not_overdue_until_two_hours_after_its_nightly_run(pipeline: Pipeline) -> None:
    land(pipeline, 1, day=DAY + 2 * ONE_DAY)

    assert status_at(pipeline, "2026-10-10 04:59").ok
    assert not status_at(pipeline, "2026-10-10 05:00").ok


def test_a_built_day_has_the_rows_of_each_table(pipeline: Pipeline) -> None:
    land(pipeline, 1, 2)
    pipeline.put("garbage.json", b"{")
    build(pipeline, DAY)

    status = status_at(pipeline, "2026-10-08 20:00")

    assert status.ok
    assert due(status).verdict == "built"
    assert due(status).rows.items() >= {"raw_updates": 2, "quarantine": 1}.items()
    assert due(status).rows.keys() == {table.name for table in (*ALL_LAYERS, *DAILY_MARTS)}
    assert status.tables.quarantined_rows == 1
    assert status.tables.last_written_at
    assert status.tables.last_written_at > LANDED_AT


def test_a_late_object_and_a_rewritten_one_are_pending(pipeline: Pipeline) -> None:
    land(pipeline, 1, 2)
    build(pipeline, DAY)
    land(pipeline, 3)

    status = status_at(pipeline, "2026-10-09 20:00")

    assert (status.ok, status.days.late, status.days.overdue) == (False, [DAY], [DAY])
    assert (status.landing.pending_objects, status.days.lag) == (1, 2)
    assert due(status).verdict == "empty"
    pipeline.build()
    pipeline.rewrite("7-1.json", b"{}")
    assert status_at(pipeline, "2026-10-09 20:00").landing.pending_objects == 1


def test_a_day_without_its_marts_is_overdue(pipeline: Pipeline) -> None:
    land(pipeline, 1)
    pipeline.build()

    status = status_at(pipeline, "2026-10-08 20:00")

    assert (status.ok, status.days.without_marts, status.days.late) == (False, [DAY], [])


def test_a_day_that_was_never_built_is_checked_at_any_age_and_in_a_span(pipeline: Pipeline) -> None:
    land(pipeline, 1)

    days = status_at(pipeline, "2027-10-08 20:00").days
    of_span = status_at(pipeline, "2026-10-08 20:00", (DAY - ONE_DAY, date(2026, 10, 31))).days

    assert (days.looked_at, days.first, days.missing) == (DEFAULT_DAYS + 1, DAY, [DAY])
    assert (of_span.first, of_span.last, of_span.missing) == (DAY - ONE_DAY, DAY, [DAY])


def land_at(pipeline: Pipeline, at: datetime, *numbers: int) -> None:
    """Land updates on the day on which they arrive."""
    day = at.astimezone(ZoneInfo(ZONE)).date()
    for number in numbers:
        body = json.dumps(said(number)).encode()
        pipeline.put(f"{BOT}-{number}.json", body, day, at)


@pytest.fixture
def with_a_gap(pipeline: Pipeline) -> Pipeline:
    """Two built days, of which the update ids 3 to 5 are missing."""
    land_at(pipeline, LANDED_AT - ONE_DAY, 1, 2)
    land_at(pipeline, LANDED_AT, 6)
    build(pipeline, DAY, DAY + ONE_DAY)
    return pipeline


def test_lost_updates_fail_the_check_once_telegram_would_have_delivered_them(
    with_a_gap: Pipeline,
) -> None:
    early = status_at(with_a_gap, "2026-10-09 08:59")
    (pending,) = early.problems

    assert (early.ok, early.completeness.lost_updates) == (True, 0)
    assert (pending.kind, pending.is_failure) == (ProblemKind.GAP, False)
    assert "Telegram may deliver them until 2026-10-09 09:00" in pending.message
    late = status_at(with_a_gap, "2026-10-09 09:00")
    (lost,) = late.problems
    assert (late.ok, late.completeness.lost_updates) == (False, 3)
    assert lost.message.startswith(
        "Updates 3 to 5 of bot 7 (3 ids) are missing between 2026-10-07 and 2026-10-08: they "
    )
    (gap,) = late.completeness.gaps
    assert (gap.first, gap.last, gap.after, gap.before) == (3, 5, DAY, DAY + ONE_DAY)


def test_a_silence_is_read_from_the_rows_around_a_gap(pipeline: Pipeline) -> None:
    # Given updates of one day, of which the second arrived with the retries after an outage
    land_at(pipeline, LANDED_AT - ONE_DAY, 1)
    late = json.dumps(said(9)).encode()
    pipeline.put(f"{BOT}-9.json", late, DAY, LANDED_AT + timedelta(hours=7))
    build(pipeline, DAY)

    (problem,) = status_at(pipeline, "2026-10-12 09:00").problems

    assert problem.is_failure
    assert "ingestion was silent for 31 hours" in problem.message


@pytest.mark.parametrize(
    ("key", "cause"),
    [
        (gap_marker_key(DAY, BOT, GapReason.FILTERED), "filtered"),
        (gap_marker_key(DAY + ONE_DAY, BOT, GapReason.SUPPRESSED), "forgotten"),
        (f"{REJECTED_PREFIX}/context_date={DAY}/a.json", "unreadable"),
    ],
)
def test_what_ingestion_left_out_is_no_loss(with_a_gap: Pipeline, key: str, cause: str) -> None:
    obstore.put(with_a_gap.landing, key, b"")

    status = status_at(with_a_gap, "2026-10-09 09:00")

    assert [gap.cause for gap in status.completeness.gaps] == [cause]
    assert status.ok


def test_missing_ids_may_be_on_a_day_without_a_partition(pipeline: Pipeline) -> None:
    land_at(pipeline, LANDED_AT - 7 * ONE_DAY, 1, 3)
    land_at(pipeline, LANDED_AT - 8 * ONE_DAY, 2)
    build(pipeline, START)

    status = status_at(pipeline, "2026-10-09 09:00")

    assert [gap.cause for gap in status.completeness.gaps] == ["expired"]
    assert "may be on 2026-09-30, which has no partition" in status.completeness.gaps[0].reason


def test_an_object_that_is_not_read_yet_may_hold_the_missing_ids(with_a_gap: Pipeline) -> None:
    land_at(with_a_gap, LANDED_AT, 3, 4, 5)

    (gap,) = status_at(with_a_gap, "2026-10-09 09:00").completeness.gaps
    build(with_a_gap, DAY + ONE_DAY)

    assert gap.cause == "pending"
    assert status_at(with_a_gap, "2026-10-09 09:00").completeness.gaps == []


def test_lines_in_quarantine_may_be_the_missing_updates(with_a_gap: Pipeline) -> None:
    with_a_gap.put("7-3.json", b"{")
    build(with_a_gap, DAY, DAY + ONE_DAY)

    (gap,) = status_at(with_a_gap, "2026-10-09 09:00").completeness.gaps

    assert (gap.cause, gap.is_failure) == ("unreadable", False)


def test_older_gaps_are_reported_but_fail_only_a_check_of_their_days(with_a_gap: Pipeline) -> None:
    at = "2026-11-12 09:00"  # the last day of the week before the days that are checked

    by_default, of_span = status_at(with_a_gap, at), status_at(with_a_gap, at, (DAY, DAY + ONE_DAY))

    assert [gap.is_failure for gap in by_default.completeness.gaps] == [False]
    assert [gap.is_failure for gap in of_span.completeness.gaps] == [True]


def test_a_bot_with_a_chat_filter_is_one_problem_that_fails_nothing(pipeline: Pipeline) -> None:
    land_at(pipeline, LANDED_AT - ONE_DAY, *range(0, 200, 3))
    build(pipeline, DAY)
    context = replace(context_at(pipeline, "2026-10-09 09:00"), has_chat_filter=True)

    status = pipeline_status(context)

    (problem,) = status.problems
    assert status.ok
    assert problem.message.startswith("132 updates of bot 7 are missing in 66 places from 2026-")
    assert (len(status.completeness.gaps), status.completeness.more_gaps) == (20, 46)


def test_rejected_objects_and_events_are_counted(pipeline: Pipeline) -> None:
    obstore.put(pipeline.landing, f"{REJECTED_PREFIX}/context_date=2026-10-07/a.json", b"{}")
    dead_letter(pipeline.lake.store, "nope", "The message is no event.")

    landing = status_at(pipeline, "2026-10-08 09:00").landing

    assert (landing.rejected_objects, landing.rejected_events) == (1, 1)


def test_days_without_a_partition_fail_the_check_and_tomorrow_is_only_reported(
    pipeline: Pipeline,
) -> None:
    land(pipeline, 1, day=date(2026, 10, 9))
    tomorrow = status_at(pipeline, "2026-10-08 09:00")
    assert (tomorrow.ok, [each.kind for each in tomorrow.problems]) == (True, [ProblemKind.OUTSIDE])

    land(pipeline, 2, 3, day=date(2015, 1, 1))
    status = status_at(pipeline, "2026-10-08 09:00")

    assert not status.ok
    (problem,) = (each for each in status.problems if each.is_failure)
    assert (problem.kind, problem.day) == (ProblemKind.OUTSIDE, date(2015, 1, 1))
    assert problem.message.startswith("2 objects landed on 2015-01-01, before TG_START_DATE=")
