"""Large days on Spark: whether a step starts a job for a day, and what the job reports.

Jobs report counts. Metadata and checks are made of these as of a build in this process, since a
run of several days has one check for all of them.
"""

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar

import dagster as dg
import msgspec

from tg_pipeline.builds.layers import DedupedBuildResult, EnrichedBuildResult
from tg_pipeline.builds.marts import MartBuildResult
from tg_pipeline.builds.monitoring.day_size import built_updates, landed_updates
from tg_pipeline.builds.raw_updates import LandingSource, RawBuildResult
from tg_pipeline.defs.partitions import SETTINGS
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.layers.deduped_updates import DEDUPED_UPDATES
from tg_pipeline.layers.enriched.schema import ENRICHED_UPDATES
from tg_pipeline.layers.raw_updates import RAW_UPDATES
from tg_pipeline.settings import LOCAL_SPARK, Settings
from tg_pipeline.spark.reports import BUILT, TABLE, MartBuilt

Result = TypeVar("Result")

POLL_SECONDS: Final = 5.0
"""Between two looks at a job, and at its messages."""

ENTRY_POINT: Final = "build_day.py"
ARCHIVE: Final = "environment.tar.gz"
"""What `make spark-package` makes."""

MOUNTED: Final = "environment"
"""The folder into which Spark unpacks the archive."""


@dataclass(frozen=True, slots=True)
class SparkSteps:
    """What a step builds on Spark."""

    context: dg.AssetExecutionContext
    source: LandingSource
    lake: Lake
    settings: Settings = field(default_factory=lambda: SETTINGS)
    _marts: dict[date, dict[str, MartBuildResult]] = field(default_factory=dict)

    def raw(
        self, day: date, here: Callable[[], RawBuildResult], flags: Sequence[str]
    ) -> Callable[[], RawBuildResult]:
        """Return the build of a day's raw_updates: on Spark, or `here`."""
        enough = self.settings.spark.from_updates
        if not self._takes(lambda: landed_updates(self.source.store, day, enough)):
            return here
        return partial(self._layer, RAW_UPDATES.name, day, RawBuildResult, flags)

    def deduped(
        self, day: date, here: Callable[[], DedupedBuildResult]
    ) -> Callable[[], DedupedBuildResult]:
        """Return the build of a day's deduped_updates: on Spark, or `here`."""
        if not self._takes(lambda: built_updates(self.lake, RAW_UPDATES.name, day)):
            return here
        return partial(self._layer, DEDUPED_UPDATES.name, day, DedupedBuildResult)

    def enriched(
        self, day: date, here: Callable[[], EnrichedBuildResult]
    ) -> Callable[[], EnrichedBuildResult]:
        """Return the build of a day's enriched_updates: on Spark, or `here`."""
        if not self._takes(lambda: built_updates(self.lake, DEDUPED_UPDATES.name, day)):
            return here
        return partial(self._layer, ENRICHED_UPDATES.name, day, EnrichedBuildResult)

    def takes_marts(self, day: date) -> bool:
        """Return whether the daily marts of a day are built on Spark."""
        return self._takes(lambda: built_updates(self.lake, ENRICHED_UPDATES.name, day))

    def mart(self, name: str, day: date, asked: Sequence[str]) -> MartBuildResult:
        """Return a day of a mart, which one job builds together with all that are `asked` for."""
        if name not in self._marts.get(day, {}):
            built = self._run(day, asked)
            self._marts[day] = {
                each: msgspec.convert(content, MartBuilt).result(day)
                for each, content in built.items()
            }
        return self._marts[day].pop(name)

    def _takes(self, updates: Callable[[], int]) -> bool:
        spark = self.settings.spark
        if spark.application_id is None:
            return False
        return not spark.from_updates or updates() >= spark.from_updates

    def _layer(
        self, table: str, day: date, kind: type[Result], flags: Sequence[str] = ()
    ) -> Result:
        return msgspec.convert(self._run(day, [table], flags)[table], kind)

    def _run(self, day: date, tables: Sequence[str], flags: Sequence[str] = ()) -> dict[str, Any]:
        """Run a job, and return what it has built by table; raises dg.Failure."""
        arguments = [day.isoformat(), "--tables", *tables, *flags]
        run = _run_here if self.settings.spark.application_id == LOCAL_SPARK else _run_on_emr
        with _failures(day):
            done = run(self.context, self.settings, arguments)
        built = {each[TABLE]: each[BUILT] for each in done.get_custom_messages()}
        if missing := ", ".join(each for each in tables if each not in built):
            raise dg.Failure(f"The job on Spark for {day} did not report on {missing}.")
        return built


@contextmanager
def _failures(day: date) -> Iterator[None]:
    """Raise the failure of a job as a dg.Failure; its own sentence is in the log of the run."""
    try:
        yield
    except (RuntimeError, dg.DagsterError) as error:
        raise dg.Failure(
            f"The job on Spark for {day} failed or was cancelled ({error}); what it said is in the "
            "log of this run, and in its own."
        ) from None


def _run_here(
    context: dg.AssetExecutionContext, settings: Settings, arguments: list[str]
) -> dg.PipesClientCompletedInvocation:
    """Run spark-submit on this machine."""
    script = Path(find_spec("tg_pipeline.spark.__main__").origin or "")  # type: ignore[union-attr]
    command = ["spark-submit", *shlex.split(settings.spark.parameters), str(script), *arguments]
    environment = {"PYSPARK_PYTHON": sys.executable, **settings.of_jobs(os.environ)}
    return dg.PipesSubprocessClient(env=environment).run(context=context, command=command)


def _run_on_emr(
    context: dg.AssetExecutionContext, settings: Settings, arguments: list[str]
) -> dg.PipesClientCompletedInvocation:
    """Run a job of an application of EMR Serverless."""
    # boto3 takes most of a second to import, and only these jobs need it.
    import boto3  # noqa: PLC0415
    from dagster_aws.pipes import (  # noqa: PLC0415
        PipesEMRServerlessClient,
        PipesS3MessageReader,
    )

    from tg_pipeline.aws import open_s3_client, translate_emr_errors  # noqa: PLC0415

    bucket = settings.spark.code_uri.removeprefix("s3://").partition("/")[0]
    reader = PipesS3MessageReader(
        bucket=bucket,
        client=open_s3_client(),
        interval=POLL_SECONDS,
        include_stdio_in_messages=False,
    )
    parameters = job_parameters(settings, arguments, os.environ)
    with translate_emr_errors():
        emr = boto3.client("emr-serverless", region_name=settings.athena.region)
        client = PipesEMRServerlessClient(emr, message_reader=reader, poll_interval=POLL_SECONDS)
        return client.run(context=context, start_job_run_params=parameters)


def job_parameters(
    settings: Settings, arguments: list[str], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return the parameters of StartJobRun: code, arguments, and the settings without secrets."""
    spark = settings.spark
    variables = {
        "PYTHONPATH": f"./{MOUNTED}",
        "PYSPARK_PYTHON": spark.python,
        "PYSPARK_DRIVER_PYTHON": spark.python,
        **settings.of_jobs(environment),
    }
    properties = {"spark.archives": f"{spark.code_uri}/{ARCHIVE}#{MOUNTED}"}
    for name, value in variables.items():
        properties[f"spark.emr-serverless.driverEnv.{name}"] = value
        properties[f"spark.executorEnv.{name}"] = value
    return {
        "applicationId": spark.application_id,
        "executionRoleArn": spark.role_arn,
        "name": f"tg-pipeline {arguments[0]}",
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": f"{spark.code_uri}/{ENTRY_POINT}",
                "entryPointArguments": arguments,
                "sparkSubmitParameters": spark.parameters,
            }
        },
        "configurationOverrides": {
            "applicationConfiguration": [
                {"classification": "spark-defaults", "properties": properties}
            ]
        },
    }
