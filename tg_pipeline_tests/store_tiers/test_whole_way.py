"""From the door to the answers: on every kind of store the same, to the byte."""

from pathlib import Path

import pytest

from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.store_tiers.whole_way import build, contents, go, land_at_one_instant

ON = ("memory", "moto", "ceph")


def test_all_comes_out_as_it_does_on_a_disk(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given the same updates, landed and built here and on a disk
    land_at_one_instant(monkeypatch)
    disk = Pipeline(tmp_path / "disk")
    expected, found = go(disk), go(pipeline)

    # Then what was said of them is the same: two doors have landed each of them once,
    assert found == expected
    assert found.tally.landed == found.tally.already_there > 0
    assert len(found.counted) > 1

    # and each object has the same bytes,
    assert contents(pipeline.landing) == contents(disk.landing)
    assert contents(pipeline.lake.store) == contents(disk.lake.store)

    # and has them again once all is lost but the landing zone
    before = {key: body for key, body in contents(disk.lake.store).items() if "report" not in key}
    pipeline.lose()
    build(pipeline)
    assert contents(pipeline.lake.store) == before
