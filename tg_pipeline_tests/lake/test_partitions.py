"""A partition is one object: written aside, replaced as a whole, read in one version."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import obstore
import pyarrow.parquet as pq
import pytest

from lambda_ingest.store import StoreError
from tg_pipeline.lake.partitions import OBJECT_NAME, Lake, PartitionStats, partition_key
from tg_pipeline.temp_folders import TEMP_PREFIX
from tg_pipeline_tests.fakes.litter import find_leftovers
from tg_pipeline_tests.stores import (
    DAY,
    KEY,
    NEXT_DAY,
    SCHEMA,
    batch,
    users,
    users_in,
    write,
)

DISKS: Final = (Path("/dev/shm"), Path("/var/tmp"))  # noqa: S108 - in memory, and not


def write_with(lake: Lake, error: BaseException | None) -> None:
    with lake.writer("raw_updates", DAY, SCHEMA) as writer:
        writer.write(batch(4))
        if error:
            raise error


def keys(lake: Lake) -> list[str]:
    """Return the keys of all objects; on disk also hidden and temporary files."""
    if lake.folder:
        files = (path for path in lake.folder.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(lake.folder)) for path in files)
    return sorted(meta["path"] for meta in obstore.list(lake.store).collect())


def test_a_partition_reads_as_it_was_written(lake: Lake) -> None:
    written = write(lake, 1, 2, 3)

    with lake.open("raw_updates", DAY) as partition:
        assert partition.exists
        assert (partition.rows, users_in(partition)) == (3, [1, 2, 3])
        assert written == PartitionStats(rows=3, bytes=partition.bytes)
    assert keys(lake) == [KEY]
    assert obstore.head(lake.store, KEY)["size"] == written.bytes


def test_a_day_without_rows_exists_and_a_day_never_written_does_not(lake: Lake) -> None:
    write(lake)

    with lake.open("raw_updates", DAY) as partition:
        assert (partition.exists, partition.rows, users_in(partition)) == (True, 0, [])
    with lake.open("raw_updates", NEXT_DAY) as partition:
        assert (partition.exists, partition.rows, partition.bytes) == (False, 0, 0)
        assert partition.metadata == {}
        assert list(partition.batches()) == list(partition.project(["user_id"])) == []


def test_metadata_and_column_descriptions_are_stored(lake: Lake) -> None:
    write(lake, 1, objects="5", note="olá")

    with lake.open("raw_updates", DAY) as partition:
        (rows,) = partition.batches()
        metadata = partition.metadata

    assert (metadata["objects"], metadata["note"]) == ("5", "olá")
    assert rows.schema.equals(SCHEMA, check_metadata=False)
    assert [field.metadata for field in rows.schema] == [field.metadata for field in SCHEMA]


def test_a_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    write(lake, 1)
    (tmp_path / "ordinary").touch()

    assert (tmp_path / KEY).stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_a_commit_replaces_the_day_as_a_whole(lake: Lake) -> None:
    write(lake, 1, 2, 3)
    write(lake, 9, day=NEXT_DAY)
    write(lake, 4)

    assert (users(lake), users(lake, NEXT_DAY)) == ([4], [9])
    assert len(keys(lake)) == 2


@pytest.mark.parametrize("error", [None, ValueError(), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("before", [True, False], ids=["with an old day", "without"])
def test_without_a_commit_the_old_day_stays_and_no_file_is_left(
    lake: Lake, error: BaseException | None, *, before: bool
) -> None:
    if before:
        write(lake, 1, 2, 3)

    with suppress(ValueError, KeyboardInterrupt):
        write_with(lake, error)

    assert users(lake) == ([1, 2, 3] if before else [])
    assert keys(lake) == ([KEY] if before else [])


def test_a_reader_has_rows_and_metadata_of_the_version_it_opened(lake: Lake) -> None:
    write(lake, *range(3_000), built_from="the first listing")

    with lake.open("raw_updates", DAY) as partition:
        write(lake, 4, built_from="the second listing")

        assert partition.metadata["built_from"] == "the first listing"
        assert users_in(partition) == list(range(3_000))
    with lake.open("raw_updates", DAY) as partition:
        assert partition.metadata["built_from"] == "the second listing"
        assert users_in(partition) == [4]


def test_a_day_can_be_read_while_it_is_rewritten(lake: Lake) -> None:
    write(lake, 1, 2, 3)

    with lake.open("raw_updates", DAY) as old, lake.writer("raw_updates", DAY, SCHEMA) as new:
        for rows in (*old.batches(), batch(4)):
            new.write(rows)
        new.commit()

    assert users(lake) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("layer", "day", "command"),
    [
        ("messages", None, "tg-pipeline run rebuilds it"),
        ("raw_updates", DAY, "tg-pipeline run --date 2026-10-07 rebuilds it"),
    ],
)
def test_the_error_for_a_damaged_table_names_the_command_that_repairs_it(
    lake: Lake, layer: str, day: Any, command: str
) -> None:
    obstore.put(lake.store, partition_key(layer, day), b"PAR1 and no more")

    with pytest.raises(StoreError, match=command), lake.open(layer, day):
        pass
    with pytest.raises(StoreError, match=command):
        lake.footer_or_raise(layer, day)


def test_the_files_of_the_days_that_exist_are_each_in_the_folder_of_their_day(lake: Lake) -> None:
    write(lake, 1, 2)
    write(lake, 3, day=NEXT_DAY)

    with lake.files("raw_updates", [DAY, NEXT_DAY, NEXT_DAY + timedelta(days=1)]) as files:
        assert [path.parent.name for path in files] == [
            "context_date=2026-10-07",
            "context_date=2026-10-08",
        ]
        assert [pq.read_metadata(path).num_rows for path in files] == [2, 1]
    assert [path.exists() for path in files] == [lake.folder is not None] * 2


def test_a_build_is_written_in_the_root_of_the_lake_where_any_other_build_removes_its_leftovers(
    tmp_path: Path,
) -> None:
    # Given a build of a day that was killed
    lake = Lake((tmp_path / "lake").as_uri())
    (left := tmp_path / "lake" / f"{TEMP_PREFIX}left").mkdir(parents=True)
    (left / OBJECT_NAME).write_text("half")

    # When another day is built, there is a temporary folder meanwhile, which no table sees
    with lake.writer("raw_updates", NEXT_DAY, SCHEMA) as writer:
        (own,) = (tmp_path / "lake").glob(f"{TEMP_PREFIX}*")
        assert own != left
        assert lake.days("raw_updates") == []
        writer.write(batch(1))
        writer.commit()

    # Then there is none afterwards
    assert lake.days("raw_updates") == [NEXT_DAY]
    assert find_leftovers(tmp_path / "lake") == []


def test_a_table_may_be_on_another_file_system(tmp_path: Path) -> None:
    own = tmp_path.stat().st_dev
    others = [each for each in DISKS if each.is_dir() and each.stat().st_dev != own]
    if not others:
        pytest.skip("there is one file system")
    with TemporaryDirectory(dir=others[0]) as other:
        (tmp_path / "lake").mkdir()
        (tmp_path / "lake" / "raw_updates").symlink_to(other)
        lake = Lake((tmp_path / "lake").as_uri())

        write(lake, 1)
        write(lake, 1, 2)

        assert users(lake) == [1, 2]
        assert find_leftovers(Path(other)) == find_leftovers(tmp_path / "lake") == []


def test_a_small_object_is_replaced_without_leftovers(lake: Lake) -> None:
    for body in (b"one", b"another"):
        lake.put("report/page.html", body, {"Content-Type": "text/html"})

    assert obstore.get(lake.store, "report/page.html").bytes() == body
    if lake.folder:
        assert find_leftovers(lake.folder) == []
