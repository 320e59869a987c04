"""The browser in which reports are opened."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from tg_pipeline_tests.integration.browser.chromium import open_chromium


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    with open_chromium(logs={"browser": "ALL", "performance": "ALL"}) as chrome:
        yield chrome
