"""A day built on Spark is the day that one process builds: the same bytes, and the same counts."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import obstore
import pyarrow as pa
import pytest

from lambda_ingest.privacy.suppression import Identity, tombstone_key
from lambda_ingest.settings import Secret
from tg_pipeline.builds.layers import (
    DedupedBuildResult,
    EnrichedBuildResult,
    build_deduped_updates,
    build_enriched_updates,
    deduped_conservation,
    enriched_conservation,
    raw_conservation,
)
from tg_pipeline.builds.marts import MartBuildResult, mart_builder
from tg_pipeline.builds.parameters import layer_parameters, mart_parameters
from tg_pipeline.builds.raw_updates import LandingSource, RawBuildResult, build_raw_updates
from tg_pipeline.builds.staleness import day_states
from tg_pipeline.lake.landing_state import state_key
from tg_pipeline.lake.partitions import Lake, partition_key
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.layers.schema import Table
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.settings import Settings
from tg_pipeline_tests.conftest import TIMEZONE, Pipeline
from tg_pipeline_tests.spark.giant_day import DAYS, FIRST_DAY, LAST_DAY, land_days

pytestmark = pytest.mark.spark

EARLIER: Final = [FIRST_DAY + timedelta(days=number) for number in range(DAYS - 1)]
TABLES: Final[list[Table]] = [*ALL_LAYERS, *DAILY_MARTS]
KEY: Final = "0123456789abcdef0123456789abcdef"

PLAIN: Final[Mapping[str, str]] = {}
PRIVATE: Final = {"TG_PRIVACY_KEY": KEY, "TG_PSEUDONYMS": "yes", "TG_DROP_TEXT": "enriched"}


@dataclass(frozen=True)
class BuiltTwice:
    """A lake whose last day was built in one process, and one in which it was built on Spark."""

    settings: Settings
    """Of the latter."""
    landing: Any
    one_process: Lake
    on_spark: Lake
    expected: dict[str, Any]
    reported: dict[str, Any]
    """What each build has returned, by table."""


@pytest.fixture(scope="module", params=[PLAIN, PRIVATE], ids=["plain", "private"])
def built(spark: Any, request: pytest.FixtureRequest, tmp_path_factory: Any) -> BuiltTwice:
    """Build a day twice, from days before it that one process has built."""
    folder: Path = tmp_path_factory.mktemp("days")
    pipeline = Pipeline(folder)
    land_days(pipeline)
    if request.param:
        _forget_a_writer(pipeline)
    here, there = (
        Settings.from_environment(
            {
                "TG_LANDING_URI": pipeline.landing_uri,
                "TG_LAKE_URI": uri,
                "TG_TIMEZONE": TIMEZONE,
                **request.param,
            },
            folder,
        )
        for uri in (pipeline.lake_uri, (folder / "other").as_uri())
    )
    for day in EARLIER:
        _build(here, day)
    shutil.copytree(folder / "lake", folder / "other")
    expected = _build(here, LAST_DAY)
    reported = _build_on_spark(spark, there)
    lakes = Lake(here.lake_uri), Lake(there.lake_uri)
    return BuiltTwice(there, pipeline.landing, *lakes, expected, reported)


def _forget_a_writer(pipeline: Pipeline) -> None:
    pipeline.build(LAST_DAY)
    users = (row["user_id"] for row in pipeline.rows("enriched_updates", LAST_DAY))
    writer = next(user for user in users if user)
    key = tombstone_key(Secret(KEY), Identity.USER, str(writer))
    obstore.put(pipeline.landing, key, b"{}")


def _build(settings: Settings, day: date) -> dict[str, Any]:
    pipeline = Lake(settings.lake_uri)
    landing = Pipeline(Path(settings.landing_uri.removeprefix("file://")).parent).landing
    parameters = layer_parameters(settings, landing)
    source = LandingSource(landing, settings.bot_id)
    built: dict[str, Any] = {
        "raw_updates": build_raw_updates(source, pipeline, day, parameters),
        "deduped_updates": build_deduped_updates(pipeline, day, parameters),
        "enriched_updates": build_enriched_updates(pipeline, day, parameters),
    }
    with mart_builder(pipeline, mart_parameters(settings, landing)) as builder:
        for mart in DAILY_MARTS:
            (built[mart.name],) = builder.build_days(mart, [day])
    return built


def _build_on_spark(spark: Any, settings: Settings) -> dict[str, Any]:
    from tg_pipeline.parallel.layers import TaskSize  # noqa: PLC0415
    from tg_pipeline.parallel.shards import shards_folder  # noqa: PLC0415
    from tg_pipeline.spark.day import TABLES as ALL_TABLES  # noqa: PLC0415
    from tg_pipeline.spark.day import DayBuild  # noqa: PLC0415
    from tg_pipeline.spark.jobs import SparkJobs  # noqa: PLC0415

    lake = Lake(settings.lake_uri)
    build = DayBuild(settings, LAST_DAY, ALL_TABLES, size=TaskSize(objects=7, rows=1))
    with shards_folder(lake, datetime.now(UTC)) as folder:
        return dict(build.run(SparkJobs(spark, lake, settings.lake_uri, folder)))


def test_every_table_has_the_same_columns_rows_order_and_footer(built: BuiltTwice) -> None:
    for table in TABLES:
        with (
            built.one_process.open(table.name, LAST_DAY) as expected,
            built.on_spark.open(table.name, LAST_DAY) as found,
        ):
            assert found.schema.equals(expected.schema, check_metadata=True), table.name
            assert found.metadata == expected.metadata, table.name
            left, right = (
                pa.Table.from_batches(part.batches(), schema=part.schema)
                for part in (expected, found)
            )
            assert [n for n in left.column_names if left[n] != right[n]] == [], table.name


@pytest.mark.parametrize("table", [each.name for each in TABLES])
def test_a_table_has_the_same_bytes(built: BuiltTwice, table: str) -> None:
    expected, found = (
        obstore.get(lake.store, partition_key(table, LAST_DAY)).bytes()
        for lake in (built.one_process, built.on_spark)
    )

    assert found == expected


def test_the_listing_has_the_same_bytes_so_that_nothing_is_read_again(built: BuiltTwice) -> None:
    expected, found = (
        obstore.get(lake.store, state_key(LAST_DAY)).bytes()
        for lake in (built.one_process, built.on_spark)
    )

    assert found == expected


def test_the_same_counts_are_reported_and_all_rows_are_conserved(built: BuiltTwice) -> None:
    raw: RawBuildResult = built.reported["raw_updates"]
    deduped: DedupedBuildResult = built.reported["deduped_updates"]
    enriched: EnrichedBuildResult = built.reported["enriched_updates"]
    marts: list[MartBuildResult] = [built.reported[mart.name] for mart in DAILY_MARTS]

    assert built.reported == built.expected
    assert raw.quarantined.rows > 10
    assert deduped.duplicates > 100
    assert deduped.conflicts > 10
    assert raw_conservation(LAST_DAY, raw).holds
    assert deduped_conservation(LAST_DAY, deduped).holds
    assert enriched_conservation(LAST_DAY, enriched).holds
    assert all(each.conservation is None or each.conservation.holds for each in marts)


def test_the_day_has_what_is_hard_to_get_right(built: BuiltTwice) -> None:
    # Given several row groups and so several tasks, copies of two bots, and drift
    with built.on_spark.open("deduped_updates", LAST_DAY) as deduped:
        assert len(deduped.group_rows) > 2
    with built.on_spark.open("enriched_updates", LAST_DAY) as enriched:
        assert any(any(batch["is_copy"].to_pylist()) for batch in enriched.batches(["is_copy"]))
    assert built.reported["enriched_updates"].drift
    assert (built.reported["raw_updates"].suppressed > 0) == bool(built.settings.privacy.drops_text)


def test_the_day_is_up_to_date_afterwards_and_no_shard_is_left(built: BuiltTwice) -> None:
    parameters = layer_parameters(built.settings, built.landing)
    (state,) = day_states(built.landing, built.on_spark, [LAST_DAY], parameters)

    assert state.is_current
    assert all(built.on_spark.verify(table.name, LAST_DAY) for table in TABLES)
    folder = built.on_spark.folder
    assert folder
    assert not [each.name for each in folder.iterdir() if each.name.startswith(".writing")]
