"""Expiry in Dagster: what was deleted is counted, recorded, and followed by the marts."""

from dataclasses import replace
from datetime import date, timedelta

import dagster as dg
import pytest

from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.defs.privacy import assets, schedules
from tg_pipeline.lake.floors import Floors, read_floors
from tg_pipeline.settings import KeepDays, PrivacySettings
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.defs.conftest import House

KEEP = KeepDays(landing=2, raw=2, enriched=2)
TODAY = date(2026, 10, 10)
"""The day of the house's clock."""


def keep_days(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(SETTINGS, privacy=PrivacySettings(keep_days=KEEP))
    for module in (assets, schedules):
        monkeypatch.setattr(module, "SETTINGS", settings)


@pytest.fixture
def expiring(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    keep_days(monkeypatch)
    house.defs = dg.Definitions.merge(house.defs, assets.defs, schedules.defs)
    return house


@pytest.mark.slow
def test_a_day_that_expires_is_deleted_counted_and_requests_the_marts(expiring: House) -> None:
    # Given a built day, and marts that are up to date
    expiring.pipeline.land({"update_id": 1, "message": {"message_id": 1, "date": 1_791_378_000}})
    assert expiring.run(DAY).success
    before = dg.evaluate_automation_conditions(expiring.defs, expiring.instance)
    assert expiring.run_job("marts_job").success
    settled = dg.evaluate_automation_conditions(
        expiring.defs, expiring.instance, cursor=before.cursor
    )

    # When it expires
    run = expiring.run_job("expiry_job")

    # Then its objects are gone, and counted
    assert run.success
    (event,) = run.get_asset_materialization_events()[-1:]
    counts = {name: value.value for name, value in event.materialization.metadata.items()}
    floor = TODAY - timedelta(days=2)
    assert counts["enriched_kept_since"] == str(floor)
    assert (counts["landing_objects_deleted"], counts["enriched_days_deleted"]) == (1, 1)
    assert read_floors(expiring.pipeline.landing) == Floors(floor, floor, floor)
    assert expiring.metadata("enriched_updates", DAY)["dagster/partition_row_count"] == 0
    assert not expiring.pipeline.lake.days("enriched_updates")
    # And the marts over all days are requested, and then empty
    after = dg.evaluate_automation_conditions(
        expiring.defs, expiring.instance, cursor=settled.cursor
    )
    assert after.get_num_requested(dg.AssetKey("messages"))
    assert expiring.run_job("marts_job").success
    with expiring.pipeline.lake.open("messages", None) as partition:
        assert partition.rows == 0
    # And a backfill of the day brings nothing back
    expiring.pipeline.land({"update_id": 1, "message": {"message_id": 1, "date": 1_791_378_000}})
    assert expiring.run(DAY).success
    assert not expiring.pipeline.rows("raw_updates")


def test_nothing_is_requested_unless_days_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(schedules.expiry_schedule(), dg.SkipReason)

    keep_days(monkeypatch)
    assert isinstance(schedules.expiry_schedule(), dg.RunRequest)
