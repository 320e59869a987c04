"""A sealed day is the same day: for every build, with late objects, and after it is unsealed."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import obstore
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from obstore.store import LocalStore, ObjectStore

from lambda_ingest.landing import MAX_AGE, REJECTED_PREFIX, day_prefix
from lambda_ingest.store import StoreError, put_if_absent
from tg_pipeline.builds.expiry import expire
from tg_pipeline.builds.layers import raw_conservation
from tg_pipeline.builds.monitoring.damage import find_damaged_sealed
from tg_pipeline.builds.monitoring.outside_days import PartitionRange, find_outside_days
from tg_pipeline.lake.floors import Floors
from tg_pipeline.landing import sealed_objects, sealing, unsealing
from tg_pipeline.landing import zone as landing_zone
from tg_pipeline.landing.sealed_objects import (
    DamagedSealedObjectError,
    is_sealed_key,
    write_sealed,
)
from tg_pipeline.landing.sealing import SealRules, is_sealable, seal_day
from tg_pipeline.landing.unsealing import unseal_day
from tg_pipeline.landing.zone import list_objects, list_stored
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline

NOON: Final = datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(hours=15)
RULES: Final = SealRules(BOT)
LAYERS: Final = ("raw_updates", "quarantine", "deduped_updates", "enriched_updates")

Stored = dict[str, tuple[bytes, datetime | None]]
"""The bytes of each object, and on a disk its time of modification."""


def update(number: int, text: str = "oi") -> bytes:
    chat = {"id": -100500, "type": "supergroup", "title": "Turma"}
    message = {"message_id": number, "date": int(NOON.timestamp()) + number, "chat": chat}
    return json.dumps({"update_id": number, "message": message | {"text": text}}).encode()


ODD: Final = {
    "empty.json": b"",
    "notes.txt": b"no update",
    "torn.json.gz": gzip.compress(update(90), mtime=0)[:-9],
    "plain.gz": b"\x00\xff",
    f"{BOT}-batch.ndjson.gz": gzip.compress(update(91) + b"\n\nbroken\n" + update(92), mtime=0),
    "20261007-150000.json": update(93),
    f"{BOT}-lines.ndjson": update(94) + b"\r\n",
}
"""Objects of every kind that a landing zone has."""


@pytest.fixture(params=["file", "memory"])
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path, f"memory://{tmp_path}" if request.param == "memory" else None)


def fill(pipeline: Pipeline) -> None:
    """Land a day with every kind of object, some without a time of arrival of their own."""
    for number in range(8):
        arrived_at = NOON + timedelta(seconds=number, microseconds=number)
        pipeline.put(f"{BOT}-{number}.json", update(number), arrived_at=arrived_at)
    for name, body in ODD.items():
        pipeline.put(name, body)


def day_objects(landing: ObjectStore) -> Stored:
    """Return what the day's folder holds."""
    is_on_disk = isinstance(landing, LocalStore)
    found = obstore.list(landing, day_prefix(DAY)).collect()
    return {
        meta["path"]: (
            obstore.get(landing, meta["path"]).bytes().to_bytes(),
            meta["last_modified"] if is_on_disk else None,
        )
        for meta in found
    }


def lake_of(pipeline: Pipeline, *, with_listings: bool = True) -> dict[str, str]:
    """Return a digest of each object of the lake, without the caches of footers."""
    bodies = {
        meta["path"]: obstore.get(pipeline.lake.store, meta["path"]).bytes()
        for meta in pipeline.objects()
    }
    return {
        key: hashlib.sha256(body).hexdigest()
        for key, body in bodies.items()
        if not key.startswith("indexes/") and (with_listings or not key.startswith("listings/"))
    }


def names(pipeline: Pipeline) -> list[str]:
    return sorted(key.rpartition("/")[2] for key in day_objects(pipeline.landing))


def test_sealing_makes_a_day_one_object_and_changes_no_byte_of_the_lake(pipeline: Pipeline) -> None:
    # Given a day with objects of every kind, which was built
    fill(pipeline)
    pipeline.build()
    before, listed = lake_of(pipeline), list_objects(pipeline.landing, DAY).drop(["sealed_in"])

    # When it is sealed
    result = seal_day(pipeline.landing, DAY, RULES)

    # Then there is one object, and everything that lists the landing zone sees the same
    (key,) = day_objects(pipeline.landing)
    assert is_sealed_key(key)
    assert (result.objects, result.deleted, result.changed) == (15, 15, [])
    assert list_objects(pipeline.landing, DAY).drop(["sealed_in"]).equals(listed)
    (state,) = pipeline.states()
    assert (state.is_stale, state.objects) == (False, 15)
    late = PartitionRange(DAY + timedelta(days=1), DAY + timedelta(days=2), Floors())
    (outside,) = find_outside_days(pipeline.landing, pipeline.lake, late)
    assert outside.objects == 15

    # And so does a build, also one that reads everything again
    assert pipeline.build().raw.objects_read == 0
    assert lake_of(pipeline) == before
    again = pipeline.build(full=True).raw
    assert (again.objects_read, again.objects_missing) == (15, 0)
    assert raw_conservation(DAY, again).holds
    assert lake_of(pipeline) == before


def test_unsealing_restores_every_object_byte_for_byte_with_its_times(pipeline: Pipeline) -> None:
    fill(pipeline)
    pipeline.build()
    stored, rows = day_objects(pipeline.landing), pipeline.rows("raw_updates")
    metadata = {key: arrival(pipeline.landing, key) for key in stored}
    layers = [pipeline.digest(layer) for layer in LAYERS]
    seal_day(pipeline.landing, DAY, RULES)

    assert unseal_day(pipeline.landing, DAY, RULES) == 15

    assert day_objects(pipeline.landing) == stored
    known = {key: value for key, value in metadata.items() if value}
    assert known.items() <= {key: arrival(pipeline.landing, key) for key in stored}.items()
    assert pipeline.states()[0].is_stale == (not isinstance(pipeline.landing, LocalStore))
    pipeline.build(full=True)
    assert pipeline.rows("raw_updates") == rows
    assert [pipeline.digest(layer) for layer in LAYERS] == layers


def arrival(landing: ObjectStore, key: str) -> str | None:
    found: str | None = obstore.get(landing, key).attributes.get("received-at")
    return found


def test_late_objects_of_a_sealed_day_are_merged_and_sealed_with_the_others(
    pipeline: Pipeline,
) -> None:
    # Given a sealed day, on which more lands
    fill(pipeline)
    pipeline.build()
    seal_day(pipeline.landing, DAY, RULES)
    pipeline.put(f"{BOT}-40.json", update(40), arrived_at=NOON + timedelta(days=9))
    pipeline.put(f"{BOT}-00.json", update(41), arrived_at=NOON + timedelta(days=9))

    # When it is built, only that is read
    assert pipeline.states()[0].pending_objects == 2
    assert pipeline.build().raw.objects_read == 2
    before = lake_of(pipeline, with_listings=False)

    # And sealing again leaves one object, and the same lake
    seal_day(pipeline.landing, DAY, RULES)
    assert [is_sealed_key(key) for key in day_objects(pipeline.landing)] == [True]
    assert not pipeline.states()[0].is_stale
    pipeline.build(full=True)
    assert lake_of(pipeline, with_listings=False) == before
    assert len(pipeline.rows("raw_updates")) == 14


def test_the_first_landing_of_an_update_counts_also_if_it_is_sealed(pipeline: Pipeline) -> None:
    # Given a sealed day, to which a copy and another update come under keys that are sealed
    fill(pipeline)
    pipeline.build()
    seal_day(pipeline.landing, DAY, RULES)
    before, later = lake_of(pipeline), NOON + timedelta(days=20)
    pipeline.put(f"{BOT}-1.json", update(1), arrived_at=later)
    pipeline.put(f"{BOT}-2.json", update(2, "another"), arrived_at=later)
    pipeline.put("notes.txt", b"other notes", arrived_at=later)

    # Then builds read what landed first, as if nothing had come
    assert not pipeline.states()[0].is_stale
    pipeline.build(full=True)
    assert lake_of(pipeline) == before

    # And when the day is sealed again, the copy is deleted, the other update becomes a rejected
    # body, and what is neither stays
    result = seal_day(pipeline.landing, DAY, RULES)
    assert (result.objects, result.deleted, result.rejected) == (0, 1, 1)
    assert result.changed == [f"{day_prefix(DAY)}/notes.txt"]
    assert "notes.txt" in names(pipeline)
    rejected = obstore.list(pipeline.landing, REJECTED_PREFIX).collect()
    assert len(rejected) == 1
    body = obstore.get(pipeline.landing, rejected[0]["path"]).bytes().to_bytes()
    assert "is taken by another update" in json.loads(body)["reason"]
    with pytest.raises(StoreError, match=r"notes\.txt differs from the object"):
        unseal_day(pipeline.landing, DAY, RULES)
    pipeline.build(full=True)
    assert lake_of(pipeline) == before


def test_an_object_that_changes_while_its_day_is_sealed_is_read_as_it_is_now(
    pipeline: Pipeline,
) -> None:
    # Given a day of which two objects are rewritten, and one lands, before any is deleted
    fill(pipeline)
    changed = {"notes.txt": b"edited", f"{BOT}-3.json": update(3, "edited")}
    calls = count()

    def meanwhile(landing: ObjectStore, day: date, objects: Iterator[Any]) -> str | None:
        key = write_sealed(landing, day, objects)
        if next(calls) == 0:
            for name, body in changed.items():
                pipeline.rewrite(name, body)
            pipeline.put(f"{BOT}-50.json", update(50))
        return key

    # When it is sealed
    with patch.object(sealing, "write_sealed", meanwhile):
        result = seal_day(pipeline.landing, DAY, RULES)

    # Then these are stored on their own, and are what builds read
    assert (result.objects, result.deleted, result.changed) == (13, 13, [])
    alone = [name for name in names(pipeline) if not name.startswith("sealed-")]
    assert alone == sorted([*changed, f"{BOT}-50.json"])
    assert len(names(pipeline)) == 4
    pipeline.build()
    payloads = {row["update_id"]: row["payload"] for row in pipeline.rows("raw_updates")}
    assert payloads[3] == update(3, "edited")
    assert {4, 50} <= payloads.keys()


@pytest.mark.parametrize("when", ["listed", "written"])
def test_two_commands_at_once_lose_nothing(pipeline: Pipeline, when: str) -> None:
    # Given a day with a sealed object and others
    fill(pipeline)
    seal_day(pipeline.landing, DAY, RULES)
    for number in range(50, 53):
        pipeline.put(f"{BOT}-{number}.json", update(number), arrived_at=NOON)
    pipeline.build()
    before = lake_of(pipeline, with_listings=False)

    # When another command seals it after the first has listed it, or has written
    def overtaken(landing: ObjectStore, day: date, objects: Iterator[Any]) -> str | None:
        with patch.object(sealing, "write_sealed", write_sealed):
            if when == "listed":
                seal_day(landing, day, RULES)
            key = write_sealed(landing, day, objects)
            if when == "written":
                seal_day(landing, day, RULES)
            return key

    with patch.object(sealing, "write_sealed", overtaken), suppress(StoreError):
        seal_day(pipeline.landing, DAY, RULES)

    # Then everything is there, in one object after the next call
    assert not pipeline.states()[0].is_stale
    seal_day(pipeline.landing, DAY, RULES)
    assert len(day_objects(pipeline.landing)) == 1
    pipeline.build(full=True)
    assert lake_of(pipeline, with_listings=False) == before


def test_a_day_whose_sealed_object_is_replaced_meanwhile_is_listed_again(
    pipeline: Pipeline,
) -> None:
    fill(pipeline)
    seal_day(pipeline.landing, DAY, RULES)
    pipeline.put(f"{BOT}-50.json", update(50))
    stored = list_stored(pipeline.landing, DAY)
    seal_day(pipeline.landing, DAY, RULES)

    listings = [stored, list_stored(pipeline.landing, DAY)]
    with patch.object(landing_zone, "list_stored", side_effect=listings):
        assert landing_zone.list_objects(pipeline.landing, DAY).num_rows == 16


class KilledError(BaseException):
    """The process ended."""


@contextmanager
def killed_at(number: int) -> Iterator[list[str]]:
    """Fail at one of the operations that change a store; yield the names of those that ran."""
    ran: list[str] = []

    def counted(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            if len(ran) == number:
                raise KilledError
            ran.append(name)
            return operation(*arguments, **options)

        return run

    changes = [
        (obstore, "delete"),
        (obstore, "put"),
        (sealed_objects, "move_file"),
        (unsealing, "write_and_name"),
    ]
    with ExitStack() as stack:
        for module, name in changes:
            operation = counted(name, getattr(module, name))
            stack.enter_context(patch.object(module, name, operation))
        yield ran


@pytest.mark.parametrize("command", [seal_day, unseal_day])
def test_a_kill_at_any_change_of_the_store_loses_nothing_and_the_next_call_finishes(
    pipeline: Pipeline, command: Callable[[ObjectStore, date, SealRules], object]
) -> None:
    # Given a sealed day with late objects, one of them a copy
    for number in range(3):
        pipeline.put(f"{BOT}-{number}.json", update(number), arrived_at=NOON)
    pipeline.put("empty.json", b"")
    seal_day(pipeline.landing, DAY, RULES)
    pipeline.put(f"{BOT}-1.json", update(1), arrived_at=NOON + timedelta(days=9))
    pipeline.put(f"{BOT}-4.json", update(4), arrived_at=NOON)
    pipeline.build_raw()
    tables = [pipeline.digest(table) for table in LAYERS[:2]]
    original = {path: stored[0] for path, stored in day_objects(pipeline.landing).items()}

    # When the command is killed at each of its operations
    for kills in count():
        with suppress(KilledError), killed_at(kills) as ran:
            command(pipeline.landing, DAY, RULES)
            break

        # Then the day is the same, and the command completes its work
        pipeline.build_raw(full=True)
        assert [pipeline.digest(table) for table in LAYERS[:2]] == tables
        command(pipeline.landing, DAY, RULES)
        sealed = [key for key in day_objects(pipeline.landing) if is_sealed_key(key)]
        assert len(sealed) == (command is seal_day)
        pipeline.build_raw(full=True)
        assert [pipeline.digest(table) for table in LAYERS[:2]] == tables

        restore(pipeline.landing, original)
    assert kills == len(ran) >= 4


def restore(landing: ObjectStore, original: dict[str, bytes]) -> None:
    obstore.delete(landing, list(day_objects(landing)))
    for key, body in original.items():
        put_if_absent(landing, key, body, NOON)


def test_a_sealed_object_with_changed_bytes_stops_the_builds_of_its_day_alone(
    pipeline: Pipeline,
) -> None:
    # Given a sealed day of which a byte has changed
    fill(pipeline)
    pipeline.build()
    seal_day(pipeline.landing, DAY, RULES)
    before = lake_of(pipeline)
    ((key, (body, _)),) = day_objects(pipeline.landing).items()
    obstore.put(pipeline.landing, key, body[:-40] + b"\x00" + body[-39:])

    # Then the status names it, and whatever needs the objects fails, and deletes nothing
    (state,) = pipeline.states()
    assert state.unreadable_names == (key,)
    assert [len(each[1]) for each in _verify(pipeline)] == [1, 0]
    for command in (pipeline.build, lambda: seal_day(pipeline.landing, DAY, RULES)):
        with pytest.raises(DamagedSealedObjectError, match="restore it from a backup"):
            command()
    with pytest.raises(DamagedSealedObjectError):
        unseal_day(pipeline.landing, DAY, RULES)
    assert lake_of(pipeline) == before

    # And once it is restored, all is as before
    obstore.put(pipeline.landing, key, body)
    assert not pipeline.states()[0].is_stale
    pipeline.build(full=True)
    assert lake_of(pipeline) == before


def _verify(pipeline: Pipeline) -> Iterator[tuple[int, list[DamagedSealedObjectError]]]:
    """Yield what a search of all days finds, and one of another day."""
    yield find_damaged_sealed(pipeline.landing, None)
    yield find_damaged_sealed(pipeline.landing, (DAY + timedelta(days=1), DAY + timedelta(days=2)))


def test_a_sealed_day_expires_with_the_others(pipeline: Pipeline) -> None:
    fill(pipeline)
    pipeline.build()
    seal_day(pipeline.landing, DAY, RULES)

    _, found = expire(pipeline.landing, pipeline.lake, Floors(landing=DAY + timedelta(days=1)))

    assert sum(each.objects for each in found.values()) > 0
    assert day_objects(pipeline.landing) == {}


def test_a_single_object_and_one_that_is_too_large_stay_as_they_are(pipeline: Pipeline) -> None:
    pipeline.put(f"{BOT}-1.json", update(1))

    assert seal_day(pipeline.landing, DAY, RULES).objects == 0

    pipeline.put(f"{BOT}-2.json", update(2))
    with patch.object(sealing, "MAX_OBJECT_BYTES", 500):
        pipeline.put(f"{BOT}-3.json", update(3, "a" * 500))
        result = seal_day(pipeline.landing, DAY, RULES)
    assert (result.objects, result.too_large) == (2, 1)
    assert f"{BOT}-3.json" in names(pipeline)
    assert list_objects(pipeline.landing, DAY).num_rows == 3


def test_a_dry_run_changes_nothing(pipeline: Pipeline) -> None:
    fill(pipeline)
    before = day_objects(pipeline.landing)

    result = seal_day(pipeline.landing, DAY, RULES, dry_run=True)

    assert (result.objects, result.deleted) == (15, 15)
    assert day_objects(pipeline.landing) == before


def test_a_day_is_sealable_once_no_more_updates_from_the_network_land_on_it() -> None:
    assert not is_sealable(DAY, DAY + MAX_AGE)
    assert is_sealable(DAY, DAY + MAX_AGE + timedelta(days=1))


STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("land"), st.integers(0, 9)),
        st.tuples(st.just("copy"), st.integers(0, 9)),
        st.sampled_from([("seal", 0), ("unseal", 0), ("build", 0), ("full", 0)]),
    ),
    min_size=3,
    max_size=9,
)


@pytest.mark.parametrize("histories", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_no_history_of_sealing_differs_from_one_without(
    tmp_path_factory: pytest.TempPathFactory, histories: int
) -> None:
    @examples(max_examples=histories)
    @given(STEPS)
    def check(steps: list[tuple[str, int]]) -> None:
        folder = tmp_path_factory.mktemp("history")
        sealed, plain = Pipeline(folder / "sealed"), Pipeline(folder / "plain")
        for index, (step, number) in enumerate(steps):
            apply(sealed, step, number, index)
            apply(plain, "build" if step in {"seal", "unseal"} else step, number, index)
        for each in (sealed, plain):
            each.build(full=True)
        assert lake_of(sealed, with_listings=False) == lake_of(plain, with_listings=False)
        listed = (list_objects(each.landing, DAY)["object_key"] for each in (sealed, plain))
        assert next(listed) == next(listed)

    check()


def apply(pipeline: Pipeline, step: str, number: int, index: int) -> None:
    """Apply a step of a history; a copy comes later than what it is a copy of."""
    key = f"{day_prefix(DAY)}/{BOT}-{number}.json"
    arrived_at = NOON + timedelta(hours=index)
    if step in {"land", "copy"}:
        text = "oi" if step == "land" else "another"
        put_if_absent(pipeline.landing, key, update(number, text), arrived_at)
    elif step == "seal":
        seal_day(pipeline.landing, DAY, RULES)
    elif step == "unseal":
        unseal_day(pipeline.landing, DAY, RULES)
    else:
        pipeline.build(full=step == "full")
