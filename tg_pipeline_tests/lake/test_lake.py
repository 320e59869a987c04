"""A layer's day is one object, read as it was written."""

from datetime import date
from pathlib import Path
from typing import Any

import obstore

from tg_pipeline.lake.partitions import Lake, Partition, PartitionStats, partition_key
from tg_pipeline_tests.lake.conftest import DAY, KEY, NEXT_DAY, write


def users_of(partition: Partition) -> list[int]:
    return [user for batch in partition.batches() for user in batch["user_id"].to_pylist()]


def users(lake: Lake, day: date = DAY) -> list[int]:
    with lake.open("raw_updates", day) as partition:
        return users_of(partition)


def objects(lake: Lake) -> list[str]:
    """Give all that is in the store, hidden and temporary files too."""
    if lake.folder:
        return sorted(
            str(path.relative_to(lake.folder)) for path in lake.folder.rglob("*") if path.is_file()
        )
    return sorted(meta["path"] for meta in obstore.list(lake.store).collect())


def test_a_day_has_one_place() -> None:
    assert partition_key("raw_updates", DAY) == KEY


def test_what_is_written_is_read(lake: Lake) -> None:
    written = write(lake, 1, 2, 3)

    with lake.open("raw_updates", DAY) as partition:
        assert partition.exists
        assert (partition.rows, users_of(partition)) == (3, [1, 2, 3])
        assert written == PartitionStats(rows=3, bytes=partition.bytes)
    assert objects(lake) == [KEY]
    assert obstore.head(lake.store, KEY)["size"] == written.bytes


def test_a_day_never_written_has_no_rows(lake: Lake) -> None:
    write(lake, 1, day=NEXT_DAY)

    with lake.open("raw_updates", DAY) as partition:
        assert not partition.exists
        assert (partition.rows, partition.bytes, partition.metadata) == (0, 0, {})
        assert list(partition.batches()) == list(partition.project(["user_id"])) == []


def test_a_day_written_without_rows_exists(lake: Lake) -> None:
    write(lake)

    with lake.open("raw_updates", DAY) as partition:
        assert partition.exists
        assert (partition.rows, users_of(partition)) == (0, [])


def test_the_same_rows_are_the_same_bytes(lake: Lake) -> None:
    contents = []
    for _ in range(2):
        write(lake, 1, 2, 3, source="a")
        contents.append(obstore.get(lake.store, KEY).bytes().to_bytes())

    assert contents[0] == contents[1]


def test_the_footer_and_the_descriptions_survive(lake: Lake) -> None:
    write(lake, 1, objects="5", note="olá")

    with lake.open("raw_updates", DAY) as partition:
        (rows,) = partition.batches()
        metadata = partition.metadata

    described: dict[str, Any] = {field.name: field.metadata for field in rows.schema}
    assert (metadata["objects"], metadata["note"]) == ("5", "olá")
    assert described["text"][b"description"] == b"What they wrote."
    assert described["user_id"][b"description"] == b"Who wrote."


def test_batches_are_as_small_as_asked_and_narrow_ones_have_few_columns(lake: Lake) -> None:
    write(lake, *range(2_500))

    with lake.open("raw_updates", DAY) as partition:
        assert [rows.num_rows for rows in partition.batches()] == [1_000, 1_000, 500]
        (project,) = partition.project(["user_id"])

    assert (project.schema.names, project.num_rows) == (["user_id"], 2_500)


def test_the_file_is_as_readable_as_any_other_that_the_user_makes(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    write(lake, 1)
    (tmp_path / "ordinary").touch()

    assert (tmp_path / KEY).stat().st_mode == (tmp_path / "ordinary").stat().st_mode
