"""The same input gives the same bytes: at once, in halves, anew, and in batches or one by one."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline_tests.conftest import DAY, Pipeline

LAYERS = ("raw_updates", "quarantine", "deduped_updates", "enriched_updates")


def message(update_id: int, **fields: Any) -> dict[str, Any]:
    content = {"message_id": update_id, "date": 1_791_378_000, "text": f"oi {update_id}"}
    return {"update_id": update_id, "message": content | fields}


def test_a_day_built_anew_is_byte_identical(pipeline: Pipeline) -> None:
    # Given a day with updates and garbage, built
    pipeline.land(*(message(number) for number in range(50)))
    pipeline.put("garbage.json", b"{")
    pipeline.build()
    before = [pipeline.digest(layer) for layer in LAYERS]

    # When the lake is deleted and built again
    pipeline.lose()
    pipeline.build()

    # Then every layer has the same bytes
    assert [pipeline.digest(layer) for layer in LAYERS] == before


@settings(max_examples=20)
@given(st.sets(st.integers(0, 29)), st.integers(1, 4))
def test_a_day_landed_in_instalments_equals_the_day_landed_at_once(
    new_pipeline: Callable[[], Pipeline], early: set[int], garbage: int
) -> None:
    # Given thirty updates and some garbage, of which some land and are built early
    at_once, in_two = new_pipeline(), new_pipeline()
    everything = {f"7-{number}.json": body(number, garbage) for number in range(30)}
    for number in sorted(early):
        in_two.put(f"7-{number}.json", everything[f"7-{number}.json"])
    in_two.age_landing()
    in_two.build()

    # When the rest lands and the day is built again
    for name, content in everything.items():
        at_once.put(name, content)
        if int(name[2:-5]) not in early:
            in_two.put(name, content)
    at_once.age_landing()
    in_two.age_landing()
    at_once.build()
    second = in_two.build()

    # Then only the rest was read, and the bytes are those of the day landed at once
    assert second.raw.objects_read == 30 - len(early)
    for layer in LAYERS:
        assert in_two.digest(layer) == at_once.digest(layer)


def body(number: int, garbage: int) -> bytes:
    return b"?" * number if number % garbage == 1 else json.dumps(message(number)).encode()


def test_a_second_build_reads_nothing_and_changes_nothing(pipeline: Pipeline) -> None:
    pipeline.land(message(1), message(2))
    first = pipeline.build()
    before = [pipeline.digest(layer) for layer in LAYERS]

    second = pipeline.build()

    assert (first.raw.objects_read, second.raw.objects_read) == (2, 0)
    assert [pipeline.digest(layer) for layer in LAYERS] == before


def test_full_reads_every_object_again(pipeline: Pipeline) -> None:
    pipeline.land(message(1), message(2))
    pipeline.build()

    assert pipeline.build(full=True).raw.objects_read == 2


def test_a_rewritten_object_takes_its_old_rows_with_it(pipeline: Pipeline) -> None:
    # Given a day built from an object that is rewritten afterwards
    pipeline.put("20261007120000000001.json", json.dumps(message(1)).encode())
    pipeline.put("20261007120000000002.json", json.dumps(message(2)).encode())
    pipeline.build()
    pipeline.rewrite("20261007120000000001.json", json.dumps(message(30)).encode())

    # When the day is built again
    pipeline.build()

    # Then the new content stands, and nothing of the old
    assert [row["update_id"] for row in pipeline.rows("enriched_updates")] == [30, 2]


def test_a_build_cut_off_between_quarantine_and_raw_loses_nothing(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a day that is built, and then gets an object with a good line and a bad one
    pipeline.land(message(1))
    pipeline.build()
    pipeline.land_batch("mixed", json.dumps(message(2)).encode(), b"garbage")

    # When the build dies after quarantine is in place and before raw_updates is
    publish = pipeline.lake.publish

    def die_before_raw(path: Any, key: str) -> None:
        if key.startswith("raw_updates"):
            raise KeyboardInterrupt
        publish(path, key)

    monkeypatch.setattr(pipeline.lake, "publish", die_before_raw)
    with pytest.raises(KeyboardInterrupt):
        pipeline.build()
    monkeypatch.undo()

    # Then the next build has every line exactly once
    built = pipeline.build()
    assert built.raw.lines == 3
    assert [row["update_id"] for row in pipeline.rows("raw_updates")] == [1, 2]
    assert [row["bytes"] for row in pipeline.rows("quarantine")] == [b"garbage"]


def test_batches_and_single_objects_give_the_same_updates(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    one_by_one, batched = new_pipeline(), new_pipeline()
    updates = [message(number) for number in range(10, 40)]
    one_by_one.land(*updates)
    batched.land_batch("aa", *(json.dumps(update).encode() for update in updates))

    one_by_one.build()
    batched.build()

    def without_arrival(pipeline: Pipeline) -> list[dict[str, Any]]:
        rows = pipeline.rows("enriched_updates", DAY)
        return [{k: v for k, v in row.items() if k != "received_at"} for row in rows]

    assert without_arrival(one_by_one) == without_arrival(batched)
