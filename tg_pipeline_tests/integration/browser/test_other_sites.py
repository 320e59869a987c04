"""A page of another site, open in the browser of somebody who uses the UI, can do nothing with it.

The same page is first pointed at Dagster's own webserver, whose address it could not guess.
"""

import functools
import json
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pytest
import requests
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tg_pipeline_tests.integration.browser.chromium import PAGE_TIMEOUT, find, open_chromium
from tg_pipeline_tests.integration.browser.test_dagster_ui import wait_until

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from tg_pipeline_tests.integration.browser.conftest import Ui

pytestmark = pytest.mark.browser

WAYS: Final = {"image", "fetch", "post", "json", "socket", "form", "embedded"}
LAUNCHED_UNGUARDED: Final = {"image", "fetch", "post", "beacon", "form", "navigation"}
RUNS: Final = "{runsOrError(limit: 100) {... on Runs {results {runId status tags {key value}}}}}"
LAUNCH: Final = """mutation { launchRun(executionParams: {selector: {
    repositoryName: "__repository__", repositoryLocationName: "tg_pipeline",
    jobName: "freshness_job"}}) { ... on LaunchRunSuccess { run { runId } } } }"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def other_site() -> Iterator[str]:
    """Serve the page of the other site: to a browser, 127.0.0.2 is one."""
    handler = functools.partial(_Quiet, directory=str(Path(__file__).parent))
    with ThreadingHTTPServer(("127.0.0.2", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.2:{server.server_address[1]}/attack.html"
        server.shutdown()
        thread.join()


def attack(browser: "Chrome", page: str, target: str) -> dict[str, str]:
    """Open the page with its target, and return what its attempts came to."""
    browser.get(f"{page}?target={quote(target)}")
    results: dict[str, str] = WebDriverWait(browser, PAGE_TIMEOUT).until(
        lambda chrome: (
            found if (found := chrome.execute_script("return results")).keys() >= WAYS else False
        )
    )
    # And a form that replaces the page, as a link does
    browser.execute_script("submit('navigation')")
    WebDriverWait(browser, PAGE_TIMEOUT).until(lambda chrome: target in chrome.current_url)
    return results


def launched(ui: "Ui") -> set[str]:
    """Return the ways in which runs were launched."""
    runs: list[dict[str, Any]] = ui.ask(RUNS)["runsOrError"]["results"]
    return {tag["value"] for run in runs for tag in run["tags"] if tag["key"] == "way"}


def ended(ui: "Ui") -> list[str]:
    """Return the runs that have ended well."""
    runs: list[dict[str, Any]] = ui.ask(RUNS)["runsOrError"]["results"]
    return [run["runId"] for run in runs if run["status"] == "SUCCESS"]


def logged(browser: "Chrome", log: str) -> list[dict[str, str]]:
    """Return what Chromium has logged."""
    entries: list[dict[str, str]] = browser.get_log(log)  # type: ignore[no-untyped-call]
    return entries


def hidden_address(ui: "Ui") -> str:
    """Return the address of the webserver behind the guard, which its command line has."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode().replace("\0", " ")
            parent = re.search(r"PPid:\s+(\d+)", (path.parent / "status").read_text())
        except OSError:
            continue
        found = re.search(r"dagster_webserver .*--host (\S+) --port (\d+)", command)
        if found and parent and int(parent[1]) == ui.process:
            return f"http://{found[1]}:{found[2]}"
    raise AssertionError("the webserver is not there")


def test_a_page_of_another_site_launches_nothing_and_reads_nothing(
    ui: "Ui", browser: "Chrome", other_site: str
) -> None:
    # When the page tries all ways, then nothing is launched, opened or shown
    results = attack(browser, other_site, ui.url)

    assert results["socket"] == "refused"
    assert results["json"] == "nothing"
    assert "launchRun" not in browser.find_element(By.TAG_NAME, "body").text
    assert launched(ui) == set()

    # And these ways do launch runs if the webserver's own address is known
    results = attack(browser, other_site, hidden_address(ui))
    wait_until(lambda: launched(ui) >= LAUNCHED_UNGUARDED, "all ways have launched a run")
    assert results["socket"] == "open"


def test_a_name_that_another_site_rebinds_to_this_machine_is_refused(ui: "Ui") -> None:
    for host in ("evil.example", ui.url.replace("http://127.0.0.1", "evil.example")):
        asked = requests.post(
            f"{ui.url}/graphql", json={"query": RUNS}, headers={"Host": host}, timeout=30
        )
        assert asked.status_code == 403
        assert "results" not in asked.text


def test_the_pages_and_the_logs_of_the_ui_work_behind_the_guard(ui: "Ui") -> None:
    # Given a run that has ended
    ui.ask(LAUNCH)
    wait_until(lambda: bool(ended(ui)), "a run has ended")
    run_id = ended(ui)[0]

    with open_chromium({"performance": "ALL", "browser": "ALL"}) as chromium:
        # When its page is opened
        chromium.get(f"{ui.url}/runs/{run_id}")
        find(chromium, "//*[contains(text(), 'RUN_SUCCESS')]")
        messages = [json.loads(each["message"]) for each in logged(chromium, "performance")]
        errors = [
            each["message"] for each in logged(chromium, "browser") if each["level"] == "SEVERE"
        ]

    # Then its log came over a WebSocket
    kinds = {each["message"]["method"] for each in messages}
    assert "Network.webSocketFrameReceived" in kinds
    # And no request of the page was refused
    assert [error for error in errors if "403" in error or "405" in error] == []
