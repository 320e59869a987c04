"""Landed objects are read side by side and given in order."""

import gzip
import itertools

from obstore.store import ObjectStore

from lambda_ingest.store import put_if_absent
from tg_pipeline.lake.landing_reader import read_objects
from tg_pipeline.lake.landing_zone import list_objects
from tg_pipeline_tests.lake.conftest import DAY, FOLDER, batches, places, put, rows


def test_lines_come_in_the_order_of_their_objects_and_of_their_numbers(
    landing: ObjectStore,
) -> None:
    put(landing, c__json=b"{}", a__ndjson=b"1\n\n3\n4", b__ndjson__gz=gzip.compress(b"1\n2\n"))

    assert places(landing) == [
        *(("a.ndjson", 1), ("a.ndjson", 3), ("a.ndjson", 4)),
        *(("b.ndjson.gz", 1), ("b.ndjson.gz", 2)),
        ("c.json", 1),
    ]


def test_a_line_says_its_bot_its_object_and_when_it_landed(landing: ObjectStore) -> None:
    put_if_absent(landing, f"{FOLDER}/7-5.json", b'{"update_id": 5}')
    put_if_absent(landing, f"{FOLDER}/20240802183859123456.json", b"{}")

    older, newer = rows(landing)

    assert (older["bot_id"], newer["bot_id"]) == (42, 7)
    assert newer == {
        "bot_id": 7,
        "received_at": list_objects(landing, DAY)["received_at"][1].as_py(),
        "object_key": f"{FOLDER}/7-5.json",
        "line": 1,
        "content": b'{"update_id": 5}',
        "fault": None,
    }


def test_no_objects_are_no_batches(landing: ObjectStore) -> None:
    assert batches(landing) == []


def test_an_object_with_an_unreadable_name_is_one_faulty_line(landing: ObjectStore) -> None:
    put(landing, a__txt=b"{}\n{}", b__json=b"{}")

    first, second = rows(landing)

    assert (first["line"], first["content"]) == (0, b"")
    assert first["fault"] == "the name is no .json or .ndjson"
    assert second["fault"] is None


def test_many_small_objects_are_all_read(landing: ObjectStore) -> None:
    for number in range(3_000):
        put_if_absent(landing, f"{FOLDER}/7-{number:04}.json", b"%d" % number)

    found = batches(landing)

    contents = [content.as_py() for batch in found for content in batch["content"]]
    assert contents == [b"%d" % number for number in range(3_000)]
    assert [batch.num_rows for batch in found] == [1_000] * 3


def test_a_reader_that_is_left_early_leaves_nothing_behind(landing: ObjectStore) -> None:
    for number in range(200):
        put_if_absent(landing, f"{FOLDER}/7-{number:04}.ndjson", b"1\n" * 100)

    some = list(itertools.islice(read_objects(landing, list_objects(landing, DAY), bot_id=7), 2))

    assert all(batch.num_rows >= 1_000 for batch in some)
