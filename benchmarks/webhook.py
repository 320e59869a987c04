"""Cost of the webhook's Lambda, compared with two handlers that use boto3.

python benchmarks/webhook.py --rounds 7
"""

import argparse
import json
import os
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from lib.output import megabytes, micros, show, spinner
from lib.s3_servers import serve_discarding

HERE: Final = Path(__file__).parent
PROCESS: Final = "lib.webhook_process"
OURS: Final = "lambda_ingest.handler"
KEPT_CLIENT: Final = "lib.boto3_client_kept"
CLIENT_PER_CALL: Final = "lib.boto3_client_per_call"
WARM_CALLS: Final = {OURS: 2_000, KEPT_CLIENT: 1_000, CLIENT_PER_CALL: 30}
"""Handlers, and the number of calls after the first update."""

NAMES: Final = {
    OURS: "lambda_ingest",
    KEPT_CLIENT: "boto3, a client per container",
    CLIENT_PER_CALL: "boto3, a client and a temporary file per call",
}
PACKAGED: Final = ("obstore", "tzdata")


class Cost(NamedTuple):
    """Seconds of CPU until the first update is stored, and for each update after it."""

    cold: float
    warm: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    costs: dict[str, list[Cost]] = {module: [] for module in WARM_CALLS}
    with serve_discarding() as address, spinner() as announce:
        for number in range(1, rounds + 1):
            for module, times in WARM_CALLS.items():
                announce(f"round {number}: {NAMES[module]}")
                costs[module].append(measure(module, times, address))
    _show("CPU from a cold start to the first stored update", costs, "cold")
    _show("CPU of a warm call", costs, "warm")
    show("The package, unpacked", ["part", "size"], _sizes())


def measure(module: str, times: int, address: str) -> Cost:
    """Measure a handler in a process of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(HERE),
        "AWS_ENDPOINT_URL": address,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "measured",
        "AWS_SECRET_ACCESS_KEY": "measured",
        "AWS_S3_BUCKET": "measured",
        "TELEGRAM_SECRET_TOKEN": "measured-measured",
        "TELEGRAM_BOT_ID": "7",
        "TOKIO_WORKER_THREADS": "1",  # as in the template
    }
    done = subprocess.run(
        [sys.executable, "-m", PROCESS, module, str(times)],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return Cost(**json.loads(done.stderr))


def _show(title: str, costs: dict[str, list[Cost]], field: str) -> None:
    medians = {
        module: median(getattr(cost, field) for cost in rounds) for module, rounds in costs.items()
    }
    rows = [
        [NAMES[module], micros(seconds), f"1/{seconds / medians[OURS]:.1f}"]
        for module, seconds in medians.items()
    ]
    show(title, ["handler", "µs, median", "lambda_ingest is"], rows)


def _sizes() -> list[list[str]]:
    own = sum(path.stat().st_size for path in (HERE.parent / "lambda_ingest").glob("*.py"))
    sizes = {"lambda_ingest": own} | {name: _installed(name) for name in PACKAGED}
    rows = [[name, megabytes(size)] for name, size in sizes.items()]
    return [*rows, ["all", megabytes(sum(sizes.values()))]]


def _installed(name: str) -> int:
    paths = (Path(str(path.locate())) for path in files(name) or [])
    return sum(path.stat().st_size for path in paths if path.suffix != ".pyc" and path.exists())


if __name__ == "__main__":
    main()
