"""A user opens Dagster's UI, launches a backfill of five weeks, and opens a day's page."""

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

CHART = "//tr[td[contains(., '{}')]]//table//td[contains(., '█')]"
"""A bar of the Markdown table that is the metadata with this name."""


@pytest.mark.browser
def test_a_backfill_launched_from_the_ui_fills_the_partition_bar(
    ui: "Ui", browser: "Chrome"
) -> None:
    # Given five weeks that have landed, when all partitions are requested in the dialog
    launch_backfill_of_everything(browser, ui.url)

    # Then the backfill succeeds
    wait_until(
        lambda: status_of_last_backfill(ui.ask) not in {"REQUESTED", None}, "the backfill ends"
    )
    assert status_of_last_backfill(ui.ask) == "COMPLETED_SUCCESS"
    browser.get(f"{ui.url}/locations/__repository__@tg_pipeline/asset-groups/layers")
    find(browser, "//*[text()='enriched_updates']")
    save(browser, "asset-graph")

    # And no day is missing, and the pages of a day of a layer and of a mart show their charts
    day = ui.first_day.isoformat()
    open_partition(browser, f"{ui.url}/assets/enriched_updates", day)
    find(browser, CHART.format("hours"))
    save(browser, "partition-page")
    open_partition(browser, f"{ui.url}/assets/hourly_activity", day)
    find(browser, CHART.format("messages_by_hour"))
    save(browser, "mart-page")


def open_partition(browser: "Chrome", url: str, day: str) -> None:
    browser.get(f"{url}?view=partitions&partition={day}")
    find(browser, "//*[contains(text(), 'Missing (0)')]")


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + BACKFILL_TIMEOUT
    while not holds():
        assert time.monotonic() < deadline, f"waited too long until {what}"
        time.sleep(1)
