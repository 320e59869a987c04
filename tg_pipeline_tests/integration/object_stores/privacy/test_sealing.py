"""Sealing days in buckets: metadata is restored, and a bucket with versions keeps none of a person.

On a disk and in memory: `builds/test_sealing.py`.
"""

from datetime import timedelta

import obstore
import pytest
from obstore.store import ObjectStore

from lambda_ingest.landing import day_prefix
from tg_pipeline.landing.sealed_objects import is_sealed_key
from tg_pipeline.landing.sealing import SealRules, seal_day
from tg_pipeline.landing.unsealing import unseal_day
from tg_pipeline.landing.zone import list_objects
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline
from tg_pipeline_tests.integration.object_stores.privacy.test_forget import (  # noqa: F401 - the fixture
    pipeline as versioned,
)
from tg_pipeline_tests.integration.object_stores.privacy.test_forget import versions_with_her
from tg_pipeline_tests.integration.object_stores.tier import S3Server
from tg_pipeline_tests.privacy.scene import NOON, fill, forget_ana, landed_keys, places_with

pytestmark = [pytest.mark.slow, pytest.mark.tiers("moto", "ceph")]

RULES = SealRules(BOT)
TABLES = ("raw_updates", "quarantine", "deduped_updates", "enriched_updates")


def stored(landing: ObjectStore) -> dict[str, tuple[bytes, dict[str, str]]]:
    """Return the bytes and the metadata of the objects of the day."""
    found = {}
    for meta in obstore.list(landing, day_prefix(DAY)).collect():
        each = obstore.get(landing, meta["path"])
        found[meta["path"]] = each.bytes().to_bytes(), dict(each.attributes)
    return found


def test_a_bucket_has_the_same_day_sealed_and_unsealed(pipeline: Pipeline) -> None:
    # Given a day with more objects than are fetched at once, some with metadata of their own
    fill(pipeline)
    for number in range(100, 360):
        pipeline.put(f"{BOT}-{number}.json", b"{", arrived_at=NOON + timedelta(seconds=number))
    own = {"received-at": "not a time", "Content-Type": "application/json", "note": "kept"}
    obstore.put(pipeline.landing, f"{day_prefix(DAY)}/own.json", b"{}", attributes=own)
    pipeline.put("empty.json", b"")
    pipeline.build()
    before, listed = stored(pipeline.landing), list_objects(pipeline.landing, DAY)
    digests = [pipeline.digest(table) for table in TABLES]

    # When it is sealed, it is one object, and the same rows
    assert seal_day(pipeline.landing, DAY, RULES).deleted == len(before)
    (key,) = stored(pipeline.landing)
    assert is_sealed_key(key)
    now = list_objects(pipeline.landing, DAY)
    assert now.drop(["sealed_in"]).equals(listed.drop(["sealed_in"]))
    assert not pipeline.states()[0].is_stale
    pipeline.build(full=True)
    assert [pipeline.digest(table) for table in TABLES] == digests

    # And once it is unsealed, every object is there with its bytes and metadata
    unseal_day(pipeline.landing, DAY, RULES)
    after = stored(pipeline.landing)
    assert {key: body for key, (body, _) in after.items()} == {
        key: body for key, (body, _) in before.items()
    }
    for key, (_, metadata) in before.items():
        assert {**metadata, "received-at": ""} == {**after[key][1], "received-at": ""}
        restored = after[key][1]["received-at"]
        assert metadata.get("received-at", restored) in {restored, own["received-at"]}
    pipeline.build(full=True)
    assert [pipeline.digest(table) for table in TABLES] == digests


def test_no_version_of_a_sealed_object_keeps_a_forgotten_person(
    versioned: Pipeline,  # noqa: F811
    server: S3Server,
) -> None:
    fill(versioned)
    seal_day(versioned.landing, DAY, RULES)
    assert len(landed_keys(versioned)) == 1
    assert len(versions_with_her(versioned, server)) > 5

    result = forget_ana(versioned)

    assert result.is_complete
    assert versions_with_her(versioned, server) == []
    assert places_with(versioned.landing) == []
    assert len(landed_keys(versioned)) == 1
