"""A run that a bucket refuses fails with one sentence, and shows nothing of what lies under it."""

import socket
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from lambda_ingest.store import StoreError
from tg_pipeline.defs.updates import sensors
from tg_pipeline.defs.updates.sensors import late_updates_sensor
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.defs.conftest import House
from tg_pipeline_tests.fakes.s3_errors import CREDENTIALS, SECRET, error_reply, not_found
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, Heard, reply

EMPTY = reply(b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")


def read_only(heard: Heard, _: object) -> list[bytes]:
    """Answer as an empty bucket that nothing may be put into."""
    if heard.start.startswith("PUT"):
        return [error_reply("AccessDenied")]
    return [EMPTY if "list-type" in heard.start else not_found()]


def test_a_permission_that_lacks_is_all_that_the_run_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a lake that may be read and not written
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with Bot(read_only) as bucket, dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.port}")
        house = House(Pipeline(tmp_path, "s3://bucket/mine"), instance)

        # When a day is built
        result = house.run(DAY)

    # Then its step fails once, with the sentence
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    error = failure.step_failure_data.error
    said = (
        "s3://bucket/mine/lake: the credentials are not allowed to write to it: docs/s3.md lists "
        "the permissions."
    )
    assert error
    assert said in error.to_string()
    assert "Debug source" not in error.to_string()
    assert SECRET not in error.to_string()


@pytest.mark.timeout(60)  # what a tick may take: a run's own patience would outlast it
def test_a_bucket_that_is_silent_fails_a_sensors_tick_while_there_is_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a run that went well, and a bucket that has not answered since
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sensors, "SENSOR_TIMEOUT", timedelta(seconds=1))
    with socket.create_server(("127.0.0.1", 0)) as silent, dg.DagsterInstance.ephemeral() as place:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        house = House(Pipeline(tmp_path, "s3://bucket/mine"), place)
        job = house.defs.resolve_job_def("updates_job")
        place.create_run_for_job(job, status=dg.DagsterRunStatus.SUCCESS)

        # When a sensor looks, then it says which bucket it is
        context = dg.build_sensor_context(instance=place, resources=house.defs.resources)
        with pytest.raises(StoreError, match="s3://bucket/mine"):
            late_updates_sensor(context)
