"""A user opens Dagster's UI, launches a backfill of two months, and opens a day's page."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tg_pipeline_tests.integration.browser.backfills import (
    launch_backfill_of_everything,
    status_of_last_backfill,
)
from tg_pipeline_tests.integration.browser.chromium import find, save

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from tg_pipeline_tests.integration.browser.conftest import Ui

BACKFILL_TIMEOUT = 480
"""Seconds."""


@pytest.mark.browser
def test_a_backfill_launched_from_the_ui_fills_the_partition_bar(
    ui: "Ui", browser: "Chrome"
) -> None:
    # Given two months that have landed, when all partitions are requested in the dialog
    launch_backfill_of_everything(browser, ui.url)

    # Then the backfill succeeds
    wait_until(
        lambda: status_of_last_backfill(ui.ask) not in {"REQUESTED", None}, "the backfill ends"
    )
    assert status_of_last_backfill(ui.ask) == "COMPLETED_SUCCESS"
    browser.get(f"{ui.url}/locations/__repository__@tg_pipeline/asset-groups/layers")
    find(browser, "//*[text()='enriched_updates']")
    save(browser, "asset-graph")

    # And no day is missing, and the page of a day shows the plot of its hours
    day = ui.first_day.isoformat()
    browser.get(f"{ui.url}/assets/enriched_updates?view=partitions&partition={day}")
    find(browser, "//*[contains(text(), 'Missing (0)')]")
    wait_until(lambda: picture_width(browser, "messages per hour") > 0, "the plot is drawn")
    save(browser, "partition-page")


def picture_width(browser: "Chrome", name: str) -> int:
    width: int = browser.execute_script(
        "return document.querySelector(`img[alt='${arguments[0]}']`)?.naturalWidth ?? 0", name
    )
    return width


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + BACKFILL_TIMEOUT
    while not holds():
        assert time.monotonic() < deadline, f"waited too long until {what}"
        time.sleep(1)
