"""A mart follows its sources: built when they change, and byte for byte the same when not."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tg_pipeline.builds.layers import Conservation
from tg_pipeline.builds.marts import MartBuilder, mart_builder
from tg_pipeline.marts import duckdb_engine as engine
from tg_pipeline.marts.catalog import ALL_MARTS, DAILY_MARTS
from tg_pipeline.marts.daily import DAILY_ACTIVITY, HOURLY_ACTIVITY
from tg_pipeline.marts.mart import Mart
from tg_pipeline_tests.builds.mart_days import NINE, ZONE, build_all, files, said, whole
from tg_pipeline_tests.conftest import DAY, Pipeline

NEXT_DAY = DAY + timedelta(days=1)

ANA = {"id": 1, "is_bot": False, "first_name": "Ana"}
CHAT = {"id": -100, "type": "supergroup", "title": "Turma"}
EVENTS = [
    said(1),
    said(2, "/ajuda", entities=[{"type": "bot_command", "offset": 0, "length": 6}]),
    {
        "update_id": 3,
        "message_reaction": {
            "chat": CHAT,
            "message_id": 1,
            "user": ANA,
            "date": NINE,
            "old_reaction": [],
            "new_reaction": [{"type": "emoji", "emoji": "👍"}],
        },
    },
    {
        "update_id": 4,
        "chat_member": {
            "chat": CHAT,
            "from": ANA,
            "date": NINE,
            "old_chat_member": {"user": ANA, "status": "left"},
            "new_chat_member": {"user": ANA, "status": "member"},
        },
    },
]
"""Something for every mart of a day."""


@pytest.fixture
def builder(pipeline: Pipeline) -> Iterator[MartBuilder]:
    with mart_builder(pipeline.lake, ZONE) as opened:
        yield opened


def written(number: int) -> bytes:
    return json.dumps(said(number)).encode()


def test_marts_that_are_deleted_come_out_the_same_on_any_machine(
    pipeline: Pipeline, builder: MartBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given enough messages for several threads to share the work
    pipeline.land_batch("many", *map(written, range(1, 20_000)))
    pipeline.build()
    build_all(builder, DAY)
    before = files(pipeline)

    # When the marts are deleted and built again, by one thread
    for mart in ALL_MARTS:
        shutil.rmtree(pipeline.folder / "lake" / mart.name)
    monkeypatch.setattr(engine, "MOST_THREADS", 1)
    with mart_builder(pipeline.lake, ZONE) as alone:
        build_all(alone, DAY)

    # Then every object has the same bytes
    assert len(before) == len(ALL_MARTS)
    assert files(pipeline) == before


def test_what_is_unchanged_is_not_written_again(pipeline: Pipeline, builder: MartBuilder) -> None:
    pipeline.land(said(1), said(2, "assim"))
    pipeline.build()

    assert all(build_all(builder, DAY).values())
    assert not any(build_all(builder, DAY).values())
    pipeline.build(full=True)
    assert not any(build_all(builder, DAY).values()), "the same bytes are the same source"


def test_what_lands_late_is_in_the_marts_of_its_day_and_of_all_days(
    pipeline: Pipeline, builder: MartBuilder
) -> None:
    # Given two days that are built
    pipeline.land(said(1), day=DAY)
    pipeline.land(said(2, date=NINE + 86_400), day=NEXT_DAY)
    for day in (DAY, NEXT_DAY):
        pipeline.build(day)
    build_all(builder, DAY, NEXT_DAY)

    # When something lands late on the first
    pipeline.land(said(3, "tarde"), day=DAY)
    pipeline.build(DAY)
    new = build_all(builder, DAY, NEXT_DAY)

    # Then that day's marts are written anew, the next day's are not, and all see the message
    assert all(is_new for name, is_new in new.items() if str(NEXT_DAY) not in name)
    assert not any(is_new for name, is_new in new.items() if str(NEXT_DAY) in name)
    assert [row["messages"] for row in pipeline.rows("daily_activity")] == [2]
    assert len(whole(pipeline, "messages")) == 3


@pytest.mark.parametrize("mart", DAILY_MARTS, ids=lambda mart: mart.name)
def test_days_that_are_built_together_come_out_as_each_alone(
    pipeline: Pipeline, builder: MartBuilder, mart: Mart
) -> None:
    # Given days in which much happens, nothing, and something; and one that was never built
    days = [DAY + timedelta(days=number) for number in range(4)]
    pipeline.land(*EVENTS, day=days[0])
    pipeline.land(said(9, "/ajuda", date=NINE + 2 * 86_400), day=days[2])
    for day in days[:3]:
        pipeline.build(day)
    alone = [builder.build(mart, day) for day in days]
    before = files(pipeline)

    # When the days are built together
    shutil.rmtree(pipeline.folder / "lake" / mart.name)
    together = builder.build_days(mart, days)

    # Then every object has the same bytes, and every day its own counts
    assert files(pipeline) == before
    assert len(before) == len(days)
    assert together == alone
    assert together[0].written.rows > 0
    assert all(built.balance is None or built.balance.holds for built in together)


def test_of_days_that_are_asked_for_only_those_that_are_due_are_made(
    pipeline: Pipeline, builder: MartBuilder
) -> None:
    # Given three days of which the second has changed
    days = [DAY + timedelta(days=number) for number in range(3)]
    for number, day in enumerate(days):
        pipeline.land(said(number + 1, date=NINE + number * 86_400), day=day)
        pipeline.build(day)
    builder.build_days(DAILY_ACTIVITY, days)
    pipeline.land(said(9, date=NINE + 86_400), day=days[1])
    pipeline.build(days[1])

    # When all three are asked for
    built = builder.build_days(DAILY_ACTIVITY, days)

    # Then that one is written, and all are weighed
    assert [each.is_new for each in built] == [False, True, False]
    assert [each.balance for each in built] == [
        Conservation(day, count, count) for day, count in zip(days, (1, 2, 1), strict=True)
    ]


def test_a_new_wording_of_a_mart_is_built(pipeline: Pipeline, builder: MartBuilder) -> None:
    pipeline.land(said(1))
    pipeline.build()
    builder.build(DAILY_ACTIVITY, DAY)
    reworded = replace(DAILY_ACTIVITY, answers="The same, said in other words.")

    assert builder.build(reworded, DAY).is_new


def test_another_time_zone_is_another_mart_where_it_matters(
    pipeline: Pipeline, builder: MartBuilder
) -> None:
    pipeline.land(said(1))
    pipeline.build()
    build_all(builder, DAY)

    with mart_builder(pipeline.lake, "Asia/Tokyo") as elsewhere:
        assert elsewhere.build(HOURLY_ACTIVITY, DAY).is_new
        assert not elsewhere.build(DAILY_ACTIVITY, DAY).is_new

    assert [row["hour"] for row in pipeline.rows("hourly_activity")] == [21]


def test_the_machine_s_own_time_zone_does_not_matter(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.land(said(1))
    pipeline.build()
    monkeypatch.setenv("TZ", "Asia/Tokyo")

    with mart_builder(pipeline.lake, ZONE) as builder:
        builder.build(HOURLY_ACTIVITY, DAY)

    assert [row["hour"] for row in pipeline.rows("hourly_activity")] == [9]
