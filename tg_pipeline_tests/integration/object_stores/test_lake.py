"""The landing zone and the lake keep their guarantees on every kind of store."""

from concurrent.futures import ThreadPoolExecutor

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.store import put_if_absent
from tg_pipeline.landing.reader import THREADS, read_objects
from tg_pipeline.landing.zone import list_days, list_objects
from tg_pipeline_tests.lake.test_partitions import (  # noqa: F401 - run here
    test_a_commit_replaces_the_day_as_a_whole,
    test_a_day_can_be_read_while_it_is_rewritten,
    test_a_day_without_rows_exists_and_a_day_never_written_does_not,
    test_a_partition_reads_as_it_was_written,
    test_a_reader_has_rows_and_metadata_of_the_version_it_opened,
    test_metadata_and_column_descriptions_are_stored,
    test_the_error_for_a_damaged_table_names_the_command_that_repairs_it,
    test_the_files_of_the_days_that_exist_are_each_in_the_folder_of_their_day,
    test_without_a_commit_the_old_day_stays_and_no_file_is_left,
)
from tg_pipeline_tests.lambda_ingest.test_store import (  # noqa: F401 - run here
    test_only_one_of_several_concurrent_writers_succeeds,
    test_the_first_object_under_a_key_is_kept,
)
from tg_pipeline_tests.landing.test_reader import (  # noqa: F401 - run here
    test_lines_are_in_the_order_of_objects_and_numbers,
)
from tg_pipeline_tests.storage.test_parquet import (  # noqa: F401 - run here
    test_a_footer_has_rows_size_and_metadata_of_any_length,
    test_a_missing_or_damaged_object_has_no_footer,
)
from tg_pipeline_tests.stores import DAY, FOLDER, objects, rows

pytestmark = pytest.mark.tiers("moto", "ceph")

MANY = 1_003
"""Objects: S3 lists a thousand at once."""


@pytest.mark.slow
def test_a_listing_has_all_its_pages(landing: ObjectStore) -> None:
    expected = sorted(f"{FOLDER}/7-{number}.json" for number in range(MANY))
    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(lambda key: put_if_absent(landing, key, b"{}"), expected))

    landed = objects(landing)

    assert landed["object_key"].to_pylist() == expected
    assert sum(batch.num_rows for batch in read_objects(landing, landed, bot_id=7)) == MANY
    assert list_days(landing) == [DAY]


def test_the_marker_of_a_folder_is_not_an_object_of_the_day(landing: ObjectStore) -> None:
    obstore.put(landing, f"{FOLDER}/7-1.json", b"{}")
    obstore.put(landing, f"{FOLDER}/", b"")

    assert list_objects(landing, DAY)["object_key"].to_pylist() == [f"{FOLDER}/7-1.json"]


def test_an_object_can_have_any_name(landing: ObjectStore) -> None:
    names = [f"{name}.json" for name in ("a b", "c+d", "e%2Ff", "g=h&i", "joão", "k#l", "m~n'(o)")]
    for name in names:
        put_if_absent(landing, f"{FOLDER}/{name}", name.encode())

    found = [row["content"].decode() for row in rows(landing)]
    assert sorted(found) == sorted(names)
