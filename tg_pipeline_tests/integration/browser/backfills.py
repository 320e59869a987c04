"""A backfill, launched in the UI as a user does, and its status in Dagster."""

from collections.abc import Callable
from typing import Any

from selenium.webdriver import Chrome

from tg_pipeline_tests.integration.browser.chromium import press, save

LAST_BACKFILL = """{
    partitionBackfillsOrError(limit: 1) {
        ... on PartitionBackfills { results { status numPartitions } }
    }
}"""

Ask = Callable[[str], Any]


def launch_backfill_of_everything(browser: Chrome, url: str) -> None:
    """Launch a backfill of all partitions of all tables, in the dialog of the page."""
    browser.get(f"{url}/asset-groups")
    press(browser, "Materialize all")
    save(browser, "backfill-dialog")
    press(browser, "All", exactly=True)
    press(browser, "Launch backfill")


def status_of_last_backfill(ask: Ask) -> str | None:
    results = ask(LAST_BACKFILL)["partitionBackfillsOrError"]["results"]
    return results[0]["status"] if results else None
