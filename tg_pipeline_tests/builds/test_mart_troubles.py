"""Marts in lakes of any kind, of damaged objects, and of rows that went missing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lambda_ingest.store import StoreError
from tg_pipeline.builds.marts import MartBuilder, mart_builder
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.marts.catalog import ALL_MARTS
from tg_pipeline.marts.cumulative import MESSAGES
from tg_pipeline.marts.daily import DAILY_ACTIVITY
from tg_pipeline.marts.mart import Mart, each_day
from tg_pipeline_tests.builds.mart_days import ZONE, build_all, said, whole
from tg_pipeline_tests.conftest import DAY, Pipeline


@pytest.fixture
def builder(pipeline: Pipeline) -> Iterator[MartBuilder]:
    with mart_builder(pipeline.lake, ZONE) as opened:
        yield opened


def test_a_lake_that_is_no_disk_has_the_same_marts(pipeline: Pipeline, tmp_path: Path) -> None:
    # Given a day in a lake on the disk, and the same in memory
    pipeline.land(said(1), said(2, "assim"))
    pipeline.build()
    memory = Lake(f"memory://{tmp_path}")
    with (
        pipeline.lake.open("enriched_updates", DAY) as source,
        memory.writer("enriched_updates", DAY, next(source.batches()).schema) as copy,
    ):
        for batch in source.batches():
            copy.write(batch)
        copy.commit()

    # When both have their marts built
    for lake in (pipeline.lake, memory):
        with mart_builder(lake, ZONE) as builder:
            build_all(builder, DAY)

    # Then they hold the same rows
    for mart in ALL_MARTS:
        day = DAY if mart.is_daily else None
        with pipeline.lake.open(mart.name, day) as one, memory.open(mart.name, day) as other:
            assert list(one.batches()) == list(other.batches())


def test_a_lake_in_a_folder_with_an_odd_name_is_read_as_it_is(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    odd = Pipeline(new_pipeline().folder / "d'água [1] * ?{a,b}")
    odd.land(said(1))
    odd.build()

    with mart_builder(odd.lake, ZONE) as builder:
        build_all(builder, DAY)

    assert len(whole(odd, "messages")) == 1


def test_a_damaged_mart_is_built_anew(pipeline: Pipeline, builder: MartBuilder) -> None:
    pipeline.land(said(1))
    pipeline.build()
    builder.build(MESSAGES)
    path = pipeline.folder / "lake" / "messages" / "part-0.parquet"
    path.write_bytes(path.read_bytes()[:-10])

    assert builder.build(MESSAGES).is_new
    assert len(whole(pipeline, "messages")) == 1


def test_a_damaged_source_is_named_and_the_old_mart_stands(pipeline: Pipeline) -> None:
    pipeline.land(said(1))
    pipeline.build()
    with mart_builder(pipeline.lake, ZONE) as builder:
        builder.build(MESSAGES)
    path = pipeline.folder / "lake" / "enriched_updates" / f"context_date={DAY}" / "part-0.parquet"
    path.write_bytes(b"no Parquet")

    with (
        pytest.raises(StoreError, match="enriched_updates/context_date=2026-10-07"),
        mart_builder(pipeline.lake, ZONE) as builder,
    ):
        builder.build(MESSAGES)

    assert len(whole(pipeline, "messages")) == 1


def test_a_mart_that_loses_rows_is_found_out(pipeline: Pipeline, builder: MartBuilder) -> None:
    # Given a mart that is to hold every update, though its query reads messages only
    assert DAILY_ACTIVITY.law
    stricter = replace(DAILY_ACTIVITY.law, input_rows=each_day("count(*)", "enriched_updates"))
    pipeline.land(said(1), {"update_id": 2, "poll": {"id": "7"}})
    pipeline.build()

    balance = builder.build(replace(DAILY_ACTIVITY, law=stricter), DAY).balance

    assert balance
    assert (balance.input_rows, balance.output_rows, balance.holds) == (2, 1, False)


@pytest.mark.parametrize("mart", ALL_MARTS, ids=lambda mart: mart.name)
def test_a_day_that_was_never_built_has_an_empty_mart(builder: MartBuilder, mart: Mart) -> None:
    built = builder.build(mart, DAY if mart.is_daily else None)

    assert built.written.rows == 0
    assert built.balance is None or built.balance.holds
