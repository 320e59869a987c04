"""The notebook of docs/bi.md, executed by Jupyter's own client and kernel on an exported file."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tg_pipeline.marts.mart import MartParameters
from tg_pipeline_tests.built_marts import MartBuilds, build_marts
from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.conftest import DAY, TIMEZONE, Pipeline

NOTEBOOK: dict[str, Any] = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
CELL: dict[str, Any] = {
    "cell_type": "code",
    "id": "page",
    "metadata": {},
    "execution_count": None,
    "outputs": [],
}

JUPYTER = Path(sys.executable).with_name("jupyter-execute")

PAGE = Path(__file__).parents[3] / "docs" / "bi.md"


@pytest.mark.slow
def test_the_notebook_of_the_page_reads_the_exported_file(tmp_path: Path) -> None:
    # Given a lake with two messages of a day, exported by the command as in the page
    pipeline = Pipeline(tmp_path)
    for number in (1, 2):
        sender = {"id": number, "is_bot": False, "first_name": "Ana"}
        chat = {"id": number, "type": "private", "first_name": "Ana"}
        message = {"message_id": 1, "date": 1_791_374_400, "from": sender, "chat": chat}
        pipeline.land({"update_id": number, "message": message | {"text": "oi"}})
    pipeline.build()
    build_marts(MartBuilds(pipeline.lake, MartParameters(TIMEZONE)), [DAY])
    assert Shell(tmp_path).run("sql", "--export", "lake.duckdb").returncode == 0

    # When the page's cell is executed in that folder
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    path = tmp_path / "analysis.ipynb"
    path.write_text(json.dumps(NOTEBOOK | {"cells": [CELL | {"source": code}]}))
    folders = ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")
    environment = os.environ | {name: str(tmp_path / name) for name in folders}
    subprocess.run(
        [JUPYTER, "--inplace", path], env=environment, cwd=tmp_path, check=True, capture_output=True
    )

    # Then its output is the messages of the day
    (output,) = json.loads(path.read_text())["cells"][0]["outputs"]
    assert "".join(output["data"]["text/plain"]) == f"[({DAY!r}, 2)]"
