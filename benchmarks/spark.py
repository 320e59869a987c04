"""A day of millions of updates, built by one process, several, and Spark: the bytes, and the cost.

PYTHONPATH=.venv-spark python benchmarks/spark.py land --folder /tmp/day --updates 2000000
PYTHONPATH=.venv-spark python benchmarks/spark.py here --folder /tmp/day
PYTHONPATH=.venv-spark python benchmarks/spark.py here --folder /tmp/day --workers 2
PYTHONPATH=.venv-spark python benchmarks/spark.py spark --folder /tmp/day --master 'local[2]'
PYTHONPATH=.venv-spark python benchmarks/spark.py compare --folder /tmp/day
"""

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from lambda_ingest.landing import day_prefix
from lib.days import DAY, ZONE
from lib.measure import cpu_seconds
from tg_pipeline.builds.layers import build_deduped_updates, build_enriched_updates
from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.raw_updates import LandingSource, build_raw_updates
from tg_pipeline.lake.landing_state import state_key
from tg_pipeline.lake.partitions import Lake, partition_key
from tg_pipeline.layers import ALL_LAYERS
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.parallel.processes import WorkerProcesses
from tg_pipeline.sample import SAMPLE_BOT_ID, deliveries
from tg_pipeline.spark import __file__ as package
from tg_pipeline.storage.object_store import open_object_store

BASE: Final = 100_000
"""Updates of the sample; the day has as many renumbered copies of them as it needs."""

STEP: Final = 1_000_000
"""Between the ids of an update and of its renumbered copy."""

LINES: Final = 5_000
"""Updates of a landed object."""

EARLIER: Final = DAY - timedelta(days=1)
ARRIVED: Final = 1_772_600_000
"""When all objects arrived, in Unix seconds: so that nothing but the names decides on ties."""

HERE: Final = "here"
WORKERS: Final = "workers"
SPARK: Final = "spark"
"""The lakes in the folder, by what has built them."""

UPDATE_ID: Final = re.compile(rb'"update_id":\s*(\d+)')
TICKS: Final = os.sysconf("SC_CLK_TCK")


def land(folder: Path, updates: int, recorded: Path | None) -> None:
    """Land a day, with copies of its updates on it and the day before, and what can't be read."""
    base = [each.body for each in deliveries(DAY, 1, min(BASE, updates), zone=ZONE)]
    number = 0
    for copy in range(-(-updates // BASE)):
        lines = [_renumbered(body, copy * STEP) for body in base]
        for start in range(0, len(lines), LINES):
            _put(folder, DAY, f"{SAMPLE_BOT_ID}-{number:05}", lines[start : start + LINES])
            number += 1
        # An event of a supergroup that a second bot received, too
        _put(folder, DAY, f"{SAMPLE_BOT_ID + 1}-{number:05}", lines[: LINES // 5])
        # Copies: after midnight, and on the day itself
        _put(folder, EARLIER, f"{SAMPLE_BOT_ID}-{number:05}", lines[-LINES // 5 :])
        _put(
            folder, DAY, f"{SAMPLE_BOT_ID}-again-{number:05}", [*lines[: LINES // 5], b"{", b"[1]"]
        )
        _put(folder, DAY, f"{SAMPLE_BOT_ID}-empty-{number:05}", [])
    if recorded:
        _put(folder, DAY, "5-recorded", recorded.read_bytes().splitlines())


def _renumbered(body: bytes, offset: int) -> bytes:
    return UPDATE_ID.sub(lambda found: b'"update_id":%d' % (int(found[1]) + offset), body, count=1)


def _put(folder: Path, day: date, name: str, lines: list[bytes]) -> None:
    path = folder / "landing" / day_prefix(day) / f"{name}.ndjson.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"\n".join(lines), 6, mtime=0))
    os.utime(path, (ARRIVED, ARRIVED))


def build_here(folder: Path, processes: int) -> None:
    """Build both days on this machine, and print what each table of the larger one costs."""
    lake = Lake((folder / (HERE if processes == 1 else WORKERS)).as_uri())
    store, parameters = open_object_store((folder / "landing").as_uri()), LayerParameters(ZONE.key)
    build_raw_updates(LandingSource(store, 0), lake, EARLIER, parameters)
    with _timed("raw_updates"), WorkerProcesses(lake, processes) as workers:
        landing = LandingSource(store, 0, split_objects=workers.split_objects)
        rows = build_raw_updates(landing, lake, DAY, parameters).raw.rows
    with _timed("deduped_updates"):
        build_deduped_updates(lake, DAY, parameters)
    with _timed("enriched_updates"), WorkerProcesses(lake, processes) as workers:
        build_enriched_updates(lake, DAY, parameters, workers.enrichment(DAY))
    with _timed("marts"), mart_builder(lake, MartParameters(ZONE.key)) as builder:
        for mart in DAILY_MARTS:
            builder.build_days(mart, [DAY])
    print(f"{rows:,} rows of raw_updates")


@contextmanager
def _timed(what: str) -> Iterator[None]:
    """Print the time and the CPU that a block takes, with that of processes that have ended."""
    wall, cpu = time.monotonic(), cpu_seconds()
    yield
    wall, cpu = time.monotonic() - wall, cpu_seconds() - cpu
    print(f"{what}: {wall:.1f} s, of CPU {cpu:.1f} s", flush=True)


def build_on_spark(folder: Path, master: str) -> None:
    """Build the larger day on Spark in another lake, and print the time and the CPU."""
    there = folder / SPARK
    shutil.rmtree(there, ignore_errors=True)
    earlier = f"context_date={EARLIER}"
    for path in (folder / HERE).rglob(f"{earlier}*"):
        copy = there / path.relative_to(folder / HERE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if path.is_dir() else shutil.copyfile)(path, copy)
    import pyspark  # noqa: PLC0415 - only this part needs it

    home = Path(pyspark.__file__).parent
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SCALA_VERSION": "2.13",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "TG_LANDING_URI": (folder / "landing").as_uri(),
        "TG_LAKE_URI": there.as_uri(),
        "TG_TIMEZONE": ZONE.key,
    }
    loopback = ["spark.driver.bindAddress=127.0.0.1", "spark.driver.host=127.0.0.1"]
    options = [word for each in loopback for word in ("--conf", each)]
    script = str(Path(package).with_name("__main__.py"))
    command = [f"{home}/bin/spark-submit", "--master", master, *options, script, DAY.isoformat()]
    began = time.monotonic()
    costs: dict[int, tuple[str, float]] = {}
    with subprocess.Popen(command, env=environment, start_new_session=True) as job:
        while job.poll() is None:
            costs |= _costs_of_session(job.pid)
            time.sleep(0.5)
    print(f"{master}: exit {job.returncode} after {time.monotonic() - began:.1f} s")
    for kind in ("java", "python"):
        cpu = sum(seconds for name, seconds in costs.values() if kind in name)
        print(f"  CPU of {kind}: {cpu:.1f} s")


def _costs_of_session(session: int) -> dict[int, tuple[str, float]]:
    """Return the names and the seconds of CPU of the processes of a session, by their ids."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, fields = stat.read_text().partition("(")[2].rsplit(")", 1)
        except (OSError, ValueError):
            continue  # it has just ended
        values = fields.split()
        if int(values[3]) == session:
            found[int(stat.parent.name)] = name, (int(values[11]) + int(values[12])) / TICKS
    return found


def compare(folder: Path) -> bool:
    """Print whether all lakes have the same bytes of the larger day; return it, too."""
    keys = [partition_key(table.name, DAY) for table in (*ALL_LAYERS, *DAILY_MARTS)]
    others = [folder / name for name in (WORKERS, SPARK) if (folder / name).exists()]
    different = [
        f"{other.name}/{key}"
        for other in others
        for key in [*keys, state_key(DAY)]
        if (folder / HERE / key).read_bytes() != (other / key).read_bytes()
    ]
    names = ", ".join(different) or "none"
    print(f"{len(keys) + 1} objects compared in {len(others)} lakes; with other bytes: {names}")
    return not different


def main() -> None:
    """Run one of the steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("step", choices=["land", "here", "spark", "compare"])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--updates", type=int, default=2_000_000)
    parser.add_argument("--recorded", type=Path, help="a file of recorded updates, one a line")
    parser.add_argument("--workers", type=int, default=1, help="processes of `here`")
    parser.add_argument("--master", default="local[2]")
    options = parser.parse_args()
    folder = options.folder.absolute()
    if options.step == "land":
        land(folder, options.updates, options.recorded)
    elif options.step == "here":
        build_here(folder, options.workers)
    elif options.step == "spark":
        build_on_spark(folder, options.master)
    elif not compare(folder):
        sys.exit(1)


if __name__ == "__main__":
    main()
