"""Partition projection finds a table's partitions, and nothing else."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import obstore
import pytest

from lambda_ingest.store import open_store
from tg_pipeline.athena.register import diff
from tg_pipeline.athena.tables import ATHENA_TABLES
from tg_pipeline.query.filesystem import LakeFiles
from tg_pipeline.settings import DEFAULT_DATABASE, DEFAULT_WORKGROUP, load_settings
from tg_pipeline_tests.athena.athena_commands import LAKE, point_to
from tg_pipeline_tests.athena.conftest import BuiltLake
from tg_pipeline_tests.athena.projection import ONE_DAY, places
from tg_pipeline_tests.fakes.aws import client_of
from tg_pipeline_tests.marts.reference.month import DAYS
from tg_pipeline_tests.marts.reference.month import START as FIRST_DAY

pytestmark = pytest.mark.slow
"""Hundreds of objects are put into moto."""

TODAY = FIRST_DAY + (DAYS + 5) * ONE_DAY
"""Some days after the sample month: those have no partition."""

OTHER_KEYS = [
    "telegram/context_date=2026-10-01/part-0.parquet",
    "enriched_updates_old/context_date=2026-10-01/part-0.parquet",
    "athena-results/answer.csv",
]
"""Other keys in the bucket, which no table may read."""

DUCKDB_TYPES = {"string": "VARCHAR", "int": "INTEGER", "timestamp": "TIMESTAMP WITH TIME ZONE"}
"""Hive's types with another name in DuckDB."""


@dataclass(frozen=True)
class Found:
    """A table in the catalog, and the objects in each of its locations."""

    table: dict[str, Any]
    objects: dict[date | None, list[str]]

    @property
    def keys(self) -> list[str]:
        return [key for keys in self.objects.values() for key in keys]


@pytest.fixture(scope="module")
def files(aws: str, sample: BuiltLake) -> Iterator[LakeFiles]:
    """The sample's lake in a bucket with other objects, and all tables created."""
    client_of(aws, "s3").create_bucket(Bucket="my-bot")
    client_of(aws, "athena").create_work_group(Name=DEFAULT_WORKGROUP)
    with pytest.MonkeyPatch.context() as monkeypatch:
        point_to(monkeypatch, aws)
        store, folder = open_store(LAKE), sample.pipeline.folder / "lake"
        for path in folder.rglob("*.parquet"):
            obstore.put(store, str(path.relative_to(folder)), path)
        for key in OTHER_KEYS:
            obstore.put(store, key, b"nothing of theirs")
        for each in diff(load_settings()):
            each.apply()
        yield LakeFiles(store)


@pytest.fixture(scope="module")
def found(aws: str, files: LakeFiles) -> dict[str, Found]:
    """The tables in the catalog, by name."""
    tables = client_of(aws, "glue").get_tables(DatabaseName=DEFAULT_DATABASE)["TableList"]
    return {table["Name"]: Found(table, _objects(files, table)) for table in tables}


def _objects(files: LakeFiles, table: dict[str, Any]) -> dict[date | None, list[str]]:
    return {
        day: [
            meta["path"]
            for page in obstore.list(files.store, place.removeprefix(f"{LAKE}/"))
            for meta in page
        ]
        for day, place in places(table, TODAY).items()
    }


def test_every_partition_is_found_and_nothing_else(
    files: LakeFiles, found: dict[str, Found]
) -> None:
    folders = {table.folder for table in ATHENA_TABLES}
    stored = [meta["path"] for page in obstore.list(files.store) for meta in page]

    assert Counter(key for each in found.values() for key in each.keys) == Counter(
        key for key in stored if key.partition("/")[0] in folders
    )
    assert all(each.keys for each in found.values())


def test_a_partition_is_found_on_its_day_and_the_days_after_are_empty(
    found: dict[str, Found],
) -> None:
    days = found["telegram"].objects

    assert (min(filter(None, days)), max(filter(None, days))) == (FIRST_DAY, TODAY + ONE_DAY)
    for day, keys in days.items():
        is_built = day is not None and day < FIRST_DAY + DAYS * ONE_DAY
        assert keys == [f"enriched_updates/context_date={day}/part-0.parquet"] * is_built


@pytest.mark.parametrize("name", [table.name for table in ATHENA_TABLES])
def test_the_files_hold_the_catalog_s_columns_in_its_types_and_all_rows(
    files: LakeFiles, found: dict[str, Found], sample: BuiltLake, name: str
) -> None:
    columns = found[name].table["StorageDescriptor"]["Columns"]

    with duckdb.connect() as connection:
        connection.register_filesystem(files)
        paths = [f"lake://{key}" for key in found[name].keys]
        rows = connection.read_parquet(paths, hive_partitioning=False)
        held = dict(zip(rows.columns, map(str, rows.types), strict=True))

        assert held == {column["Name"]: duckdb_type(column["Type"]) for column in columns}
        assert rows.count("*").fetchall() == sample.rows(f"SELECT count(*) FROM {name}")  # noqa: S608 - a table's name


def duckdb_type(hive: str) -> str:
    if hive.startswith("array<"):
        return duckdb_type(hive.removeprefix("array<").removesuffix(">")) + "[]"
    return DUCKDB_TYPES.get(hive, hive.upper())
