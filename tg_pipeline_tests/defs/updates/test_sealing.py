"""The nightly sealing: days that are old enough, without who was forgotten meanwhile."""

from dataclasses import replace
from datetime import timedelta

import dagster as dg
import obstore
import pytest

from lambda_ingest.landing import LANDING_PREFIX
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.updates import sealing
from tg_pipeline.defs.updates.sealing import sealing_job, sealing_schedule
from tg_pipeline.landing.sealed_objects import is_sealed_key
from tg_pipeline.landing.sealing import MIN_AGE_DAYS
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.defs.conftest import House


def update(number: int) -> dict[str, object]:
    chat = {"id": 1, "type": "private"}
    return {"update_id": number, "message": {"date": 1_791_331_200, "chat": chat}}


def test_it_is_off_unless_days_are_set() -> None:
    assert isinstance(sealing_schedule(), dg.SkipReason)


@pytest.mark.slow
def test_days_that_are_old_enough_are_sealed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given two objects of an old day, and two of a later one
    before = DAY - timedelta(days=10)
    house.pipeline.land(update(1), update(2), day=before)
    house.pipeline.land(update(3), update(4))
    ingest = replace(SETTINGS.ingest, landing_uri=house.pipeline.landing_uri)
    settings = replace(SETTINGS, seal_after_days=MIN_AGE_DAYS, ingest=ingest)
    monkeypatch.setattr(sealing, "SETTINGS", settings)

    # When the job runs
    done = sealing_job.execute_in_process(
        resources={name: house.resources[name] for name in ("landing", "lake", "clock")},
        instance=house.instance,
    )

    # Then the old day is one object
    assert done.success
    keys = [meta["path"] for meta in obstore.list(house.pipeline.landing, LANDING_PREFIX).collect()]
    assert sorted(map(is_sealed_key, keys)) == [False, False, True]
