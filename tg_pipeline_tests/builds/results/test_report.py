"""Report data read from a landing zone and a lake."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pytest

from lambda_ingest.store import StoreError
from tg_pipeline.builds.layers import KnownIds
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.report import (
    ReportSource,
    count_missing,
    is_report_current,
    load_report_data,
    report_state,
    write_report_state,
)
from tg_pipeline.builds.selection import NothingSelectedError, Selection
from tg_pipeline.lake.floors import ALL_DAYS
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.update_ids import BotIds, IdRange, RangesByDay
from tg_pipeline.report.models import Gap, Period, ReportData, Subject, UnprocessedDays
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline
from tg_pipeline_tests.report.built_days import (
    NEXT_DAY,
    PARAMETERS,
    ZONE,
    build,
    land_two_days,
    message,
)


def source(pipeline: Pipeline) -> ReportSource:
    return ReportSource(
        pipeline.landing, pipeline.lake, PARAMETERS, LayerParameters(PARAMETERS.timezone)
    )


def test_landed_days_that_no_run_builds_are_counted_in_the_state_of_the_data(
    pipeline: Pipeline,
) -> None:
    land_two_days(pipeline)
    for number, day in enumerate([date(2015, 1, 1), date(2015, 1, 3), date(2034, 12, 31)], 900):
        pipeline.land({"update_id": number}, day=day)

    dated = replace(source(pipeline), start_date=DAY, today=NEXT_DAY)
    data = load_report_data(dated)

    assert data is not None
    assert data.health.unprocessed == [
        UnprocessedDays(date(2015, 1, 1), date(2015, 1, 3), 2),
        UnprocessedDays(date(2034, 12, 31), date(2034, 12, 31), 1),
    ]


def test_a_published_report_is_current_until_a_table_changes_or_another_day_is_due(
    pipeline: Pipeline,
) -> None:
    # Given a lake whose report was never written, then one whose report was
    land_two_days(pipeline)
    assert not is_report_current(source(pipeline), NEXT_DAY)
    write_report_state(pipeline.lake, report_state(source(pipeline), NEXT_DAY))
    assert is_report_current(source(pipeline), NEXT_DAY)

    # Then it is not that of the day after, nor that of a lake with other tables
    assert not is_report_current(source(pipeline), NEXT_DAY + timedelta(days=1))
    pipeline.lose("threads")
    assert not is_report_current(source(pipeline), NEXT_DAY)


def test_landed_updates_become_report_data_of_all_days_in_the_lake(pipeline: Pipeline) -> None:
    land_two_days(pipeline)

    data = load_report_data(source(pipeline))

    assert data is not None
    assert data.period == Period(DAY, NEXT_DAY)
    assert [day.messages for day in data.activity] == [4, 2]
    assert (data.current.messages, data.current.users) == (6, 2)
    assert (data.current.questions, data.current.issues.by_only_other) == (1, 1)
    assert data.current.issues.median_seconds == 60
    assert [row.name for row in data.commands] == ["ajuda"]
    assert [user.name for user in data.users] == ["Ana", "Beatriz"]
    assert [(gap.bot_id, gap.day, gap.missing) for gap in data.health.gaps] == [(BOT, NEXT_DAY, 1)]
    assert [day.quarantined for day in data.health.days] == [1, 0]
    assert not data.health.are_marts_behind
    assert data.health.first_day == DAY
    alone = load_report_data(source(pipeline), selection=Selection(BOT))
    assert alone is not None
    assert replace(alone, bot=None) == data, "the report on the only bot"


SUPERGROUP = {"id": -1001234567890, "type": "supergroup", "title": "Turma 4"}
OLD_GROUP = {"id": -5, "type": "group", "title": "Turma 4"}
PRIVATE = {"id": 103, "type": "private", "first_name": "Ana"}


def land_two_bots(pipeline: Pipeline) -> None:
    """Land and build a group that became a supergroup, in which a second bot arrives later."""
    moved = message(2, "Ana", "", chat=OLD_GROUP, migrate_to_chat_id=SUPERGROUP["id"])
    del moved["message"]["text"]
    said = [message(3, "Ana", "oi", chat=SUPERGROUP), message(4, "Beatriz", "oi", chat=SUPERGROUP)]
    pipeline.land(
        message(1, "Ana", "alguém aí?", chat=OLD_GROUP),
        moved,
        *said,
    )
    pipeline.land(message(5, "Ana", "oi, bot", NEXT_DAY, chat=PRIVATE), day=NEXT_DAY)
    for update in said:
        pipeline.put(f"8-{update['update_id']}.json", json.dumps(update).encode())
    build(pipeline, DAY, NEXT_DAY)


@pytest.mark.slow
def test_a_report_counts_the_updates_of_one_bot_or_one_chat(pipeline: Pipeline) -> None:
    land_two_bots(pipeline)

    def read(**selection: int) -> tuple[int, int, ReportData]:
        data = load_report_data(source(pipeline), selection=Selection(**selection))
        assert data is not None
        return data.current.messages, data.current.questions, data

    whole = load_report_data(source(pipeline))
    assert whole is not None
    assert (whole.current.messages, whole.current.questions) == (4, 1), "no copies"
    assert read(bot_id=8)[:2] == (2, 0)
    for chat_id in (-5, -1001234567890):
        messages, questions, data = read(chat_id=chat_id)
        assert (messages, questions, [row.questions for row in data.questions]) == (3, 1, [1])
        assert data.chat == Subject(chat_id, "Turma 4")
    assert read(bot_id=7, chat_id=103)[0] == 1
    private = read(chat_id=103)[2]
    assert private.chat == Subject(103, "Ana", is_person=True)
    assert private.period == Period(NEXT_DAY, NEXT_DAY), "the days since its first update"


def test_a_selection_without_updates_is_refused(pipeline: Pipeline) -> None:
    land_two_days(pipeline)

    with pytest.raises(NothingSelectedError, match="no updates of bot 8 and chat -5"):
        load_report_data(source(pipeline), selection=Selection(8, -5))


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


def test_marts_of_an_earlier_version_are_to_be_built_again(pipeline: Pipeline) -> None:
    land_two_days(pipeline)
    with pipeline.lake.writer("threads", None, pa.schema([("bot_id", pa.int64())])) as output:
        output.commit()

    with pytest.raises(StoreError, match=r"can't be read: .* tg-pipeline run brings them up to"):
        load_report_data(source(pipeline))


def test_layers_without_marts_are_reported_as_behind(pipeline: Pipeline) -> None:
    pipeline.land(message(1, "Ana", "oi"))
    pipeline.build(DAY)

    data = load_report_data(source(pipeline))

    assert data is not None
    assert data.health.are_marts_behind


def known_ids(*landed: tuple[date, int, list[IdRange]]) -> KnownIds:
    """Return what the footers state of days with a bot and the ranges of its update ids."""
    days = {day: {bot: BotIds(1, 0, 0, 1, ranges)} for day, bot, ranges in landed}
    return KnownIds(RangesByDay(days), {}, {}, (), ALL_DAYS)


def test_missing_update_ids_are_counted_before_the_updates_of_each_bot_and_day() -> None:
    later = NEXT_DAY + timedelta(days=1)
    of_bot = [(DAY, BOT, [(1, 9), (12, 20)]), (later, BOT, [(26, 30)])]
    known = known_ids(*of_bot, (NEXT_DAY, BOT + 1, [(500, 500)]))

    assert count_missing(known, Period(DAY, NEXT_DAY)) == [Gap(BOT, DAY, 2)]
    assert count_missing(known, Period(NEXT_DAY, later)) == [Gap(BOT, later, 5)]


def test_ids_are_not_missing_if_another_day_has_them_or_the_numbering_may_have_restarted() -> None:
    a_week_later = DAY + timedelta(days=7)
    around_midnight = known_ids((DAY, BOT, [(10, 10), (12, 12)]), (NEXT_DAY, BOT, [(11, 11)]))
    restarted = known_ids((DAY, BOT, [(10, 10)]), (a_week_later, BOT, [(900, 900)]))

    assert count_missing(around_midnight, Period(DAY, DAY)) == []
    assert count_missing(restarted, Period(DAY, a_week_later)) == []


def test_the_newest_arrival_is_that_of_the_period_in_the_zone_of_the_report(
    pipeline: Pipeline,
) -> None:
    land_two_days(pipeline)
    with pipeline.lake.open(ENRICHED_UPDATES.name, DAY) as partition:
        arrived = [t for batch in partition.project(["received_at"]) for t in batch[0].to_pylist()]

    data = load_report_data(source(pipeline), Period(DAY, DAY))

    assert data is not None
    assert data.health.last_landed == max(arrived)
    assert str(data.health.last_landed.tzinfo) == ZONE
    empty = load_report_data(source(pipeline), Period(DAY, DAY).previous())
    assert empty is not None
    assert empty.health.last_landed is None
