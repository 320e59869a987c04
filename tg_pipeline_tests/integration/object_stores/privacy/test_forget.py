"""Forgetting a person in buckets that keep every version of their objects."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import obstore
import pytest

from lambda_ingest.synthetic.updates import is_synthetic
from tg_pipeline.privacy.athena_results import open_results
from tg_pipeline.privacy.search import Finding
from tg_pipeline.privacy.versions import VersionedBucket
from tg_pipeline.settings import Settings
from tg_pipeline_tests.conftest import BOT, DAY, Pipeline
from tg_pipeline_tests.fakes.aws import client_of
from tg_pipeline_tests.integration.object_stores.tier import S3Server, Tier
from tg_pipeline_tests.privacy.scene import (
    NAME,
    UPDATES,
    fill,
    forget_ana,
    holds,
    places_with,
    put,
)

pytestmark = [pytest.mark.slow, pytest.mark.tiers("moto", "ceph")]

VERSIONED = "a-bucket-with-versions"


@pytest.fixture
def pipeline(
    tier: Tier, server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Pipeline:
    tier.new_root(tmp_path, monkeypatch)
    client = server.client()
    client.create_bucket(Bucket=VERSIONED)
    client.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
    return Pipeline(tmp_path, f"s3://{VERSIONED}/{uuid4().hex}")


def versions(pipeline: Pipeline, server: S3Server) -> Iterator[dict[str, Any]]:
    prefix = pipeline.landing_uri.removeprefix(f"s3://{VERSIONED}/").removesuffix("landing")
    pages = server.client().get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=VERSIONED, Prefix=prefix):
        yield from page.get("Versions", [])


def versions_with_her(pipeline: Pipeline, server: S3Server) -> list[str]:
    found = []
    for each in versions(pipeline, server):
        body = server.client().get_object(
            Bucket=VERSIONED, Key=each["Key"], VersionId=each["VersionId"]
        )["Body"]
        if holds(each["Key"], body.read()):
            found.append(each["Key"])
    return found


def test_no_version_of_any_object_holds_the_person(pipeline: Pipeline, server: S3Server) -> None:
    # Given a person in every kind of object, some of them replaced or deleted, and an upload
    fill(pipeline)
    put(pipeline, f"{BOT}-30.json", UPDATES[0])
    old = f"telegram/context_date={DAY}/{BOT}-30.json"
    obstore.delete(pipeline.landing, old)
    untouched = f"telegram/context_date={DAY}/{BOT}-4.json"
    body = obstore.get(pipeline.landing, untouched).bytes().to_bytes()
    obstore.put(pipeline.landing, untouched, body + b" ")
    key = f"{pipeline.lake_uri.removeprefix(f's3://{VERSIONED}/')}/raw_updates/x.parquet"
    server.client().create_multipart_upload(Bucket=VERSIONED, Key=key)
    assert len(versions_with_her(pipeline, server)) > 8

    # When she is forgotten
    waits: list[float] = []
    result = forget_ana(pipeline, sleep=waits.append)

    # Then no version holds her, and no upload is left
    assert result.is_complete, result.findings
    assert versions_with_her(pipeline, server) == []
    assert places_with(pipeline.landing) == []
    assert server.client().list_multipart_uploads(Bucket=VERSIONED).get("Uploads", []) == []

    # And the landing zone keeps its other versions, the lake none: these are derived
    kept = [each["Key"] for each in versions(pipeline, server) if not each["IsLatest"]]
    names = [key.rpartition("/")[2] for key in kept if "/privacy/" not in key]
    assert names == [f"{BOT}-4.json"]

    # And the command has waited for writers on other machines, who did not know yet
    assert len(waits) == 1


def test_arrival_times_and_other_metadata_survive_the_rewriting(
    pipeline: Pipeline,
) -> None:
    fill(pipeline)
    before = {row["update_id"]: row["received_at"] for row in pipeline.rows("raw_updates")}

    assert forget_ana(pipeline).is_complete

    rows = pipeline.rows("raw_updates")
    after = {
        row["update_id"]: row["received_at"] for row in rows if not is_synthetic(row["update_id"])
    }
    assert after == {update_id: before[update_id] for update_id in (11, 2, 3, 4, 6, 8)}


def test_an_object_that_is_replaced_meanwhile_is_read_again(pipeline: Pipeline) -> None:
    # Given a conditional put that finds another version than the one that was read
    fill(pipeline)
    key = f"telegram/context_date={DAY}/{BOT}-2.json"
    found = obstore.get(pipeline.landing, key)
    version = {"e_tag": found.meta["e_tag"], "version": found.meta["version"]}
    obstore.put(pipeline.landing, key, found.bytes().to_bytes() + b" ")

    with pytest.raises(obstore.exceptions.PreconditionError):
        obstore.put(pipeline.landing, key, b"{}", mode=version)  # type: ignore[arg-type]


@pytest.mark.tiers("moto")
def test_results_of_athena_are_deleted_with_all_versions_and_nothing_else(
    pipeline: Pipeline, server: S3Server, tmp_path: Path
) -> None:
    # Given a workgroup whose results are beside other objects
    folder = uuid4().hex
    client_of(server.address, "athena").create_work_group(
        Name="tg-pipeline",
        Configuration={
            "ResultConfiguration": {"OutputLocation": f"s3://{VERSIONED}/{folder}/results/"}
        },
    )
    result = f"{folder}/results/{uuid4()}.csv"
    for key in (result, result, f"{folder}/results/notes.txt"):
        server.client().put_object(Bucket=VERSIONED, Key=key, Body=NAME.encode())
    fill(pipeline)
    environment = {"TG_LAKE_URI": pipeline.lake_uri, **server.settings}
    results = open_results(Settings.from_environment(environment, tmp_path))
    assert isinstance(results, VersionedBucket)

    # When a person is forgotten
    assert forget_ana(pipeline, results=results).is_complete

    # Then no version of a result is left, and the other object is
    assert [each.full_key for each in results.versions()] == [f"{folder}/results/notes.txt"]


@pytest.mark.tiers("moto")
def test_a_workgroup_that_can_not_be_asked_is_a_place_that_was_not_reached(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    environment = {"TG_LAKE_URI": pipeline.lake_uri, "TG_ATHENA_REGISTER": "yes"}

    found = open_results(Settings.from_environment(environment, tmp_path))

    assert isinstance(found, Finding)
    assert not found.is_clean
    del environment["TG_ATHENA_REGISTER"]
    assert open_results(Settings.from_environment(environment, tmp_path)) is None
