"""Forgetting a person whose day is sealed: one object is replaced, and nothing of them is left."""

import json
from pathlib import Path

import obstore
import pytest

from lambda_ingest.landing import LANDING_PREFIX, day_prefix
from lambda_ingest.privacy.suppression import PrivacyKeyError
from lambda_ingest.settings import Secret
from tg_pipeline.landing import sealed_objects
from tg_pipeline.landing.sealed_objects import is_sealed_key
from tg_pipeline.landing.sealing import SealRules, seal_day
from tg_pipeline.landing.unsealing import unseal_day
from tg_pipeline.privacy.export import export_landing
from tg_pipeline.privacy.people import DataSubject
from tg_pipeline.privacy.sealing import seal_days
from tg_pipeline.privacy.tombstones import tombstones_of
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline
from tg_pipeline_tests.privacy.scene import (
    BETO,
    HERS,
    ID,
    KEY,
    TO_HER,
    TO_HER_TOO,
    build,
    files_with,
    fill,
    forget_ana,
    landed_keys,
    message,
    put,
)

RULES = SealRules(BOT)
TABLES = ("raw_updates", "quarantine", "deduped_updates", "enriched_updates")


def test_nothing_of_the_person_is_left_of_a_sealed_day(tmp_path: Path) -> None:
    # Given two equal landing zones, one of which is sealed, and has a late object
    sealed, plain = Pipeline(tmp_path / "sealed"), Pipeline(tmp_path / "plain")
    for pipeline in (sealed, plain):
        fill(pipeline)
    seal_day(sealed.landing, DAY, RULES)
    for pipeline in (sealed, plain):
        put(pipeline, f"{BOT}-12.json", message(12, BETO, text="até amanhã"))
        build(pipeline)
    (former,) = (key for key in landed_keys(sealed) if key.startswith("sealed-"))
    assert f"{tmp_path}/sealed/landing/{day_prefix(DAY)}/{former}" in files_with(sealed.folder)

    # When she is forgotten in both
    results = [forget_ana(pipeline) for pipeline in (sealed, plain)]

    # Then an independent search finds nothing, in one object that took the place of the other
    assert files_with(sealed.folder) == files_with(plain.folder) == []
    assert all(each.is_complete for each in results)
    assert results[0].counts == results[1].counts
    keys = landed_keys(sealed)
    assert len(keys) == 2
    assert former not in keys

    # And what others wrote is there, and the tables are the same bytes as without sealing
    for table in TABLES:
        assert sealed.digest(table) == plain.digest(table)
    sealed.lose()
    build(sealed)
    for table in TABLES:
        assert sealed.digest(table) == plain.digest(table)
    unseal_day(sealed.landing, DAY, RULES)
    assert landed_keys(sealed) == landed_keys(plain)
    for key in landed_keys(plain):
        path = f"{day_prefix(DAY)}/{key}"
        bodies = [obstore.get(each.landing, path).bytes().to_bytes() for each in (sealed, plain)]
        assert bodies[0] == bodies[1]


def test_a_sealed_object_of_one_person_alone_is_deleted(pipeline: Pipeline) -> None:
    put(pipeline, f"{BOT}-1.json", HERS)
    put(pipeline, f"{BOT}-2.json", HERS | {"update_id": 2})
    seal_day(pipeline.landing, DAY, RULES)
    build(pipeline)

    forget_ana(pipeline)

    assert landed_keys(pipeline) == []
    assert files_with(pipeline.folder) == []


def test_a_sealed_object_without_the_person_is_not_replaced(pipeline: Pipeline) -> None:
    for number in (1, 2):
        put(pipeline, f"{BOT}-{number}.json", message(number, BETO, text="bom dia"))
    seal_day(pipeline.landing, DAY, RULES)
    before = landed_keys(pipeline)

    forget_ana(pipeline)

    assert landed_keys(pipeline) == before


@pytest.mark.parametrize("operation", ["written", "deleted"])
def test_a_kill_while_a_sealed_object_is_replaced_is_made_up_for_by_the_same_command(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    # Given a kill before the new object is there, or before the former one is deleted
    fill(pipeline)
    seal_day(pipeline.landing, DAY, RULES)
    before = pipeline.rows("raw_updates")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if operation == "written":
            patched.setattr(sealed_objects, "move_file", killed)
        else:
            patched.setattr(obstore, "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            forget_ana(pipeline)
    build(pipeline)

    # Then the same command does the rest
    result = forget_ana(pipeline)

    assert result.is_complete
    assert files_with(pipeline.folder) == []
    assert len(landed_keys(pipeline)) == 1
    kept = {row["update_id"] for row in before} - {1, 5, 7, 10, TO_HER, TO_HER_TOO}
    assert {row["update_id"] for row in pipeline.rows("raw_updates")} == kept


def test_an_object_that_was_read_before_a_person_was_forgotten_is_sealed_without_them(
    pipeline: Pipeline,
) -> None:
    # Given a forgotten person, and objects with her that another machine wrote back
    fill(pipeline)
    forget_ana(pipeline)
    for number in (51, 52):
        put(pipeline, f"{BOT}-{number}.json", HERS | {"update_id": number})

    # When the day is sealed
    (result,) = seal_days(pipeline.landing, [DAY], RULES, KEY)
    assert result.objects > 0

    # Then she is in nothing that is kept
    assert files_with(pipeline.folder) == []
    assert len(landed_keys(pipeline)) == 1


def test_without_the_key_of_forgotten_people_nothing_is_sealed(pipeline: Pipeline) -> None:
    fill(pipeline)
    forget_ana(pipeline)
    before = landed_keys(pipeline)

    with pytest.raises(PrivacyKeyError):
        list(seal_days(pipeline.landing, [DAY], RULES, None))

    assert landed_keys(pipeline) == before


def test_an_export_has_what_is_sealed(pipeline: Pipeline) -> None:
    fill(pipeline)
    tombstones = tombstones_of(Secret("k" * 32), DataSubject(ID), None)
    expected = sorted(map(json.dumps, export_landing(pipeline.landing, ID, tombstones, BOT)))
    seal_day(pipeline.landing, DAY, RULES)

    found = sorted(map(json.dumps, export_landing(pipeline.landing, ID, tombstones, BOT)))

    assert found == expected
    assert len(found) > 4


def test_a_damaged_sealed_object_ends_the_command_and_is_not_deleted(pipeline: Pipeline) -> None:
    fill(pipeline)
    seal_day(pipeline.landing, DAY, RULES)
    found = obstore.list(pipeline.landing, LANDING_PREFIX).collect()
    (key,) = (meta["path"] for meta in found if is_sealed_key(meta["path"]))
    body = obstore.get(pipeline.landing, key).bytes().to_bytes()
    obstore.put(pipeline.landing, key, body[:-40] + b"\x00" + body[-39:])

    with pytest.raises(sealed_objects.DamagedSealedObjectError):
        forget_ana(pipeline)

    assert landed_keys(pipeline) == [key.rpartition("/")[2]]
