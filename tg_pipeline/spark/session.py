"""The Spark session of a job."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pyspark.sql import SparkSession

APPLICATION: Final = "tg-pipeline"

SETTINGS: Final = {
    # As in DuckDB: see `marts/duckdb_engine.py`.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # The progress of a job is no line of its log.
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def open_session() -> Iterator[SparkSession]:
    """Open the session that spark-submit has configured, and stop it at the end."""
    builder = SparkSession.builder.appName(APPLICATION)
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("WARN")
    try:
        yield session
    finally:
        session.stop()
