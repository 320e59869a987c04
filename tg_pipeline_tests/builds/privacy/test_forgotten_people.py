"""What people who are forgotten leave in raw_updates and quarantine: nothing, and counts."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import obstore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_ingest.landing import day_prefix
from lambda_ingest.privacy.suppression import Identity, Tombstones, identity_digest, suppress
from lambda_ingest.settings import Secret
from tg_pipeline.builds.layers import (
    deduped_conservation,
    enriched_conservation,
    raw_conservation,
)
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import record_unaffected_days
from tg_pipeline.builds.staleness import stale_days
from tg_pipeline.lake.floors import Floors
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline_tests.conftest import BOT, DAY, PARAMETERS, TIMEZONE, BuiltDay, Pipeline

KEY = Secret("0123456789abcdef0123456789abcdef")
ANA, BIA, CAIO = 5001, 5002, 5003
NEXT_DAY = DAY + timedelta(days=1)
GROUP = {"id": -100, "type": "supergroup", "title": "Curso"}


def forgetting(*people: int, floors: Floors = PARAMETERS.floors) -> LayerParameters:
    digests = frozenset(identity_digest(KEY, Identity.USER, str(person)) for person in people)
    return LayerParameters(TIMEZONE, Tombstones(KEY, digests), floors=floors)


def person(user: int) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": f"N{user}"}


def message(update_id: int, user: int, reply_to: int | None = None) -> dict[str, Any]:
    content = {
        "message_id": update_id,
        "from": person(user),
        "chat": GROUP,
        "text": f"Olá de {user}",
    }
    if reply_to:
        quoted = {"message_id": 1, "from": person(reply_to), "chat": GROUP, "text": "Oi"}
        content["reply_to_message"] = quoted
    return {"update_id": update_id, "message": content}


def assert_conserved(built: BuiltDay) -> None:
    assert raw_conservation(DAY, built.raw).holds
    assert deduped_conservation(DAY, built.deduped).holds
    assert enriched_conservation(DAY, built.enriched).holds


def assert_nothing_left(pipeline: Pipeline, user: int) -> None:
    for layer in ALL_LAYERS:
        for row in pipeline.rows(layer.name):
            assert str(user) not in str(row)


def digests(pipeline: Pipeline) -> list[str]:
    return [pipeline.digest(layer.name) for layer in ALL_LAYERS]


def test_lines_of_a_forgotten_person_are_left_out_and_counted(pipeline: Pipeline) -> None:
    # Given updates of a person, answers to that person, and updates of others
    pipeline.land(message(1, ANA), message(2, BIA, reply_to=ANA), message(3, BIA))
    body = [json.dumps(message(number, ANA)).encode() for number in (4, 5)]
    pipeline.land_batch("batch", *body, b"not JSON")

    # When the day is built after the person was forgotten
    built = pipeline.build(parameters=forgetting(ANA))

    # Then nothing of the person is left, and no object is missing
    assert [row["update_id"] for row in pipeline.rows("raw_updates")] == [2, 3]
    assert_nothing_left(pipeline, ANA)
    assert (built.raw.lines, built.raw.suppressed, built.raw.objects_missing) == (6, 3, 0)
    assert_conserved(built)


def test_what_is_left_of_a_person_in_other_updates_is_nobody(pipeline: Pipeline) -> None:
    joined = message(1, BIA)
    del joined["message"]["text"]
    joined["message"]["new_chat_members"] = [person(ANA), person(BIA)]
    pipeline.land(joined, message(2, BIA, reply_to=ANA))

    pipeline.build(parameters=forgetting(ANA))

    added, reply = pipeline.rows("enriched_updates")
    assert added["new_chat_member_ids"] == [BIA]
    assert reply["reply_to_user_id"] is None


def test_rows_are_filtered_even_if_their_objects_are_gone(pipeline: Pipeline) -> None:
    # Given a day that was built, whose objects were then removed from the landing zone
    pipeline.land(message(1, ANA), message(2, BIA, reply_to=ANA), message(3, CAIO))
    pipeline.build()
    for each in list(obstore.list(pipeline.landing).collect()):
        obstore.delete(pipeline.landing, each["path"])

    # When a person is forgotten
    parameters = forgetting(ANA)
    assert stale_days(pipeline.states(parameters=parameters)) == [DAY]
    built = pipeline.build(parameters=parameters)
    assert (built.raw.lines, built.raw.suppressed) == (2, 0)

    # Then the rows of the others are kept, without the person
    assert [row["update_id"] for row in pipeline.rows("enriched_updates")] == [2, 3]
    assert_nothing_left(pipeline, ANA)
    assert_conserved(built)
    assert stale_days(pipeline.states(parameters=parameters)) == []


def test_only_the_listing_of_a_day_without_the_person_is_rewritten(pipeline: Pipeline) -> None:
    pipeline.land(message(1, BIA))
    pipeline.land(message(2, ANA), day=NEXT_DAY)
    pipeline.build()
    pipeline.build(NEXT_DAY)
    before = {each["path"]: each["last_modified"] for each in pipeline.objects("raw_updates")}
    parameters = forgetting(ANA)
    assert stale_days(pipeline.states(DAY, NEXT_DAY, parameters=parameters)) == [DAY, NEXT_DAY]

    record_unaffected_days(pipeline.lake, [DAY, NEXT_DAY], parameters)

    assert stale_days(pipeline.states(DAY, NEXT_DAY, parameters=parameters)) == [NEXT_DAY]
    pipeline.build_raw(DAY, parameters)
    after = {each["path"]: each["last_modified"] for each in pipeline.objects("raw_updates")}
    assert before == after


def test_an_object_that_is_rewritten_without_a_person_replaces_only_its_own_rows(
    pipeline: Pipeline,
) -> None:
    # Given a day with an object that has expired, and a batch with lines of a person
    pipeline.land(message(1, BIA))
    lines = [json.dumps(message(2, ANA)).encode(), json.dumps(message(3, BIA)).encode()]
    pipeline.put(f"{BOT}-batch.ndjson", b"\n".join(lines))
    pipeline.build()
    obstore.delete(pipeline.landing, f"{day_prefix(DAY)}/{BOT}-1.json")

    # When the batch is rewritten, and the day is built with or without the tombstone
    pipeline.rewrite(f"{BOT}-batch.ndjson", b"\n" + lines[1])
    built = pipeline.build(parameters=forgetting(ANA))

    # Then the other rows are kept, and the counts are those of the new content
    rows = [(row["update_id"], row["line"]) for row in pipeline.rows("raw_updates")]
    assert rows == [(1, 1), (3, 2)]
    assert built.raw.objects_read == 1
    assert (built.raw.lines, built.raw.suppressed) == (2, 0)
    assert_conserved(built)


def test_lines_of_an_object_that_was_deleted_are_no_longer_counted(pipeline: Pipeline) -> None:
    pipeline.land(message(1, ANA), message(2, BIA))
    assert pipeline.build(parameters=forgetting(ANA)).raw.suppressed == 1

    obstore.delete(pipeline.landing, f"{day_prefix(DAY)}/{BOT}-1.json")
    built = pipeline.build(parameters=forgetting(ANA))

    assert (built.raw.lines, built.raw.suppressed) == (1, 0)
    assert_conserved(built)


def test_a_person_who_is_no_longer_forgotten_is_read_again(pipeline: Pipeline) -> None:
    pipeline.land(message(1, ANA), message(2, BIA, reply_to=ANA), message(3, BIA))
    pipeline.build()
    before = digests(pipeline)
    pipeline.build(parameters=forgetting(ANA))

    built = pipeline.build()

    assert built.raw.objects_read == 2
    assert digests(pipeline) == before


@pytest.mark.parametrize("full", [False, True])
def test_a_day_whose_landed_objects_expired_is_filtered_and_never_emptied(
    pipeline: Pipeline, *, full: bool
) -> None:
    # Given a day below the floor of the landing zone, with late objects there
    pipeline.land(message(1, ANA), message(2, BIA, reply_to=ANA), message(3, CAIO))
    pipeline.build()
    obstore.delete(pipeline.landing, f"{day_prefix(DAY)}/{BOT}-3.json")
    pipeline.land(message(4, CAIO))
    kept = Floors(landing=NEXT_DAY)

    # When it is built, before and after a person is forgotten
    parameters = LayerParameters(TIMEZONE, floors=kept)
    assert stale_days(pipeline.states(parameters=parameters)) == []
    assert_conserved(pipeline.build(parameters=parameters, full=full))
    assert [row["update_id"] for row in pipeline.rows("raw_updates")] == [1, 2, 3]
    parameters = forgetting(ANA, floors=kept)
    assert stale_days(pipeline.states(parameters=parameters)) == [DAY]
    built = pipeline.build(parameters=parameters, full=full)

    # Then its rows are kept, without the person and without reading late objects
    assert built.raw.objects_read == 0
    assert [row["update_id"] for row in pipeline.rows("enriched_updates")] == [2, 3]
    assert_nothing_left(pipeline, ANA)
    assert_conserved(built)
    assert stale_days(pipeline.states(parameters=parameters)) == []


updates = st.lists(
    st.tuples(st.sampled_from([ANA, BIA, CAIO]), st.sampled_from([None, ANA, BIA, CAIO])),
    min_size=1,
    max_size=6,
)
steps = st.lists(
    st.sampled_from(["land", "build", "forget", "kill", "unrecorded", "rewrite"]), max_size=8
)


@pytest.mark.slow
@settings(max_examples=40)
@given(updates, steps)
def test_a_day_has_the_same_bytes_whenever_people_were_forgotten(
    new_pipeline: Callable[[], Pipeline], content: list[tuple[int, int | None]], order: list[str]
) -> None:
    # Given instalments, builds, killed builds and rewritten objects in any order
    gradual, at_once = new_pipeline(), new_pipeline()
    bodies = [message(number, *each) for number, each in enumerate(content, 1)]
    waiting, forgotten = list(bodies), [ANA, BIA]
    present = PARAMETERS
    for step in order:
        if step == "land" and waiting:
            gradual.land(waiting.pop(0))
        elif step == "build":
            assert raw_conservation(DAY, gradual.build(parameters=present).raw).holds
        elif step == "forget" and forgotten:
            present = forgetting(*{ANA, BIA}.difference(forgotten[1:]))
            forgotten.pop(0)
        elif step == "kill":
            gradual.build_raw(parameters=present)
            gradual.lose("quarantine")
        elif step == "unrecorded":
            gradual.build_raw(parameters=present)
            gradual.lose("listings")
        elif step == "rewrite":
            _rewrite_without(gradual, present)
    gradual.land(*waiting)
    at_once.land(*bodies)

    # When both are built with the same people forgotten
    last = forgetting(ANA, BIA)
    built = [each.build(parameters=last) for each in (gradual, at_once)]

    # Then their rows are the same, and nothing of these people is left
    for layer in ALL_LAYERS:
        assert _stable(gradual.rows(layer.name)) == _stable(at_once.rows(layer.name))
    for each in built:
        assert_conserved(each)
    assert_nothing_left(gradual, ANA)
    assert_nothing_left(gradual, BIA)


def _rewrite_without(pipeline: Pipeline, parameters: LayerParameters) -> None:
    """Remove forgotten people from the landing zone: delete or rewrite their objects."""
    for each in list(obstore.list(pipeline.landing).collect()):
        body = bytes(obstore.get(pipeline.landing, each["path"]).bytes())
        clean = suppress(body, parameters.tombstones)
        if clean is None:
            obstore.delete(pipeline.landing, each["path"])
        elif clean != body:
            obstore.put(pipeline.landing, each["path"], clean)


def _stable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without the time of landing."""
    return [{k: v for k, v in row.items() if k != "received_at"} for row in rows]
