"""The contents of Dagster's UI: the queries of its pages, and its other addresses."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import requests

from tg_pipeline_tests.cli.builds.up_process import Up
from tg_pipeline_tests.security.search import Text, unpacked

QUERIES: Final = Path(__file__).with_suffix(".graphql").read_text()
PLACE: Final = {"repositoryName": "__repository__", "repositoryLocationName": "tg_pipeline"}
PAGES: Final = (
    *("Instance", "CodeLocations", "EnvironmentVariables", "Resources", "Runs", "Assets"),
    "Automation",
)
ADDRESSES: Final = ("/", "/server_info", "/dagit_info", "/runs", "/deployment/config")


def pages(up: Up) -> Iterator[Text]:
    for name in PAGES:
        yield Text(f"page {name}", str(ask(up, name, here=PLACE)).encode())
    for address in ADDRESSES:
        yield Text(f"address {address}", get(up, address))
    for run in runs(up):
        yield Text(f"run {run}", str(ask(up, "Log", run=run)).encode())
        yield Text(f"debug file of {run}", unpacked(get(up, f"/download_debug/{run}")))
        for log in captured(up, run):
            yield Text(f"what {run} printed", str(ask(up, "Printed", log=log)).encode())


def ask(up: Up, operation: str, **variables: Any) -> Any:
    response = json.loads(up.ask(QUERIES, operation, **variables))
    assert "errors" not in response, response["errors"]
    return response["data"]


def get(up: Up, address: str) -> bytes:
    response = requests.get(f"{up.url}{address}", timeout=60)
    response.raise_for_status()
    return response.content


def launch(up: Up, day: str) -> str:
    """Press "Materialize" for a day; return the run."""
    answer = launch_with(up, "updates_job", day, {})
    assert answer["launchRun"]["__typename"] == "LaunchRunSuccess", answer
    run: str = answer["launchRun"]["run"]["runId"]
    return run


def launch_with(up: Up, job: str, day: str, config: dict[str, Any]) -> Any:
    """Launch a job with a run config, as a program that was not written for it could."""
    where = {**PLACE, "pipelineName": job}
    tags = [{"key": "dagster/partition", "value": day}]
    parameters = {"selector": where, "runConfigData": config, "executionMetadata": {"tags": tags}}
    return ask(up, "Launch", parameters=parameters)


def runs(up: Up) -> dict[str, str]:
    found = ask(up, "Runs")["runsOrError"]["results"]
    return {run["runId"]: run["status"] for run in found}


def captured(up: Up, run: str) -> list[list[str]]:
    events = ask(up, "Log", run=run)["logsForRun"]["events"]
    return [event["logKey"] for event in events if event.get("logKey")]
