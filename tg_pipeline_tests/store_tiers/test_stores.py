"""What a landing zone and a lake rest on, on every kind of store."""

from concurrent.futures import ThreadPoolExecutor

import obstore
from obstore.store import ObjectStore

from lambda_ingest.store import put_if_absent
from tg_pipeline.lake.landing_reader import THREADS, read_objects
from tg_pipeline.lake.landing_zone import list_days, list_objects
from tg_pipeline_tests.lake.conftest import DAY, FOLDER
from tg_pipeline_tests.lake.test_commit import (
    test_a_commit_replaces_the_day_as_a_whole,
    test_a_day_can_be_read_and_written_anew_at_once,
    test_a_reader_sees_the_day_as_it_was_when_it_was_opened,
    test_with_an_error_the_old_day_stands_and_nothing_is_left_over,
    test_without_a_commit_the_old_day_stands,
)
from tg_pipeline_tests.lake.test_lake import (
    test_a_day_never_written_has_no_rows,
    test_a_day_written_without_rows_exists,
    test_the_footer_and_the_descriptions_survive,
    test_the_same_rows_are_the_same_bytes,
    test_what_is_written_is_read,
)
from tg_pipeline_tests.lake.test_reader import (
    test_lines_come_in_the_order_of_their_objects_and_of_their_numbers,
)
from tg_pipeline_tests.lake.test_whole_table import (
    test_a_damaged_table_without_days_says_what_mends_it,
    test_a_footer_longer_than_the_first_read_is_read_whole,
    test_the_files_of_days_are_those_that_exist_each_in_its_day_s_folder,
    test_what_is_no_whole_object_has_no_footer,
)
from tg_pipeline_tests.lambda_ingest.test_store import (
    test_only_one_of_several_concurrent_writers_succeeds,
    test_the_first_object_under_a_key_is_kept,
)

ON = ("moto", "ceph")

__all__ = [
    "test_a_commit_replaces_the_day_as_a_whole",
    "test_a_damaged_table_without_days_says_what_mends_it",
    "test_a_day_can_be_read_and_written_anew_at_once",
    "test_a_day_never_written_has_no_rows",
    "test_a_day_written_without_rows_exists",
    "test_a_footer_longer_than_the_first_read_is_read_whole",
    "test_a_reader_sees_the_day_as_it_was_when_it_was_opened",
    "test_lines_come_in_the_order_of_their_objects_and_of_their_numbers",
    "test_only_one_of_several_concurrent_writers_succeeds",
    "test_the_files_of_days_are_those_that_exist_each_in_its_day_s_folder",
    "test_the_first_object_under_a_key_is_kept",
    "test_the_footer_and_the_descriptions_survive",
    "test_the_same_rows_are_the_same_bytes",
    "test_what_is_no_whole_object_has_no_footer",
    "test_what_is_written_is_read",
    "test_with_an_error_the_old_day_stands_and_nothing_is_left_over",
    "test_without_a_commit_the_old_day_stands",
]

MANY = 1_003
"""Objects, of which S3 lists a thousand at once."""


def test_a_listing_goes_on_after_its_first_page(landing: ObjectStore) -> None:
    expected = sorted(f"{FOLDER}/7-{number}.json" for number in range(MANY))
    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(lambda key: put_if_absent(landing, key, b"{}"), expected))

    objects = list_objects(landing, DAY)

    assert objects["object_key"].to_pylist() == expected
    assert sum(batch.num_rows for batch in read_objects(landing, objects, bot_id=7)) == MANY
    assert list_days(landing) == [DAY]


def test_a_folder_s_own_marker_is_no_object_of_the_day(landing: ObjectStore) -> None:
    obstore.put(landing, f"{FOLDER}/7-1.json", b"{}")
    obstore.put(landing, f"{FOLDER}/", b"")

    assert list_objects(landing, DAY)["object_key"].to_pylist() == [f"{FOLDER}/7-1.json"]


def test_an_object_is_read_whatever_its_name(landing: ObjectStore) -> None:
    names = [f"{name}.json" for name in ("a b", "c+d", "e%2Ff", "g=h&i", "joão", "k#l", "m~n'(o)")]
    for name in names:
        put_if_absent(landing, f"{FOLDER}/{name}", name.encode())

    batches = read_objects(landing, list_objects(landing, DAY), bot_id=42)

    found = [content.as_py().decode() for batch in batches for content in batch["content"]]
    assert sorted(found) == sorted(names)
