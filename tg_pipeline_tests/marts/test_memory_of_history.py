"""The memory that building the marts takes depends on a day's rows, not on how many days there are.

A tiny bot has years of days with a few rows each: what is kept of each file would add up.
"""

import sys
from datetime import timedelta
from pathlib import Path
from subprocess import run
from typing import Final

import pytest

from tg_pipeline.lake.partitions import Lake
from tg_pipeline_tests.marts.conftest import DAY, Marts
from tg_pipeline_tests.marts.updates import ANA, message

PEAK: Final = Path("/proc/self/status")

MARGIN: Final = 80_000
"""Kilobytes: 180 more days took 160,000 when the footers of all files were held together."""

BUILD: Final = f"""
import sys
from datetime import date
from pathlib import Path
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.marts.catalog import CUMULATIVE_MARTS, DAILY_MARTS
from tg_pipeline.marts.mart import MartParameters

with mart_builder(Lake(sys.argv[1]), MartParameters("America/Sao_Paulo")) as builder:
    for mart in DAILY_MARTS:
        builder.build_days(mart, [date.fromisoformat(sys.argv[2])])
    for mart in CUMULATIVE_MARTS:
        builder.build(mart)
print(next(x for x in Path("{PEAK}").read_text().splitlines() if x.startswith("VmHWM:")).split()[1])
"""
"""Prints the peak of the process in kilobytes."""


@pytest.mark.slow
@pytest.mark.skipif(not PEAK.exists(), reason="the peak is read from Linux's /proc")
def test_ten_times_the_days_take_no_more_memory(tmp_path: Path) -> None:
    peaks = {}
    for days in (20, 200):
        uri = (tmp_path / str(days)).as_uri()
        marts = Marts(Lake(uri))
        for number in range(days):
            day = DAY - timedelta(days=number)
            marts.put(message(f"{day} 09:30", ANA, "como faço isso?", number + 1), day=day)
        command = [sys.executable, "-c", BUILD, uri, str(DAY)]
        peaks[days] = int(run(command, check=True, capture_output=True, text=True).stdout)

    assert peaks[200] < peaks[20] + MARGIN, peaks
