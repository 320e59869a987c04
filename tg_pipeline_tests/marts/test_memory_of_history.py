"""The memory that building the marts takes depends on a day's rows, not on how many days there are.

A tiny bot has years of days with a few rows each: what is kept of each file would add up.
"""

from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline_tests.marts.conftest import DAY, PARAMETERS, Marts
from tg_pipeline_tests.marts.updates import ANA, message

PEAK = Path("/proc/self/status")

MARGIN = 80_000
"""Kilobytes: 270 more days took 240,000 when the footers of all files were held together."""


@pytest.mark.skipif(not PEAK.exists(), reason="the peak is read from Linux's /proc")
def test_ten_times_the_days_take_no_more_memory(tmp_path: Path) -> None:
    peaks = {}
    for days in (30, 300):
        uri = (tmp_path / str(days)).as_uri()
        marts = Marts(Lake(uri))
        for number in range(days):
            day = DAY - timedelta(days=number)
            marts.put(message(f"{day} 09:30", ANA, "como faço isso?", number), day=day)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            peaks[days] = pool.submit(build_and_measure, uri, DAY).result()

    assert peaks[300] < peaks[30] + MARGIN


def build_and_measure(uri: str, day: date) -> int:
    """Build the marts of a day, and all others; return this process's peak in kilobytes."""
    with mart_builder(Lake(uri), PARAMETERS) as builder:
        for mart in DAILY_MARTS:
            builder.build_days(mart, [day])
        for mart in CUMULATIVE_MARTS:
            builder.build(mart)
    (line,) = (each for each in PEAK.read_text().splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1])
