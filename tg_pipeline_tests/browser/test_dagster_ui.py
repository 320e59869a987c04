"""A person opens Dagster's UI, launches a backfill of everything, and looks at a day."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from selenium.common.exceptions import (
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

    from tg_pipeline_tests.browser.conftest import Ui

SECONDS_FOR_A_PAGE = 60
SECONDS_FOR_A_BACKFILL = 300

LAST_BACKFILL = """{
    partitionBackfillsOrError(limit: 1) {
        ... on PartitionBackfills { results { status numPartitions } }
    }
}"""


def test_a_backfill_launched_from_the_ui_fills_the_partition_bar(
    ui: "Ui", browser: "Chrome"
) -> None:
    # Given the asset graph of a month that has landed
    browser.get(f"{ui.url}/asset-groups")
    press(browser, "Materialize all")
    save(browser, "backfill-dialog")

    # When all partitions are asked for, in the dialog that the page offers
    press(browser, "All", exactly=True)
    press(browser, "Launch backfill")

    # Then the backfill succeeds
    wait_until(lambda: status_of_last_backfill(ui) not in {"REQUESTED", None}, "the backfill ends")
    assert status_of_last_backfill(ui) == "COMPLETED_SUCCESS"
    browser.get(f"{ui.url}/locations/__repository__@tg_pipeline/asset-groups/layers")
    find(browser, "//*[text()='enriched_updates']")
    save(browser, "asset-graph")

    # And a day's page shows its counts and the plot of its hours, in place
    day = ui.first_day.isoformat()
    browser.get(f"{ui.url}/assets/enriched_updates?view=partitions&partition={day}")
    find(browser, "//*[contains(text(), 'Missing (0)')]")
    wait_until(lambda: picture_width(browser, "messages per hour") > 0, "the plot is drawn")
    save(browser, "partition-page")


def press(browser: "Chrome", label: str, *, exactly: bool = False) -> None:
    text = "normalize-space()"
    path = f"//button[{text}='{label}']" if exactly else f"//button[contains({text}, '{label}')]"
    redrawn = [
        NoSuchElementException,
        StaleElementReferenceException,
        ElementNotInteractableException,
    ]
    wait = WebDriverWait(browser, SECONDS_FOR_A_PAGE, ignored_exceptions=redrawn)
    wait.until(lambda page: pressed(page.find_element(By.XPATH, path)), f"can't press {label}")


def pressed(button: "WebElement") -> bool:
    """Press a button if it can be pressed; the page may redraw it meanwhile, and one tries anew."""
    if not button.is_enabled():
        return False
    button.click()
    return True


def find(browser: "Chrome", path: str) -> "WebElement":
    wait = WebDriverWait(browser, SECONDS_FOR_A_PAGE)
    return wait.until(lambda page: page.find_element(By.XPATH, path), f"no {path}")


def picture_width(browser: "Chrome", name: str) -> int:
    width: int = browser.execute_script(
        "return document.querySelector(`img[alt='${arguments[0]}']`)?.naturalWidth ?? 0", name
    )
    return width


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS_FOR_A_BACKFILL
    while not holds():
        assert time.monotonic() < deadline, f"waited too long until {what}"
        time.sleep(1)


def status_of_last_backfill(ui: "Ui") -> str | None:
    results = ui.ask(LAST_BACKFILL)["partitionBackfillsOrError"]["results"]
    return results[0]["status"] if results else None


def save(browser: "Chrome", name: str) -> None:
    """Keep a picture of the page where TG_SCREENSHOTS names a folder."""
    folder = os.environ.get("TG_SCREENSHOTS")
    if folder:
        time.sleep(2)  # the page draws its graph in a moment of its own
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))
