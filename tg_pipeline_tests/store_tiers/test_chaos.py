"""Trouble at every fifth request changes how long it takes, and nothing else."""

from collections import Counter
from collections.abc import Callable
from random import Random

import obstore
import pytest

from tg_pipeline.lake import object_io as uploads
from tg_pipeline.lake.partitions import partition_key
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.fakes.proxy import (
    CUT_AFTER,
    CUT_BEFORE,
    CUT_MIDWAY,
    LATE,
    FailingProxy,
    is_anything,
)
from tg_pipeline_tests.store_tiers.server import S3Server
from tg_pipeline_tests.store_tiers.whole_way import Way, contents, go, land_at_one_instant
from tg_pipeline_tests.telegram_server.loopback import Loopback

ON = ("moto", "ceph")

SEED, OFTEN = 20_261_007, 0.2
TROUBLES = ("SlowDown", "InternalError", LATE, CUT_BEFORE, CUT_AFTER, CUT_MIDWAY)
PART = 5 * 1024 * 1024


def test_a_store_in_trouble_ends_up_with_the_same_bytes(
    new_pipeline: Callable[[], Pipeline],
    server: S3Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given updates, one of them a batch of so many bytes that raw_updates is put in parts
    land_at_one_instant(monkeypatch)
    monkeypatch.setattr(uploads, "PART", PART)
    undisturbed, disturbed = new_pipeline(), new_pipeline()
    expected = go_with_much(undisturbed)

    in_parts = obstore.head(undisturbed.lake.store, partition_key("raw_updates", DAY))["e_tag"]
    assert "-2" in (in_parts or ""), "of two parts"

    # When they go the same way through a proxy that spoils every fifth request
    random = Random(SEED)  # noqa: S311 - no secret
    troubles = iter(lambda: random.choice(TROUBLES), "")
    proxy = FailingProxy(server.address, random, OFTEN, troubles, is_anything)
    with Loopback(proxy.application) as site:
        monkeypatch.setenv("AWS_ENDPOINT_URL", site.url)
        through = Pipeline(disturbed.folder, disturbed.landing_uri.removesuffix("/landing"))
        found = go_with_much(through)

    # Then every kind of trouble was met, and all is as it would have been
    assert set(Counter(proxy.met)) == set(TROUBLES)
    assert (found.states, found.facts, found.counted) == (
        expected.states,
        expected.facts,
        expected.counted,
    )
    assert contents(disturbed.landing) == contents(undisturbed.landing)
    assert contents(disturbed.lake.store) == contents(undisturbed.lake.store)


def go_with_much(pipeline: Pipeline) -> Way:
    noise = Random(7)  # noqa: S311 - no secret
    bodies = [
        b'{"update_id": %d, "x": "%s"}'
        % (9_000_000 + number, noise.randbytes(1_200).hex().encode())
        for number in range(5_000)
    ]
    pipeline.land_batch("much", *bodies, day=DAY)
    return go(pipeline)
