"""A mart follows its sources: built if they changed, and otherwise byte for byte the same."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from lambda_ingest.store import StoreError
from lambda_ingest.synthetic.updates import FIRST_SYNTHETIC_ID
from tg_pipeline.builds import marts
from tg_pipeline.builds.layers import Conservation
from tg_pipeline.builds.mart_sources import cumulative_marts_are_stale, days_with_stale_marts
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.lake.floors import ALL_DAYS
from tg_pipeline.lake.footers import Footers
from tg_pipeline.marts import duckdb_engine
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS, STORED_MARTS
from tg_pipeline.marts.cumulative import MESSAGES
from tg_pipeline.marts.daily import DAILY_ACTIVITY, HOURLY_ACTIVITY, USER_ACTIVITY
from tg_pipeline.marts.duckdb_engine import run_query
from tg_pipeline.marts.mart import MartParameters, each_day
from tg_pipeline_tests.builds.marts.mart_days import NINE, PARAMETERS, build_all, files, said, whole
from tg_pipeline_tests.built_marts import MartBuilds
from tg_pipeline_tests.conftest import DAY, Pipeline

NEXT_DAY = DAY + timedelta(days=1)

IN_TOKYO = MartParameters("Asia/Tokyo")

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
    {
        "update_id": 5,
        "my_chat_member": {
            "chat": {"id": 1, "type": "private"},
            "from": ANA,
            "date": NINE,
            "old_chat_member": {"user": {"id": 7}, "status": "member"},
            "new_chat_member": {"user": {"id": 7}, "status": "kicked"},
        },
    },
    {"update_id": 6, "callback_query": {"id": "1", "from": ANA, "data": "menu:1"}},
    {"update_id": FIRST_SYNTHETIC_ID, "bot_call": {"date": NINE, "method": "sendMessage"}},
]
"""Something for every mart of a day."""


@pytest.fixture
def builder(pipeline: Pipeline) -> MartBuilds:
    return MartBuilds(pipeline.lake, PARAMETERS)


def build_night(pipeline: Pipeline, *days: date) -> dict[str, bool]:
    """Build every mart with one builder, and return which partitions were written."""
    with mart_builder(pipeline.lake, PARAMETERS) as builder:
        return build_all(builder, *days)


def written(number: int) -> bytes:
    return json.dumps(said(number)).encode()


def test_marts_have_the_same_bytes_with_any_number_of_threads(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given enough messages for several threads to share the work
    pipeline.land_batch("many", *map(written, range(1, 5_000)))
    pipeline.build()
    build_night(pipeline, DAY)
    before = files(pipeline)

    # When the marts are deleted and built again, by one thread
    for mart in STORED_MARTS:
        shutil.rmtree(pipeline.folder / "lake" / mart.name)
    monkeypatch.setattr(duckdb_engine, "MAX_THREADS", 1)
    build_night(pipeline, DAY)

    # Then every object has the same bytes
    assert len(before) == len(STORED_MARTS)
    assert files(pipeline) == before


def test_a_mart_is_written_again_only_if_its_sources_or_its_definition_changed(
    pipeline: Pipeline, builder: MartBuilds
) -> None:
    pipeline.land(said(1), said(2, "assim"))
    pipeline.build()

    assert all(build_night(pipeline, DAY).values())
    pipeline.build(full=True)
    assert not any(build_night(pipeline, DAY).values()), "the same bytes are the same source"
    changed = replace(DAILY_ACTIVITY, description="The same in other words.")
    (built,) = builder.build_days(changed, [DAY])
    assert built.is_new


def test_a_late_message_changes_the_marts_of_its_day_and_those_of_all_days(
    pipeline: Pipeline,
) -> None:
    # Given two days that are built
    pipeline.land(said(1), day=DAY)
    pipeline.land(said(2, date=NINE + 86_400), day=NEXT_DAY)
    for day in (DAY, NEXT_DAY):
        pipeline.build(day)
    build_night(pipeline, DAY, NEXT_DAY)

    # When something lands late on the first
    pipeline.land(said(3, "tarde"), day=DAY)
    pipeline.build(DAY)
    new = build_night(pipeline, DAY, NEXT_DAY)

    # Then that day's marts are rewritten, those of the next day that look back, and all have the
    # message, each on its day
    old = {n for n, is_new in new.items() if not is_new and str(NEXT_DAY) not in n}
    assert old == {"chats None"}, "nothing new in it"
    rewritten = {name for name, is_new in new.items() if is_new and str(NEXT_DAY) in name}
    assert rewritten == {f"{mart.name} {NEXT_DAY}" for mart in DAILY_MARTS if mart.lookback_days}
    assert [row["messages"] for row in pipeline.rows("daily_activity")] == [2]
    assert [row["messages"] for row in pipeline.rows("daily_activity", NEXT_DAY)] == [1]
    assert len(whole(pipeline, "messages")) == 3


def test_days_built_together_have_the_bytes_of_days_built_alone(pipeline: Pipeline) -> None:
    # Given days in which much happens, nothing, and something; and one that was never built
    days = [DAY + timedelta(days=number) for number in range(4)]
    pipeline.land(*EVENTS, day=days[0])
    pipeline.land(said(9, "/ajuda", date=NINE + 2 * 86_400), day=days[2])
    for day in days[:3]:
        pipeline.build(day)
    with mart_builder(pipeline.lake, PARAMETERS) as builder:
        alone = [
            [each for day in days for each in builder.build_days(mart, [day])]
            for mart in DAILY_MARTS
        ]
    before = files(pipeline)

    # When the days are built together
    for mart in DAILY_MARTS:
        shutil.rmtree(pipeline.folder / "lake" / mart.name)
    with mart_builder(pipeline.lake, PARAMETERS) as builder:
        together = [builder.build_days(mart, days) for mart in DAILY_MARTS]

    # Then every object has the same bytes, and every day its own counts
    assert files(pipeline) == before
    assert len(before) == len(days) * len(DAILY_MARTS)
    assert together == alone
    for built in together:
        assert built[0].written.rows > 0
        assert all(each.conservation is None or each.conservation.holds for each in built)


def test_only_the_stale_ones_of_several_days_are_written(
    pipeline: Pipeline, builder: MartBuilds
) -> None:
    # Given three days of which the second has changed
    days = [DAY + timedelta(days=number) for number in range(3)]
    for number, day in enumerate(days):
        pipeline.land(said(number + 1, date=NINE + number * 86_400), day=day)
        pipeline.build(day)
    builder.build_days(HOURLY_ACTIVITY, days)
    pipeline.land(said(9, date=NINE + 86_400), day=days[1])
    pipeline.build(days[1])

    # When all three are built
    built = builder.build_days(HOURLY_ACTIVITY, days)

    # Then that one is written, and the conservation of all is checked
    assert [each.is_new for each in built] == [False, True, False]
    assert [each.conservation for each in built] == [
        Conservation(day, count, count) for day, count in zip(days, (1, 2, 1), strict=True)
    ]


def test_only_the_configured_time_zone_matters_and_another_one_makes_marts_stale(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given marts built on a machine in another time zone
    pipeline.land(said(1))
    pipeline.build()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    build_night(pipeline, DAY)
    assert [row["hour"] for row in pipeline.rows("hourly_activity")] == [9]

    # When the configured time zone changes
    with mart_builder(pipeline.lake, IN_TOKYO) as elsewhere:
        assert elsewhere.build_days(HOURLY_ACTIVITY, [DAY])[0].is_new
        assert not elsewhere.build_days(DAILY_ACTIVITY, [DAY])[0].is_new

    # Then the marts that depend on it are rebuilt
    assert [row["hour"] for row in pipeline.rows("hourly_activity")] == [21]


def stale(pipeline: Pipeline) -> list[date]:
    return days_with_stale_marts(pipeline.lake, [DAY, NEXT_DAY], PARAMETERS, ALL_DAYS)


def test_a_day_is_stale_until_its_last_mart_is_built_and_again_if_it_changes(
    pipeline: Pipeline, builder: MartBuilds
) -> None:
    # Given a day that becomes stale once its layers are built
    pipeline.land(said(1))
    assert stale(pipeline) == []
    pipeline.build()

    # When its marts are built, it is stale until the last one is
    for mart in DAILY_MARTS:
        assert stale(pipeline) == [DAY]
        builder.build_days(mart, [DAY])
    assert stale(pipeline) == []

    # Then it is stale in another time zone, and once it has another message
    assert days_with_stale_marts(pipeline.lake, [DAY], IN_TOKYO, ALL_DAYS) == [DAY]
    pipeline.land(said(2))
    pipeline.build()
    assert stale(pipeline) == [DAY]

    # And a day on which nothing landed is stale if marts of it look back to a day that changed
    pipeline.build(NEXT_DAY)
    build_night(pipeline, DAY, NEXT_DAY)
    pipeline.land(said(3))
    pipeline.build()
    assert stale(pipeline) == [DAY, NEXT_DAY]


def test_cumulative_marts_are_stale_until_all_are_built_and_if_a_day_is_added(
    pipeline: Pipeline, builder: MartBuilds
) -> None:
    # Given a day
    pipeline.land(said(1))
    pipeline.build()

    # When the marts are built, they are stale until the last one is
    for mart in CUMULATIVE_MARTS:
        assert cumulative_marts_are_stale(Footers(pipeline.lake), PARAMETERS)
        builder.build(mart)
    assert not cumulative_marts_are_stale(Footers(pipeline.lake), PARAMETERS)

    # Then they are stale in another time zone, and after a day is added
    assert cumulative_marts_are_stale(Footers(pipeline.lake), IN_TOKYO)
    pipeline.build(NEXT_DAY)
    assert cumulative_marts_are_stale(Footers(pipeline.lake), PARAMETERS)


def test_wildcards_in_the_name_of_the_lake_s_folder_have_no_effect(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    odd = Pipeline(new_pipeline().folder / "d'água [1] * ?{a,b}")
    odd.land(said(1))
    odd.build()

    build_night(odd, DAY)

    assert len(whole(odd, "messages")) == 1


def test_a_footer_describes_the_rows_that_were_read_if_a_source_is_replaced_meanwhile(
    pipeline: Pipeline, builder: MartBuilds, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a source that is replaced just before a mart's query runs
    pipeline.land(said(1))
    pipeline.build()

    def replace_source_and_run(*arguments: Any) -> Iterator[pa.RecordBatch]:
        pipeline.land(said(2))
        pipeline.build()
        return run_query(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(marts, "run_query", replace_source_and_run)
        (built,) = builder.build_days(DAILY_ACTIVITY, [DAY])

    # Then the mart has the rows of the old source, and is stale
    assert built.conservation == Conservation(DAY, 1, 1)
    assert [row["messages"] for row in pipeline.rows("daily_activity")] == [1]
    assert builder.build_days(DAILY_ACTIVITY, [DAY])[0].is_new
    assert [row["messages"] for row in pipeline.rows("daily_activity")] == [2]


def test_a_damaged_mart_is_rebuilt_and_a_damaged_source_named(
    pipeline: Pipeline, builder: MartBuilds
) -> None:
    pipeline.land(said(1))
    pipeline.build()
    builder.build(MESSAGES)
    mart = pipeline.folder / "lake" / "messages" / "month=2026-10" / "part-0.parquet"
    whole_mart = mart.read_bytes()

    # A damaged mart is rebuilt
    mart.write_bytes(whole_mart[:-10])
    assert builder.build(MESSAGES)[0].is_new
    assert mart.read_bytes() == whole_mart

    # If a source is damaged, the error names it, and the mart is kept
    (source,) = (pipeline.folder / "lake" / "enriched_updates").rglob("*.parquet")
    source.write_bytes(b"no Parquet")
    with (
        pytest.raises(StoreError, match="enriched_updates/context_date=2026-10-07"),
        mart_builder(pipeline.lake, PARAMETERS) as new_builder,
    ):
        new_builder.build(MESSAGES)
    assert mart.read_bytes() == whole_mart


def test_a_day_that_loses_rows_breaks_its_conservation_rule_and_is_built_by_each_build(
    pipeline: Pipeline, builder: MartBuilds
) -> None:
    # Given a mart that is to hold every update, though its query reads messages only
    assert DAILY_ACTIVITY.conservation_rule
    stricter = replace(
        DAILY_ACTIVITY.conservation_rule, input_rows=each_day("count(*)", "enriched_updates")
    )
    pipeline.land(said(1), {"update_id": 2, "poll": {"id": "7"}})
    pipeline.build()

    for _ in range(2):
        (built,) = builder.build_days(replace(DAILY_ACTIVITY, conservation_rule=stricter), [DAY])
        counts = built.conservation
        assert built.is_new
        assert counts
        assert (counts.input_rows, counts.output_rows, counts.holds) == (2, 1, False)
    assert len(pipeline.rows("daily_activity")) == 1


def test_an_update_of_nobody_is_no_activity_of_a_person(
    pipeline: Pipeline, builder: MartBuilds
) -> None:
    nobody = {"id": 0, "is_bot": False, "first_name": "?"}
    pipeline.land(said(1), said(2) | {"message": said(2)["message"] | {"from": nobody}})
    pipeline.build()

    (built,) = builder.build_days(USER_ACTIVITY, [DAY])

    assert built.conservation
    assert built.conservation.holds
    assert [row["messages"] for row in pipeline.rows("user_activity")] == [1]


def test_a_month_that_loses_rows_is_counted_again_by_each_build(
    pipeline: Pipeline, builder: MartBuilds
) -> None:
    # Given a monthly mart that is to hold every update, though its query reads messages only
    assert MESSAGES.conservation_rule
    stricter = replace(
        MESSAGES.conservation_rule, input_rows="FROM enriched_updates SELECT count(*)"
    )
    lossy = replace(MESSAGES, conservation_rule=stricter)
    pipeline.land(said(1), {"update_id": 2, "poll": {"id": "7"}})
    pipeline.build()

    for _ in range(2):
        (built,) = builder.build(lossy)
        assert built.conservation
        assert not built.conservation.holds
    assert len(whole(pipeline, "messages")) == 1
