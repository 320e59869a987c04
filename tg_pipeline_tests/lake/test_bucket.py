"""A place is opened with as many threads of the client's own as pay off."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COUNTED = """
import os
import obstore
from tg_pipeline.lake.object_store import open_place

store = open_place("memory://")
before = len(os.listdir("/proc/self/task"))
obstore.put(store, "key", b"body")
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no /proc tells of threads here")
@pytest.mark.parametrize(("asked", "found"), [(None, 1), ("3", 3)])
def test_one_thread_waits_for_sockets_unless_told_otherwise(asked: str | None, found: int) -> None:
    told = {"TOKIO_WORKER_THREADS": asked} if asked else {}
    kept = {name: value for name, value in os.environ.items() if name != "TOKIO_WORKER_THREADS"}

    counted = subprocess.run(
        [sys.executable, "-c", COUNTED], env=kept | told, capture_output=True, text=True, check=True
    )

    assert int(counted.stdout) == found
