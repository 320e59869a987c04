"""A layer's day is replaced as a whole, or not at all."""

from datetime import date

import obstore
import pyarrow as pa
import pytest

from tg_pipeline.lake.partitions import Lake, Partition
from tg_pipeline_tests.lake.conftest import DAY, KEY, NEXT_DAY, SCHEMA, batch, write


def write_and_commit(lake: Lake, rows: pa.RecordBatch) -> None:
    with lake.writer("raw_updates", DAY, SCHEMA) as writer:
        writer.write(rows)
        writer.commit()


def write_and_raise(lake: Lake, error: BaseException) -> None:
    with lake.writer("raw_updates", DAY, SCHEMA) as writer:
        writer.write(batch(4))
        raise error


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


def test_a_commit_replaces_the_day_as_a_whole(lake: Lake) -> None:
    write(lake, 1, 2, 3)
    write(lake, 9, day=NEXT_DAY)
    write(lake, 4)

    assert (users(lake), users(lake, NEXT_DAY)) == ([4], [9])
    assert len(objects(lake)) == 2


def test_without_a_commit_the_old_day_stands(lake: Lake) -> None:
    write(lake, 1, 2, 3)
    with lake.writer("raw_updates", DAY, SCHEMA) as writer:
        writer.write(batch(4))

    assert users(lake) == [1, 2, 3]
    assert objects(lake) == [KEY]


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()], ids=repr)
def test_with_an_error_the_old_day_stands_and_nothing_is_left_over(
    lake: Lake, error: BaseException
) -> None:
    write(lake, 1, 2, 3)

    with pytest.raises(type(error)):
        write_and_raise(lake, error)

    assert users(lake) == [1, 2, 3]
    assert objects(lake) == [KEY]


def test_rows_of_another_schema_are_an_error_and_the_old_day_stands(lake: Lake) -> None:
    write(lake, 1)
    other = pa.RecordBatch.from_pylist([{"user_id": "a"}])

    with pytest.raises((pa.ArrowInvalid, ValueError)):
        write_and_commit(lake, other)

    assert users(lake) == [1]


def test_a_first_write_that_fails_leaves_no_day(lake: Lake) -> None:
    with pytest.raises(ValueError, match="broken"):
        write_and_raise(lake, ValueError("broken"))

    with lake.open("raw_updates", DAY) as partition:
        assert not partition.exists
    assert objects(lake) == []


def test_a_reader_sees_the_day_as_it_was_when_it_was_opened(lake: Lake) -> None:
    write(lake, *range(3_000))

    with lake.open("raw_updates", DAY) as partition:
        write(lake, 4)
        assert partition.rows == 3_000
        assert users_of(partition) == list(range(3_000))
    assert users(lake) == [4]


def test_a_day_can_be_read_and_written_anew_at_once(lake: Lake) -> None:
    write(lake, 1, 2, 3)

    with (
        lake.open("raw_updates", DAY) as old,
        lake.writer("raw_updates", DAY, SCHEMA) as new,
    ):
        for rows in old.batches():
            new.write(rows)
        new.write(batch(4))
        new.commit()

    assert users(lake) == [1, 2, 3, 4]
