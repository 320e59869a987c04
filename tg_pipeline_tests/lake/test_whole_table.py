"""A table without days is one object; and the objects of any table can be had as files."""

from datetime import timedelta

import obstore
import pyarrow.parquet as pq
import pytest

from lambda_ingest.store import StoreError
from tg_pipeline.lake.partitions import Lake, PartitionStats, partition_key
from tg_pipeline_tests.lake.conftest import DAY, KEY, NEXT_DAY, SCHEMA, batch, write


def write_whole(lake: Lake, *users: int, **metadata: str) -> PartitionStats:
    with lake.writer("messages", None, SCHEMA) as writer:
        writer.write(batch(*users))
        return writer.commit(**metadata)


def test_a_table_without_days_is_written_read_and_replaced_as_a_whole(lake: Lake) -> None:
    write_whole(lake, 1, 2)
    write_whole(lake, 3)

    with lake.open("messages", None) as table:
        assert table.exists
        assert [row for rows in table.batches() for row in rows["user_id"].to_pylist()] == [3]
    assert [meta["path"] for meta in obstore.list(lake.store).collect()] == [
        partition_key("messages", None)
    ]
    assert lake.days("messages") == []


def test_a_damaged_table_without_days_says_what_mends_it(lake: Lake) -> None:
    obstore.put(lake.store, partition_key("messages", None), b"PAR1 and no more")

    with (
        pytest.raises(StoreError, match="tg-pipeline run builds it anew"),
        lake.open("messages", None),
    ):
        pass


def test_the_files_of_days_are_those_that_exist_each_in_its_day_s_folder(lake: Lake) -> None:
    write(lake, 1, 2)
    write(lake, 3, day=NEXT_DAY)

    with lake.files("raw_updates", [DAY, NEXT_DAY, NEXT_DAY + timedelta(days=1)]) as files:
        assert [path.parent.name for path in files] == [
            "context_date=2026-10-07",
            "context_date=2026-10-08",
        ]
        assert [pq.read_metadata(path).num_rows for path in files] == [2, 1]


def test_copies_that_were_made_for_reading_are_gone_afterwards(lake: Lake) -> None:
    write(lake, 1)

    with lake.files("raw_updates", [DAY]) as files:
        pass

    assert [path.exists() for path in files] == [lake.folder is not None]


def test_a_footer_says_what_the_object_holds(lake: Lake) -> None:
    written = write(lake, 1, 2, 3, built_from="nothing")

    footer = lake.footer("raw_updates", DAY)

    assert footer
    assert (footer.rows, footer.bytes) == (3, written.bytes)
    assert footer.metadata["built_from"] == "nothing"


def test_a_footer_changes_with_the_rows_and_only_with_them(lake: Lake) -> None:
    prints = []
    for users in ((1, 2), (1, 2), (1, 3)):
        write(lake, *users)
        footer = lake.footer("raw_updates", DAY)
        prints.append(footer and footer.fingerprint)

    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize("content", [None, b"", b"PAR1", b"x" * 100, b"\xff" * 100])
def test_what_is_no_whole_object_has_no_footer(lake: Lake, content: bytes | None) -> None:
    if content is not None:
        obstore.put(lake.store, KEY, content)

    assert lake.footer("raw_updates", DAY) is None


def test_a_footer_longer_than_the_first_read_is_read_whole(lake: Lake) -> None:
    write(lake, 1, note="x" * 200_000)

    footer = lake.footer("raw_updates", DAY)

    assert footer
    assert len(footer.metadata["note"]) == 200_000


def test_footers_come_in_the_order_asked(lake: Lake) -> None:
    for number in range(40):
        write(lake, *range(number), day=DAY + timedelta(days=number))
    days = [DAY + timedelta(days=number) for number in reversed(range(41))]

    rows = [footer and footer.rows for footer in lake.footers("raw_updates", days)]

    assert rows == [None, *reversed(range(40))]
