"""A damaged partition is built again from what is below it, and never stops another day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import obstore
import pytest

from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.monitoring.damage import (
    LostPartitionError,
    Repairs,
    mark_found,
    partitions_of,
    verify_lake,
)
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import LandingSource
from tg_pipeline.builds.staleness import DayStatus, stale_days
from tg_pipeline.lake.floors import Floors
from tg_pipeline.lake.partitions import DamagedPartitionError, Lake, partition_key
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.marts.daily import DAILY_ACTIVITY
from tg_pipeline_tests.builds.marts.mart_days import PARAMETERS as MART_PARAMETERS
from tg_pipeline_tests.builds.marts.mart_days import said
from tg_pipeline_tests.conftest import BOT, DAY, PARAMETERS, Pipeline
from tg_pipeline_tests.fakes.flipped_bits import flip_value

LAYERS = [layer.name for layer in ALL_LAYERS]
NEXT_DAY = DAY + timedelta(days=1)
EXPIRED = replace(PARAMETERS, floors=Floors(landing=DAY + timedelta(days=9)))


@pytest.fixture
def built(pipeline: Pipeline) -> Pipeline:
    """Two days that are built, the first with an unreadable line."""
    pipeline.land(said(1), said(2))
    pipeline.put("42-7.json", b"no update")
    pipeline.land(said(3), day=NEXT_DAY)
    for day in (DAY, NEXT_DAY):
        pipeline.build(day)
    return pipeline


def path_of(pipeline: Pipeline, layer: str, day: date | None = DAY) -> Path:
    assert pipeline.lake.folder
    return pipeline.lake.folder / partition_key(layer, day)


def flip(pipeline: Pipeline, layer: str, day: date | None = DAY) -> bytes:
    """Flip a bit in the values of a partition; return the content before."""
    return flip_value(path_of(pipeline, layer, day))


def truncate(pipeline: Pipeline, layer: str, day: date | None = DAY) -> bytes:
    path = path_of(pipeline, layer, day)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return content


def repairs(
    pipeline: Pipeline, warnings: list[str], parameters: LayerParameters = PARAMETERS
) -> Repairs:
    source = LandingSource(pipeline.landing, bot_id=0)
    return Repairs(source, pipeline.lake, parameters, warnings.append)


Damage = Callable[[Pipeline, str], bytes]


@pytest.mark.parametrize("damage", [flip, truncate], ids=["flipped bit", "cut off"])
@pytest.mark.parametrize("layer", ["raw_updates", "deduped_updates"])
def test_a_build_that_meets_a_damaged_layer_rebuilds_it_from_the_layer_below(
    built: Pipeline, layer: str, damage: Damage
) -> None:
    whole = {name: path_of(built, name).read_bytes() for name in LAYERS}
    damage(built, layer)
    build = build_deduped_updates if layer == "raw_updates" else build_enriched_updates
    warnings: list[str] = []

    repairs(built, warnings).run(DAY, lambda: build(built.lake, DAY, PARAMETERS))

    assert {name: path_of(built, name).read_bytes() for name in LAYERS} == whole
    (warning,) = warnings
    assert warning.startswith(f"{layer} of {DAY} was damaged")
    assert built.states()[0].status(NEXT_DAY) is DayStatus.BUILT


def test_layers_that_are_all_damaged_are_rebuilt_from_the_landing_zone(built: Pipeline) -> None:
    whole = {name: flip(built, name) for name in LAYERS if name != "enriched_updates"}
    warnings: list[str] = []

    repairs(built, warnings).run(DAY, lambda: build_enriched_updates(built.lake, DAY, PARAMETERS))

    assert {name: path_of(built, name).read_bytes() for name in whole} == whole
    assert len(warnings) == 2


def test_a_day_whose_landed_objects_have_expired_fails_alone_and_keeps_its_file(
    built: Pipeline,
) -> None:
    flip(built, "raw_updates")
    damaged = path_of(built, "raw_updates").read_bytes()
    warnings: list[str] = []
    both = repairs(built, warnings, EXPIRED)

    with pytest.raises(LostPartitionError) as caught:
        both.run(DAY, lambda: build_deduped_updates(built.lake, DAY, EXPIRED))
    left = both.run_among(
        [DAY, NEXT_DAY], DAY, lambda: build_deduped_updates(built.lake, DAY, EXPIRED)
    )
    both.run(NEXT_DAY, lambda: build_deduped_updates(built.lake, NEXT_DAY, EXPIRED))

    assert left is None
    assert "raw_updates of 2026-10-07" in str(caught.value)
    assert "has expired" in str(caught.value)
    assert str(path_of(built, "raw_updates")) in str(caught.value)
    assert path_of(built, "raw_updates").read_bytes() == damaged


def test_a_file_of_another_day_adds_no_row_to_this_day(built: Pipeline) -> None:
    contents = {layer: path_of(built, layer).read_bytes() for layer in LAYERS}
    for layer in LAYERS:
        path_of(built, layer).write_bytes(path_of(built, layer, NEXT_DAY).read_bytes())

    built.build(DAY)

    assert {layer: path_of(built, layer).read_bytes() for layer in LAYERS} == contents


@pytest.mark.parametrize("is_known", [False, True], ids=["since", "before the last build"])
def test_rows_of_objects_that_are_gone_are_not_given_up_silently(
    built: Pipeline, *, is_known: bool
) -> None:
    obstore.delete(built.landing, f"telegram/context_date={DAY}/{BOT}-1.json")
    if is_known:
        built.build(full=True)
    flip(built, "raw_updates")
    before = path_of(built, "raw_updates").read_bytes()

    with pytest.raises(LostPartitionError, match=r"1 of the objects .* --full"):
        repairs(built, []).run(DAY, lambda: build_deduped_updates(built.lake, DAY, PARAMETERS))

    assert path_of(built, "raw_updates").read_bytes() == before


@pytest.mark.parametrize("layer", LAYERS)
def test_a_damaged_day_is_stale_and_the_other_days_keep_their_status(
    built: Pipeline, layer: str
) -> None:
    truncate(built, layer)

    states = built.states(DAY, NEXT_DAY)

    today = NEXT_DAY + timedelta(days=1)
    assert states[0].status(today) is DayStatus.DAMAGED
    assert DAY in stale_days(states)
    assert states[1].status(today) in {DayStatus.BUILT, DayStatus.LATE}
    built.build(full=True)
    built.build(NEXT_DAY)
    assert [state.status(today) for state in built.states(DAY, NEXT_DAY)] == [DayStatus.BUILT] * 2


def test_a_search_finds_each_damaged_partition_and_what_can_t_be_rebuilt(built: Pipeline) -> None:
    with mart_builder(built.lake, MART_PARAMETERS) as builder:
        builder.build_days(DAILY_ACTIVITY, [DAY])
    for layer in ("raw_updates", "enriched_updates", "daily_activity"):
        flip(built, layer)
    every = partitions_of(built.lake, None)

    found = verify_lake(built.landing, built.lake, PARAMETERS.floors, every)
    expired = verify_lake(built.landing, built.lake, EXPIRED.floors, every)

    names = ["raw_updates", "enriched_updates", "daily_activity"]
    assert [(each.layer, each.day) for each in found.damaged] == [(name, DAY) for name in names]
    assert not any(isinstance(each, LostPartitionError) for each in found.damaged)
    lost = [each.layer for each in expired.damaged if isinstance(each, LostPartitionError)]
    assert lost == ["raw_updates"]
    assert found.partitions == len(every)
    assert partitions_of(built.lake, (NEXT_DAY, NEXT_DAY)) == [(name, NEXT_DAY) for name in LAYERS]


def test_what_a_search_found_is_stale_until_it_is_rebuilt_or_restored(built: Pipeline) -> None:
    whole = flip(built, "raw_updates")
    flip(built, "deduped_updates", NEXT_DAY)
    every = partitions_of(built.lake, None)
    today = NEXT_DAY + timedelta(days=1)

    mark_found(built.lake, every, verify_lake(built.landing, built.lake, PARAMETERS.floors, every))

    assert [state.status(today) for state in built.states(DAY, NEXT_DAY)] == [DayStatus.DAMAGED] * 2
    assert stale_days(built.states(DAY, NEXT_DAY)) == [DAY, NEXT_DAY]
    # One is restored from a backup, the other is built again
    path_of(built, "raw_updates").write_bytes(whole)
    built.build(NEXT_DAY)
    mark_found(built.lake, every, verify_lake(built.landing, built.lake, PARAMETERS.floors, every))
    assert [state.status(today) for state in built.states(DAY, NEXT_DAY)] == [DayStatus.BUILT] * 2
    assert not built.objects("damaged")


def test_a_flipped_bit_in_a_mart_or_its_source_never_reaches_a_mart(built: Pipeline) -> None:
    with mart_builder(built.lake, MART_PARAMETERS) as builder:
        builder.build_days(DAILY_ACTIVITY, [DAY])
        whole = flip(built, "daily_activity")

        # The mart is up to date by its footer, and is built again.
        assert builder.build_days(DAILY_ACTIVITY, [DAY])[0].is_new
        assert path_of(built, "daily_activity").read_bytes() == whole

    # A builder compares the checksums of what it reads once.
    flip(built, "enriched_updates")
    with mart_builder(built.lake, MART_PARAMETERS) as builder:
        with pytest.raises(DamagedPartitionError, match=f"enriched_updates of {DAY}"):
            builder.build_days(DAILY_ACTIVITY, [DAY])
        repairs(built, []).run(None, lambda: builder.build_days(DAILY_ACTIVITY, [DAY]))
    assert path_of(built, "daily_activity").read_bytes() == whole
    assert Lake(built.lake_uri).footer("enriched_updates", DAY)
