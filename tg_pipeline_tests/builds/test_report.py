"""Report data read from a landing zone and a lake."""

from datetime import timedelta

from tg_pipeline.builds.report import ReportSource, load_report_data
from tg_pipeline.report.models import Period
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline
from tg_pipeline_tests.report.built_days import NEXT_DAY, PARAMETERS, land_two_days, message


def source(pipeline: Pipeline) -> ReportSource:
    return ReportSource(pipeline.landing, pipeline.lake, PARAMETERS)


def test_landed_updates_become_report_data_of_all_days_in_the_lake(pipeline: Pipeline) -> None:
    land_two_days(pipeline)

    data = load_report_data(source(pipeline))

    assert data is not None
    assert data.period == Period(DAY, NEXT_DAY)
    assert [day.messages for day in data.activity] == [4, 2]
    assert (data.current.messages, data.current.users) == (6, 2)
    assert (data.current.questions, data.current.answered) == (1, 1)
    assert data.current.median_seconds == 60
    assert [row.name for row in data.commands] == ["ajuda"]
    assert [user.name for user in data.users] == ["Ana", "Beatriz"]
    assert [(gap.bot_id, gap.day, gap.missing) for gap in data.health.gaps] == [(BOT, NEXT_DAY, 1)]
    assert [day.quarantined for day in data.health.days] == [1, 0]
    assert not data.health.are_marts_behind
    assert data.health.first_day == DAY


def test_days_with_later_objects_are_late_and_days_never_built_are_missing(
    pipeline: Pipeline,
) -> None:
    land_two_days(pipeline)
    pipeline.land(message(8, "Ana", "tarde"))
    missing = NEXT_DAY + timedelta(days=1)
    pipeline.land(message(9, "Ana", "nova", missing), day=missing)

    data = load_report_data(source(pipeline), Period(DAY, missing))

    assert data is not None
    assert [day.is_late for day in data.health.days] == [True, False, False]
    assert [day.is_missing for day in data.health.days] == [False, False, True]


def test_layers_without_marts_are_reported_as_behind(pipeline: Pipeline) -> None:
    pipeline.land(message(1, "Ana", "oi"))
    pipeline.build(DAY)

    data = load_report_data(source(pipeline))

    assert data is not None
    assert data.health.are_marts_behind
