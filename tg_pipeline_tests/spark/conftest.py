"""A Spark with two cores, which the tests of a process share."""

import os
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest

LOOPBACK: Final = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "PYSPARK_PYTHON": sys.executable,
    "PYSPARK_DRIVER_PYTHON": sys.executable,
}

SUBMIT: Final = (
    "--master local[2] --conf spark.ui.enabled=false --conf spark.driver.bindAddress=127.0.0.1 "
    "--conf spark.driver.host=127.0.0.1 --driver-java-options -XX:TieredStopAtLevel=1"
)
"""How the tests start Spark: without the compiler that pays off in long jobs only."""


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Start Spark from this process, reachable from this machine only."""
    # Only the tests of this tier have it.
    from pyspark.sql import SparkSession  # noqa: PLC0415

    from tg_pipeline.spark.session import open_session  # noqa: PLC0415

    os.environ |= LOOPBACK | {"PYSPARK_SUBMIT_ARGS": f"{SUBMIT} pyspark-shell"}
    with open_session() as session:
        assert isinstance(session, SparkSession)
        yield session
