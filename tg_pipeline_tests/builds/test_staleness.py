"""Which days are stale follows from the tables alone, wherever a build was interrupted."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import obstore
import pyarrow as pa
import pytest

from tg_pipeline.builds import layers
from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.staleness import DayState, DayStatus, stale_days
from tg_pipeline.lake.landing_state import PREFIX, read_state, state_key, write_state
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.enriched.schema import ENRICHMENT_VERSION
from tg_pipeline_tests.conftest import DAY, PARAMETERS, Pipeline

NEXT_DAY = DAY + timedelta(days=1)
TOMORROW = DAY + timedelta(days=9)
POLL = {"update_id": 100, "poll": {"id": "7"}}


def state(pipeline: Pipeline) -> DayState:
    return pipeline.states()[0]


def test_a_day_goes_from_empty_to_missing_to_built_to_late(pipeline: Pipeline) -> None:
    assert state(pipeline).status(TOMORROW) is DayStatus.EMPTY
    pipeline.land(POLL)
    assert state(pipeline).status(TOMORROW) is DayStatus.MISSING
    pipeline.build()
    assert state(pipeline).status(TOMORROW) is DayStatus.BUILT
    pipeline.land({"update_id": 101})
    assert state(pipeline).status(TOMORROW) is DayStatus.LATE
    assert state(pipeline).status(DAY) is DayStatus.OPEN


@pytest.mark.parametrize("last", ["raw", "deduped"])
def test_an_interrupted_build_leaves_the_day_stale(pipeline: Pipeline, last: str) -> None:
    # Given a day that was built, and an object that landed late
    pipeline.land(POLL)
    pipeline.build()
    pipeline.land({"update_id": 101})

    # When its build is interrupted
    pipeline.build_raw()
    if last == "deduped":
        build_deduped_updates(pipeline.lake, DAY, PARAMETERS)

    # Then the day is stale until the build is finished
    assert state(pipeline).is_stale
    assert state(pipeline).status(TOMORROW) is DayStatus.LATE
    build_deduped_updates(pipeline.lake, DAY, PARAMETERS)
    build_enriched_updates(pipeline.lake, DAY, PARAMETERS)
    assert not state(pipeline).is_stale


def test_a_missing_partition_leaves_the_day_stale(pipeline: Pipeline) -> None:
    pipeline.land(POLL)
    pipeline.build()
    pipeline.lose("enriched_updates")

    assert state(pipeline).is_stale
    assert state(pipeline).status(TOMORROW) is DayStatus.MISSING


def test_a_late_object_may_change_the_next_day(pipeline: Pipeline) -> None:
    # Given an update without a time of its own, built on the day it landed
    pipeline.land(POLL, day=NEXT_DAY)
    pipeline.build(DAY)
    pipeline.build(NEXT_DAY)

    # When a copy lands on the day before
    pipeline.land(POLL, day=DAY)

    # Then both days are stale, and after they are built the later copy is gone
    days = [DAY, NEXT_DAY]
    assert stale_days(pipeline.states(*days)) == days
    for day in days:
        pipeline.build(day)
    assert [len(pipeline.rows("enriched_updates", day)) for day in days] == [1, 0]
    assert stale_days(pipeline.states(*days)) == []


def test_an_empty_day_before_changes_nothing(pipeline: Pipeline) -> None:
    pipeline.land(POLL, day=NEXT_DAY)
    pipeline.build(NEXT_DAY)

    pipeline.build(DAY)

    assert stale_days(pipeline.states(DAY, NEXT_DAY)) == []


def test_a_change_of_the_time_zone_makes_a_day_stale_until_it_is_rebuilt_without_reading_it_again(
    pipeline: Pipeline,
) -> None:
    pipeline.land(POLL)
    pipeline.build()
    rows = [pipeline.rows(layer.name) for layer in ALL_LAYERS]

    (changed,) = pipeline.states(parameters=LayerParameters("Asia/Tokyo"))
    built = pipeline.build(parameters=LayerParameters("Asia/Tokyo"))

    assert changed.status(TOMORROW) is DayStatus.LATE
    assert built.raw.objects_read == 0
    assert not pipeline.states(parameters=LayerParameters("Asia/Tokyo"))[0].is_stale
    assert state(pipeline).is_stale
    assert [pipeline.rows(layer.name) for layer in ALL_LAYERS] == rows


def test_other_columns_or_rules_of_enriched_updates_make_a_day_stale(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.land(POLL)
    pipeline.build()

    monkeypatch.setattr(layers, "ENRICHMENT_VERSION", ENRICHMENT_VERSION + 1)

    assert state(pipeline).status(TOMORROW) is DayStatus.LATE
    pipeline.build()
    assert not state(pipeline).is_stale


@pytest.mark.parametrize("damage", [None, b"", b"ARROW1"], ids=["missing", "empty", "cut off"])
def test_a_day_without_its_listing_is_read_again_to_the_same_bytes(
    pipeline: Pipeline, damage: bytes | None
) -> None:
    pipeline.land(POLL)
    pipeline.build()
    before = [pipeline.digest(layer.name) for layer in ALL_LAYERS]

    pipeline.lose(PREFIX)
    if damage is not None:
        obstore.put(pipeline.lake.store, state_key(DAY), damage)

    assert state(pipeline).status(TOMORROW) is DayStatus.LATE
    assert pipeline.build().raw.objects_read == 1
    assert not state(pipeline).is_stale
    assert [pipeline.digest(layer.name) for layer in ALL_LAYERS] == before


def test_a_listing_of_an_earlier_release_is_no_reason_to_read_its_objects_again(
    tmp_path: Path,
) -> None:
    # Given a day in a store with versions, whose listing was stored without them
    pipeline = Pipeline(tmp_path, f"memory://{tmp_path}")
    pipeline.land(POLL, {"update_id": 101})
    pipeline.build()
    found = read_state(pipeline.lake, DAY)
    assert found
    listing, objects = found
    assert objects["version"].null_count == 0
    old = replace(listing, fingerprint=listing.fingerprint.partition("-")[0])
    forgetful = pa.nulls(len(objects), pa.uint32())
    write_state(
        pipeline.lake,
        DAY,
        old,
        objects.set_column(objects.column_names.index("version"), "version", forgetful),
    )

    # Then the day is not stale, and only what is new is read,
    assert not state(pipeline).is_stale
    pipeline.land({"update_id": 102})
    assert pipeline.build().raw.objects_read == 1

    # and from then on the versions are known
    again = read_state(pipeline.lake, DAY)
    assert again
    assert again[1]["version"].null_count == 0
