"""Fixtures: a headless Chromium, and reports opened in it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tg_pipeline.report.models import ReportData
from tg_pipeline.report.report import render_report
from tg_pipeline_tests.integration.browser.chromium import CHROMIUM_FLAGS
from tg_pipeline_tests.report.opened import Opened

Open = Callable[[ReportData | None, str], Opened]


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in CHROMIUM_FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


@pytest.fixture
def open_report(chromium: webdriver.Chrome, tmp_path: Path) -> Open:
    """Return a function that writes a report in a language and opens it in the browser."""

    def opened(data: ReportData | None, language: str = "en") -> Opened:
        path = tmp_path / "report.html"
        path.write_text(render_report(data, language), encoding="utf-8")
        return Opened(chromium, path.as_uri())

    return opened
