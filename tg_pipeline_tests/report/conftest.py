"""Pages on a disk, and a headless Chromium that opens them and hears what they ask for."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tg_pipeline.marts.report.facts import Facts
from tg_pipeline.marts.report.language import LANGUAGES
from tg_pipeline.marts.report.report import Options, render
from tg_pipeline_tests.integration.browser.chromium import CHROMIUM_FLAGS
from tg_pipeline_tests.report.opened import Opened

Open = Callable[[Facts | None, str], Opened]


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no chromium and chromedriver here: the report is not looked at")
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
    """Give a way to write a report in a language, and to open it in the browser."""

    def opened(facts: Facts | None, language: str = "en") -> Opened:
        path = tmp_path / "report.html"
        path.write_text(render(facts, Options(LANGUAGES[language])), encoding="utf-8")
        return Opened(chromium, path.as_uri())

    return opened
