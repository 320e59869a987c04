"""A headless Chromium, and what a person does in it."""

import os
import shutil
import time
from collections.abc import Iterator
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

SECONDS_FOR_A_PAGE = 60

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
def open_chromium() -> Iterator[Chrome]:
    """Give a Chromium; skip the test where there is none."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no chromium and chromedriver here: the UI is not looked at")
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in CHROMIUM_FLAGS:
        options.add_argument(flag)
    chrome = Chrome(options=options, service=Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


def press(browser: Chrome, label: str, *, exactly: bool = False) -> None:
    text = "normalize-space()"
    path = f"//button[{text}='{label}']" if exactly else f"//button[contains({text}, '{label}')]"
    redrawn = [
        NoSuchElementException,
        StaleElementReferenceException,
        ElementNotInteractableException,
    ]
    wait = WebDriverWait(browser, SECONDS_FOR_A_PAGE, ignored_exceptions=redrawn)
    wait.until(lambda page: pressed(page.find_element(By.XPATH, path)), f"can't press {label}")


def pressed(button: WebElement) -> bool:
    """Press a button if it can be pressed; the page may redraw it meanwhile, and one tries anew."""
    if not button.is_enabled():
        return False
    button.click()
    return True


def find(browser: Chrome, path: str) -> WebElement:
    wait = WebDriverWait(browser, SECONDS_FOR_A_PAGE)
    return wait.until(lambda page: page.find_element(By.XPATH, path), f"no {path}")


def save(browser: Chrome, name: str) -> None:
    """Keep a picture of the page where TG_SCREENSHOTS names a folder."""
    folder = os.environ.get("TG_SCREENSHOTS")
    if folder:
        time.sleep(2)  # the page draws its graph in a moment of its own
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))
