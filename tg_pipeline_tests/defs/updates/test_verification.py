"""The monthly search for damaged files: it fails with their names, and their days are requested."""

import pytest

from tg_pipeline.defs.updates.sensors import KnownDays, scan
from tg_pipeline.defs.updates.verification import verification_job
from tg_pipeline_tests.conftest import DAY
from tg_pipeline_tests.defs.conftest import House


@pytest.mark.slow
def test_a_damaged_file_fails_the_search_and_its_day_is_requested(house: House) -> None:
    update = {
        "update_id": 1,
        "message": {"date": 1_791_331_200, "chat": {"id": 1, "type": "private"}},
    }
    house.pipeline.land(update)
    house.pipeline.build()
    path = house.pipeline.folder / f"lake/raw_updates/context_date={DAY}/part-0.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"?")

    failed = verification_job.execute_in_process(
        resources={"landing": house.landing, "lake": house.lake},
        instance=house.instance,
        raise_on_error=False,
    )

    (step,) = [event for event in failed.all_events if event.is_step_failure]
    failure = step.step_failure_data.user_failure_data
    assert failure
    assert str(path) in (failure.description or "")
    found = scan(
        house.pipeline.landing,
        house.lake.lake(),
        house.resources["clock"].now(),  # type: ignore[attr-defined]
        KnownDays(frozenset(), {}, frozenset()),
    )
    assert DAY in found.plan.stale
