"""From landing to queries: the same bytes on every kind of store, also with failing requests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import obstore
import pytest

from tg_pipeline.lake.partitions import OBJECT_NAME, partition_key
from tg_pipeline.landing import reader as landing_reader
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.storage import object_io
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.fakes.loopback import Loopback
from tg_pipeline_tests.fakes.s3.failing_proxy import (
    CUT_AFTER,
    CUT_BEFORE,
    CUT_MIDWAY,
    LATE,
    WRONG_SIZES,
    FailingProxy,
    is_anything,
    is_landed_body,
)
from tg_pipeline_tests.integration.object_stores.end_to_end import (
    EndToEnd,
    build,
    contents,
    run_end_to_end,
    sample_deliveries,
)
from tg_pipeline_tests.integration.object_stores.shell import Shell
from tg_pipeline_tests.integration.object_stores.tier import S3Server

SEED, FAILURE_RATE = 20_261_007, 0.2
FAILURES = ("SlowDown", "InternalError", LATE, CUT_BEFORE, CUT_AFTER, CUT_MIDWAY)
PART_BYTES = 5 * 1024 * 1024


@pytest.mark.slow
@pytest.mark.tiers("memory", "moto", "ceph")
def test_every_kind_of_store_has_the_bytes_of_a_lake_on_disk(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    # Given the same updates, landed and built here and on disk
    disk = Pipeline(tmp_path / "disk")
    expected, found = run_end_to_end(disk), run_end_to_end(pipeline)

    # Then the results are the same, and two concurrent writers landed each update once,
    assert found == expected
    assert found.landed.landed == found.landed.already_there > 0
    assert len(found.rows_per_day) > 1

    # and each object has the same bytes,
    assert contents(pipeline.landing) == contents(disk.landing)
    assert contents(pipeline.lake.store) == contents(disk.lake.store)

    # and has them again after everything but the landing zone was deleted
    before = {key: body for key, body in contents(disk.lake.store).items() if "report" not in key}
    pipeline.lose()
    build(pipeline)
    assert contents(pipeline.lake.store) == before


@contextmanager
def reached_through(
    proxy: FailingProxy, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pipeline]:
    """Return the same pipeline, whose requests go through a proxy."""
    with Loopback(proxy.application) as site:
        monkeypatch.setenv("AWS_ENDPOINT_URL", site.url)
        yield Pipeline(pipeline.folder, pipeline.landing_uri.removesuffix("/landing"))


@pytest.mark.slow
@pytest.mark.tiers("moto", "ceph")
def test_a_fifth_of_all_requests_can_fail_without_changing_a_byte(
    new_pipeline: Callable[[], Pipeline], server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given updates, and a batch so large that raw_updates is uploaded in parts
    monkeypatch.setattr(object_io, "PART_BYTES", PART_BYTES)
    undisturbed, disturbed = new_pipeline(), new_pipeline()
    expected = run_with_a_large_batch(undisturbed)
    tag = obstore.head(undisturbed.lake.store, partition_key("raw_updates", DAY))["e_tag"]
    assert "-2" in (tag or ""), "two parts"

    # When they are landed and built through a proxy at which requests fail
    random = Random(SEED)  # noqa: S311 - no secret
    failures = iter(lambda: random.choice(FAILURES), "")
    proxy = FailingProxy(server.address, random, FAILURE_RATE, failures, is_anything)
    with reached_through(proxy, disturbed, monkeypatch) as through_proxy:
        found = run_with_a_large_batch(through_proxy)

    # Then every kind of failure occurred, and all results and bytes are the same
    assert set(proxy.met) == set(FAILURES)
    assert (found.layers, found.facts, found.rows_per_day) == (
        expected.layers,
        expected.facts,
        expected.rows_per_day,
    )
    assert contents(disturbed.landing) == contents(undisturbed.landing)
    assert contents(disturbed.lake.store) == contents(undisturbed.lake.store)


@pytest.mark.slow
@pytest.mark.tiers("moto", "ceph")
def test_a_fifth_of_the_landed_bodies_can_have_the_wrong_size_without_changing_a_byte(
    new_pipeline: Callable[[], Pipeline], server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given updates, of which the largest objects are read in ranges
    monkeypatch.setattr(landing_reader, "FETCH_BYTES", 1_000)
    undisturbed, disturbed = new_pipeline(), new_pipeline()
    expected = run_end_to_end(undisturbed)

    # When they are read through a proxy that cuts answers, or adds bytes, without a trace in HTTP
    random = Random(SEED)  # noqa: S311 - no secret
    wrongs = iter(lambda: random.choice(WRONG_SIZES), "")
    proxy = FailingProxy(server.address, random, FAILURE_RATE, wrongs, is_landed_body)
    with reached_through(proxy, disturbed, monkeypatch) as through_proxy:
        found = run_end_to_end(through_proxy)

    # Then nothing is in quarantine that was not before, and all bytes are the same
    assert set(proxy.met) == set(WRONG_SIZES)
    assert found.layers == expected.layers
    assert contents(disturbed.lake.store) == contents(undisturbed.lake.store)


def run_with_a_large_batch(pipeline: Pipeline) -> EndToEnd:
    noise = Random(7)  # noqa: S311 - no secret
    texts = (noise.randbytes(1_200).hex().encode() for _ in range(5_000))
    bodies = [b'{"update_id": %d, "x": "%s"}' % each for each in enumerate(texts, 9_000_000)]
    pipeline.land_batch("large", *bodies, arrived_at=sample_deliveries()[0].arrived_at)
    return run_end_to_end(pipeline)


@pytest.mark.slow
@pytest.mark.tiers("moto", "ceph")
def test_the_commands_work_on_a_bucket(shell: Shell) -> None:
    assert "landed" in shell.run("sample", "--days", "2", "--per-day", "10")
    assert "Built 2 days" in shell.run("run")
    assert "2 built" in shell.run("status")
    assert "busiest hours" in shell.run("summary")
    assert "report.html: " in shell.run("report")
    days = shell.run("sql", "SELECT count(DISTINCT context_date) FROM telegram", "--format", "csv")
    assert days.split()[-1] == "2"


@pytest.mark.ceph
@pytest.mark.tiers("ceph")
def test_a_killed_run_leaves_complete_partitions_and_the_next_run_finishes(shell: Shell) -> None:
    # Given a run that is killed after its first partition
    shell.run("sample", "--days", "3", "--per-day", "10")
    lake = shell.lake()
    code = shell.kill_when(lambda: bool(lake.days(RAW_UPDATES.name)), "run")
    assert code == -9

    # Then every partition that it wrote is complete
    assert any(key.endswith(OBJECT_NAME) for key in contents(lake.store))
    for day in lake.days(RAW_UPDATES.name):
        assert lake.footer_or_raise(RAW_UPDATES.name, day)

    # And after the next run the lake has the bytes of an undisturbed run
    shell.run("run")
    shell.run("run", lake="another")
    assert contents(lake.store) == contents(shell.lake("another").store)
