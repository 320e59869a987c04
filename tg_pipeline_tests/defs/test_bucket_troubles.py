"""Runs and ticks whose bucket refuses or is silent fail with one sentence."""

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
from tg_pipeline_tests.fakes.s3.errors import CREDENTIALS, SECRET, error_reply, not_found
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, Heard, reply

EMPTY = reply(b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")


def read_only(heard: Heard, _: object) -> list[bytes]:
    if heard.start.startswith("PUT"):
        return [error_reply("AccessDenied")]
    return [EMPTY if "list-type" in heard.start else not_found()]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def test_a_run_without_a_permission_fails_with_its_name_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a lake that may be read and not written
    with Bot(read_only) as bucket, dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.port}")
        house = House(Pipeline(tmp_path, "s3://bucket/mine"), instance)

        result = house.run(DAY)

    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert failure.step_failure_data.error
    error = failure.step_failure_data.error.to_string()
    assert "s3://bucket/mine/lake: the credentials are not allowed to write to it: " in error
    assert "Debug source" not in error
    assert SECRET not in error


@pytest.mark.timeout(60)  # a tick's limit; a run waits for longer
def test_a_silent_bucket_fails_the_tick_of_a_sensor_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a successful run, and a bucket that has not responded since
    monkeypatch.setattr(sensors, "SENSOR_TIMEOUT", timedelta(seconds=1))
    with socket.create_server(("127.0.0.1", 0)) as silent, dg.DagsterInstance.ephemeral() as place:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        house = House(Pipeline(tmp_path, "s3://bucket/mine"), place)
        job = house.defs.resolve_job_def("updates_job")
        place.create_run_for_job(job, status=dg.DagsterRunStatus.SUCCESS)

        # When a sensor is evaluated, then it names the bucket
        context = dg.build_sensor_context(instance=place, resources=house.defs.resources)
        with pytest.raises(StoreError, match="s3://bucket/mine"):
            late_updates_sensor(context)
