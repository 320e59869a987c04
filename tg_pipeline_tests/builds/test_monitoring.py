"""The status for monitors, as days land, wait, are built, and are late."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import obstore

from lambda_ingest.landing import REJECTED_PREFIX
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.monitoring import (
    DEFAULT_DAYS,
    DaysStatus,
    DueDayStatus,
    MonitorContext,
    PipelineStatus,
    Span,
    pipeline_status,
)
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.staleness import ONE_DAY
from tg_pipeline.events.dead_letters import dead_letter
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline_tests.builds.mart_days import PARAMETERS, ZONE, said
from tg_pipeline_tests.conftest import DAY, Pipeline

LANDED_AT = datetime(2026, 10, 8, 12, tzinfo=UTC)
START = date(2026, 10, 1)


def status_at(pipeline: Pipeline, at: str, span: Span | None = None) -> PipelineStatus:
    """Return the status at a local time in São Paulo."""
    now = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(ZONE))
    where = MonitorContext(
        pipeline.landing,
        pipeline.lake,
        now,
        PARAMETERS,
        LayerParameters(PARAMETERS.timezone),
        START,
    )
    return pipeline_status(where, span)


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


def test_rejected_objects_and_events_are_counted(pipeline: Pipeline) -> None:
    obstore.put(pipeline.landing, f"{REJECTED_PREFIX}/context_date=2026-10-07/a.json", b"{}")
    dead_letter(pipeline.lake.store, "nope", "The message is no event.")

    landing = status_at(pipeline, "2026-10-08 09:00").landing

    assert (landing.rejected_objects, landing.rejected_events) == (1, 1)
