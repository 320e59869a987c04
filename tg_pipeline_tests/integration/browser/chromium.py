"""A headless Chromium, with short ways to press, find and take screenshots."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.common.exceptions import (
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

PAGE_TIMEOUT = 180
"""Seconds."""

SCRIPT_TIMEOUT = 180
"""Seconds: axe takes 15 on a large page, and several times as long on a busy machine."""

CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,1000",
    "--hide-scrollbars",
)


@contextmanager
def open_chromium(logs: Mapping[str, str] | None = None) -> Iterator[Chrome]:
    """Open a Chromium that keeps these logs; skip the test if it is not installed."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("chromium and chromedriver are not installed")
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in CHROMIUM_FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", dict(logs or {}))
    chrome = Chrome(options=options, service=Service(driver))
    chrome.set_script_timeout(SCRIPT_TIMEOUT)
    try:
        yield chrome
    finally:
        chrome.quit()


def press(browser: Chrome, label: str, *, exactly: bool = False) -> None:
    """Press the button whose text contains, or exactly is, a label; wait until that is possible."""
    text = "normalize-space()"
    path = f"//button[{text}='{label}']" if exactly else f"//button[contains({text}, '{label}')]"
    redrawn = [
        NoSuchElementException,
        StaleElementReferenceException,
        ElementNotInteractableException,
    ]
    wait = WebDriverWait(browser, PAGE_TIMEOUT, ignored_exceptions=redrawn)
    wait.until(lambda page: _pressed(page.find_element(By.XPATH, path)), f"can't press {label}")


def _pressed(button: WebElement) -> bool:
    """Press a button if it is enabled, and return whether it was; a redrawn one raises."""
    if not button.is_enabled():
        return False
    button.click()
    return True


def find(browser: Chrome, path: str) -> WebElement:
    """Return the element of an XPath, once the page has it."""
    wait = WebDriverWait(browser, PAGE_TIMEOUT)
    return wait.until(lambda page: page.find_element(By.XPATH, path), f"no {path}")


def save(browser: Chrome, name: str) -> None:
    """Save a screenshot of the page in the folder of TG_SCREENSHOTS, if it is set."""
    folder = os.environ.get("TG_SCREENSHOTS")
    if folder:
        time.sleep(2)  # the page draws its graph after it has loaded
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))
