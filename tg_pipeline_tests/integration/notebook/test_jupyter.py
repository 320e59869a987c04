"""The notebook of docs/bi.md, executed by Jupyter's own client and kernel on an exported file."""

import json
import os
import re
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

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

PAGE = Path(__file__).parents[3] / "docs" / "bi.md"


@pytest.mark.slow
def test_the_notebook_of_the_page_reads_the_exported_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    notebook = nbformat.reads(json.dumps(NOTEBOOK | {"cells": [CELL | {"source": code}]}), 4)
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of Jupyter's packages
        NotebookClient(
            notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
        ).execute(env=dict(os.environ))

    # Then its output is the messages of the day
    (output,) = notebook.cells[0].outputs
    assert output["data"]["text/plain"] == f"[({DAY!r}, 2)]"
