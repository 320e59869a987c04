"""Cost of the webhook's Lambda, compared with two handlers that use boto3."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lib.processes.s3_servers import serve_discarding
from lib.table import Cost, Row, paired

BENCHMARKS: Final = Path(__file__).parents[1]
PROCESS: Final = "lib.processes.webhook_process"
OURS: Final = "lambda_ingest.handler"
KEPT_CLIENT: Final = "lib.alternatives.boto3_client_kept"
CLIENT_PER_CALL: Final = "lib.alternatives.boto3_client_per_call"
WARM_CALLS: Final = {OURS: 2_000, KEPT_CLIENT: 1_000, CLIENT_PER_CALL: 30}
"""Handlers, and the number of calls after the first update."""

OTHERS: Final = {
    KEPT_CLIENT: "boto3, a client per container",
    CLIENT_PER_CALL: "boto3, a client and a temporary file per call",
}

KINDS: Final = {
    "warm": "a webhook call that stores an update",
    "cold": "a cold start to the first stored update",
}


def measure_webhook(rounds: int, announce: Callable[[str], None]) -> list[Row]:
    """Return the cost until the first update is stored, and that of each update after it."""
    costs: dict[str, list[dict[str, float]]] = {module: [] for module in WARM_CALLS}
    with serve_discarding() as address:
        for number in range(1, rounds + 1):
            for module, times in WARM_CALLS.items():
                announce(f"round {number}: {OTHERS.get(module, 'ours')}")
                costs[module].append(_measure(module, times, address))

    def of(module: str, kind: str) -> list[Cost]:
        return [Cost(each[kind]) for each in costs[module]]

    return [
        paired(what, "ms", of(OURS, kind), name, of(module, kind))
        for kind, what in KINDS.items()
        for module, name in OTHERS.items()
    ]


def _measure(module: str, times: int, address: str) -> dict[str, float]:
    """Measure a handler in a process of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(BENCHMARKS), os.environ.get("PYTHONPATH", "")]),
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
    found: dict[str, float] = json.loads(done.stderr)
    return found
