"""The job: builds the tables of one day. Run by spark-submit, with the settings of a command.

It reports what it built through Dagster Pipes if Dagster has started it, else as lines of JSON.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Final

import boto3
from dagster_pipes import (
    PipesContext,
    PipesEnvVarParamsLoader,
    PipesMessageWriter,
    PipesS3MessageWriter,
    open_dagster_pipes,
)

from lambda_ingest.settings import SettingsError
from lambda_ingest.store import StoreError
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.parallel.shards import shards_folder
from tg_pipeline.settings import load_settings
from tg_pipeline.spark.day import TABLES, DayBuild
from tg_pipeline.spark.jobs import SparkJobs
from tg_pipeline.spark.reports import to_message
from tg_pipeline.spark.session import open_session

BUCKET: Final = "bucket"
"""The parameter of Pipes that names the bucket of its messages; without it, they go to a file."""


def main(arguments: list[str]) -> None:
    """Build the tables of a day; exit with a sentence if that fails."""
    parser = argparse.ArgumentParser(prog="tg_pipeline.spark", description=__doc__)
    parser.add_argument("day", type=date.fromisoformat, help="the day, as YYYY-MM-DD")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES, metavar="TABLE")
    parser.add_argument("--full", action="store_true", help="read all landed objects again")
    parser.add_argument(
        "--quarantined", action="store_true", help="read objects with quarantined lines again, too"
    )
    options = parser.parse_args(arguments)
    with _pipes() as pipes:
        if failure := _build(options, pipes):
            if pipes:
                pipes.log.error(failure)
            sys.exit(failure)


def _build(options: argparse.Namespace, pipes: PipesContext | None) -> str | None:
    """Build the tables, and report each of them; return why that failed, None if it did not."""
    try:
        settings = load_settings()
        build = DayBuild(settings, options.day, options.tables, options.full, options.quarantined)
        lake = Lake(settings.lake_uri)
        with shards_folder(lake, datetime.now(UTC)) as folder, open_session() as spark:
            for name, built in build.run(SparkJobs(spark, lake, settings.lake_uri, folder)):
                message = to_message(name, options.day, built)
                if pipes:
                    pipes.report_custom_message(message)
                else:
                    sys.stdout.write(f"{json.dumps(message)}\n")
    except (StoreError, SettingsError) as error:
        return str(error)
    return None


@contextmanager
def _pipes() -> Iterator[PipesContext | None]:
    """Open Dagster Pipes; None if Dagster has not started this job."""
    loader = PipesEnvVarParamsLoader()  # type: ignore[no-untyped-call]
    if not loader.is_dagster_pipes_process():
        yield None
        return
    writer: PipesMessageWriter[Any] | None = None
    if BUCKET in loader.load_messages_params():
        writer = PipesS3MessageWriter(boto3.client("s3"))
    with open_dagster_pipes(message_writer=writer, params_loader=loader) as pipes:
        yield pipes


if __name__ == "__main__":
    main(sys.argv[1:])
