"""The local door does what its OpenAPI description says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import requests

from tg_pipeline.openapi import describe
from tg_pipeline_tests.serve.conftest import SECRET, Serving

DESCRIBED: Final = Path(__file__).parents[2] / "docs" / "openapi.json"
SCHEMATHESIS: Final = str(Path(sys.executable).parent / "schemathesis")
SEED: Final = "20261007"


def test_schemathesis_finds_no_answer_that_is_not_described(
    serving: Serving, tmp_path: Path
) -> None:
    header = f"X-Telegram-Bot-Api-Secret-Token: {SECRET}"
    run = [SCHEMATHESIS, "run", f"{serving.address}/openapi.json", "--header", header]

    done = subprocess.run(
        [*run, "--checks", "all", "--max-examples", "100", "--seed", SEED, "--no-color"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert serving.stored("rejected"), "What was made up got through to the landing zone."


def test_the_description_in_the_docs_is_the_one_the_door_gives(serving: Serving) -> None:
    given = requests.get(f"{serving.address}/openapi.json", timeout=30).json()

    assert given == describe() == json.loads(DESCRIBED.read_text())
