"""Dagster builds days on Spark: jobs of EMR Serverless, on loopback, and of this machine."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import dagster as dg
import pytest

from tg_pipeline.defs import spark as spark_steps
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.settings import LOCAL_SPARK, AthenaSettings, SparkSettings
from tg_pipeline.spark import __file__ as package
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.defs.conftest import House
from tg_pipeline_tests.fakes.aws import REGION, client_of, moto_server, moto_settings
from tg_pipeline_tests.fakes.emr_serverless import APPLICATION, FakeEmrServerless
from tg_pipeline_tests.fakes.loopback import Loopback
from tg_pipeline_tests.spark.conftest import LOOPBACK, SUBMIT

DAGSTERS_OWN = pytest.mark.filterwarnings("ignore:AssetExecutionContext:DeprecationWarning")
pytestmark = [pytest.mark.spark, DAGSTERS_OWN]

BUCKET, CODE = "updates", "code"
ENTRY_POINT: Final = Path(package).with_name("__main__.py")
RAW: Final = ["raw_updates", "quarantine"]
ON_EMR: Final = SparkSettings(
    APPLICATION, role_arn="arn:aws:iam::123456789012:role/spark", code_uri=f"s3://{CODE}/spark"
)
TEXT: Final = {"update_id": 2, "message": {"message_id": 2, "date": 1_791_378_000, "text": "oi"}}
COMMAND: Final = [{"type": "bot_command", "offset": 0, "length": 6}]
START: Final = {
    "update_id": 1,
    "message": {"message_id": 1, "date": 1_791_378_000, "text": "/start", "entities": COMMAND},
}

UseSpark = Callable[[House, SparkSettings], None]


@dataclass(frozen=True)
class Cloud:
    """A landing zone and a lake in a bucket, and an application that builds."""

    house: House
    emr: FakeEmrServerless
    s3: Any


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def use_spark(monkeypatch: pytest.MonkeyPatch) -> UseSpark:
    """Return how a test's settings name Spark."""

    def use(house: House, spark: SparkSettings) -> None:
        stores = house.pipeline
        ingest = replace(SETTINGS.ingest, landing_uri=stores.landing_uri)
        settings = replace(
            SETTINGS,
            ingest=ingest,
            lake_uri=stores.lake_uri,
            athena=AthenaSettings(region=REGION),
            spark=spark,
        )
        monkeypatch.setattr(spark_steps, "SETTINGS", settings)

    return use


@pytest.fixture
def cloud(
    tmp_path: Path,
    instance: dg.DagsterInstance,
    use_spark: UseSpark,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Cloud]:
    with moto_server() as address:
        s3 = client_of(address, "s3")
        for bucket in (BUCKET, CODE):
            s3.create_bucket(Bucket=bucket)
        key = f"spark/{spark_steps.ENTRY_POINT}"
        s3.put_object(Bucket=CODE, Key=key, Body=ENTRY_POINT.read_bytes())
        role = moto_settings(address)
        for name, value in role.items():
            monkeypatch.setenv(name, value)
        emr = FakeEmrServerless(
            tmp_path,
            lambda uri, path: s3.download_file(*uri.removeprefix("s3://").split("/", 1), str(path)),
            role | LOOPBACK | {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH")},
            spark_submit(),
            SUBMIT.split(),
        )
        house = House(Pipeline(tmp_path, f"s3://{BUCKET}"), instance)
        use_spark(house, ON_EMR)
        with Loopback(emr.application) as site:
            monkeypatch.setenv("AWS_ENDPOINT_URL_EMR_SERVERLESS", site.url)
            yield Cloud(house, emr, s3)
        emr.stop()


def spark_submit() -> str:
    import pyspark  # noqa: PLC0415 - only this tier has it

    return str(Path(pyspark.__file__).with_name("bin") / "spark-submit")


def run(house: House, *assets: str) -> dg.ExecuteInProcessResult:
    return house.defs.resolve_job_def("updates_job").execute_in_process(
        instance=house.instance,
        partition_key=DAY.isoformat(),
        asset_selection=[dg.AssetKey(name) for name in assets],
        raise_on_error=False,
    )


def test_a_day_is_built_by_jobs_whose_counts_are_recorded_and_checked(
    cloud: Cloud,
) -> None:
    # Given a day with a duplicate and a line that can't be read
    house, tables = cloud.house, ["deduped_updates", "enriched_updates", "commands"]
    house.pipeline.land(START, TEXT)
    house.pipeline.put("7-more.ndjson", b'{"update_id": 2, "poll": {}}\nnot JSON')

    # When Dagster builds it
    done = run(house, *RAW, *tables)

    # Then each step was a job of its own, with its settings and no secret among them
    assert done.success
    assert [each.state for each in cloud.emr.runs] == ["SUCCESS"] * 4
    assert all(each.parameters["executionRoleArn"] == ON_EMR.role_arn for each in cloud.emr.runs)

    # And Dagster shows the counts of each table, and that all rows are conserved
    shown = {name: house.metadata(name, DAY) for name in (*RAW, *tables)}
    checks = {each.check_name: each for each in done.get_asset_check_evaluations()}
    assert shown["raw_updates"]["rows"] == 3
    assert shown["quarantine"]["rows"] == 1
    assert shown["deduped_updates"]["duplicates"] == 1 == shown["deduped_updates"]["conflicts"]
    assert shown["enriched_updates"]["rows"] == 2
    assert shown["commands"]["rows"] == 1
    for name in ("landed_lines", "raw_rows", "deduped_rows", "commands"):
        check = checks[f"{name}_are_conserved"]
        assert check.passed
        assert check.metadata["rows_entered"] == check.metadata["rows_accounted"]

    # And no shard is left in the bucket
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix="lake/spark-shards")


def test_a_job_that_fails_is_tried_again(cloud: Cloud) -> None:
    cloud.house.pipeline.land(START)
    cloud.emr.failing = 1

    assert run(cloud.house, *RAW).success

    assert [each.state for each in cloud.emr.runs] == ["FAILED", "SUCCESS"]
    assert cloud.house.metadata("raw_updates", DAY)["rows"] == 1


def test_a_run_that_is_stopped_cancels_its_job_and_the_day_can_be_built_later(
    cloud: Cloud,
) -> None:
    # Given a job that has started, when somebody stops the run
    cloud.house.pipeline.land(START)
    cloud.emr.on_look = stop_this_process

    stopped = run(cloud.house, *RAW)

    # Then the job is cancelled, nothing is stored, and nothing is tried again
    assert not stopped.success
    assert [each.state for each in cloud.emr.runs] == ["CANCELLED"]
    assert not Lake(cloud.house.pipeline.lake_uri).days("raw_updates")

    # And a later run builds the day
    cloud.emr.on_look = lambda: None
    assert run(cloud.house, *RAW).success
    assert cloud.house.metadata("raw_updates", DAY)["rows"] == 1


def stop_this_process() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_a_day_is_built_by_spark_on_this_machine(
    tmp_path: Path,
    instance: dg.DagsterInstance,
    use_spark: UseSpark,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House(Pipeline(tmp_path), instance)
    house.pipeline.land(START, TEXT)
    house.pipeline.put("garbage.json", b"{")
    use_spark(house, SparkSettings(LOCAL_SPARK, parameters=SUBMIT))
    monkeypatch.setenv("PATH", f"{Path(spark_submit()).parent}:{os.environ['PATH']}")
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)

    assert run(house, *RAW).success

    shown = house.metadata("raw_updates", DAY)
    assert (shown["rows"], shown["quarantined"], shown["new_objects_read"]) == (2, 1, 3)
