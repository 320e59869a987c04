"""The report in a real browser: desktop, phone, light, dark, printed, and by keyboard."""

from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tg_pipeline.report.models import ReportData
from tg_pipeline.report.report import render_report
from tg_pipeline_tests.report.browser.opened import Opened, Screen
from tg_pipeline_tests.report.report_data import HOSTILE, month, month_of, one_day, quiet

Open = Callable[..., Opened]

DESKTOP, PHONE = 1280, 360
SCREENS = [
    (Screen(DESKTOP, "light"), "en"),
    (Screen(DESKTOP, "dark"), "pt"),
    (Screen(PHONE, "light"), "pt"),
    (Screen(PHONE, "dark"), "en"),
]
pytestmark = pytest.mark.browser

NAMES = [f"{screen.width}-{screen.scheme}-{language}" for screen, language in SCREENS]

MARKS = """
return Object.fromEntries([...document.querySelectorAll('.chart')].map((chart) => [
  chart.id, chart.querySelectorAll('.role-mark path, .role-mark line, .role-mark text').length]))
"""

WIDER_THAN_CONTAINER = """
return [...document.querySelectorAll('.chart')].filter(
  (chart) => chart.querySelector('svg').getBoundingClientRect().width > chart.clientWidth + 1
).map((chart) => chart.id)
"""

CUT_OFF_BELOW = """
return [...document.querySelectorAll('.chart text')].filter((label) => label.textContent &&
  label.getBoundingClientRect().bottom > label.closest('svg').getBoundingClientRect().bottom + 0.5
).map((label) => label.textContent)
"""

ELEMENTS = "return [...document.querySelectorAll('*')].map((each) => each.tagName)"

CHARTS = {
    "activity-messages",
    "activity-people",
    "answers-weeks",
    "response-times-weeks",
    "members-days",
    "retention-heat",
    "health-days",
}

SPARSE: dict[str, Callable[[], ReportData | None]] = {
    "an empty lake": lambda: None,
    "one day": one_day,
    "a quiet period": quiet,
}


@pytest.fixture
def open_report(chromium: Chrome, tmp_path: Path) -> Open:
    """Return a function that writes a report in a language, and opens it in the browser."""

    def opened(data: ReportData | None, language: str = "en") -> Opened:
        path = tmp_path / "report.html"
        path.write_text(render_report(data, language), encoding="utf-8")
        return Opened(chromium, path.as_uri())

    return opened


def assert_sound(page: Opened, width: int) -> None:
    """Check that a page has no errors, requests, accessibility violations or overflow."""
    assert page.console() == []
    assert page.requests() == []
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert page.run("return document.documentElement.scrollWidth") == width
    assert page.axe() == []


@pytest.mark.parametrize(("screen", "language"), SCREENS, ids=NAMES)
def test_every_chart_is_drawn_without_errors_requests_or_accessibility_violations(
    open_report: Open, screen: Screen, language: str
) -> None:
    page = open_report(month(), language).on(screen)

    drawn = page.run(MARKS)
    assert drawn.keys() == CHARTS
    assert drawn["activity-messages"] == 28
    assert min(drawn.values()) > 8
    assert page.run(CUT_OFF_BELOW) == []
    page.save(f"report-{screen.width}-{screen.scheme}-{language}")
    assert_sound(page, screen.width)


@pytest.mark.parametrize("what", SPARSE)
def test_a_page_with_little_data_is_valid_too(open_report: Open, what: str) -> None:
    assert_sound(open_report(SPARSE[what]()).on(Screen(PHONE)), PHONE)


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_hostile_texts_run_nothing_and_add_no_elements(open_report: Open, width: int) -> None:
    # Given hostile names, questions, commands, content types and reactions
    page = open_report(month_of(HOSTILE)).on(Screen(width))

    # Then nothing runs, and the page has its ordinary elements and width
    elements = page.run(ELEMENTS)
    assert page.run("return document.documentElement.dataset.charts") == "drawn"
    assert_sound(page, width)
    plain = [f"plain {number}" for number in range(len(HOSTILE))]
    harmless = open_report(month_of(plain)).on(Screen(width))
    assert elements == harmless.run(ELEMENTS)


def test_hostile_texts_are_shown_as_written_with_more_in_the_title(open_report: Open) -> None:
    page = open_report(month_of(HOSTILE)).on(Screen())

    texts = page.run("return [...document.querySelectorAll('#people bdi')].map(e => e.textContent)")
    assert texts[0] == HOSTILE[0]
    assert "gnirts desrever after" in texts
    isolation = "return getComputedStyle(document.querySelector('bdi')).unicodeBidi"
    assert page.run(isolation) == "isolate"
    cut = "return [...document.querySelectorAll('#people bdi[title]')].map(e => e.title.length)"
    assert max(page.run(cut)) > 1_000, "4,096 emoji: 32 are shown"


def test_hovering_over_a_bar_shows_its_tooltip(open_report: Open) -> None:
    page = open_report(month(), "pt").on(Screen())
    bars = page.browser.find_elements("css selector", "#activity-messages .role-mark path")
    page.scroll_to(bars[2])

    ActionChains(page.browser).move_to_element(bars[2]).perform()

    tip = page.browser.find_element("id", "tip")
    assert tip.is_displayed()
    assert tip.text == "qua., 7 de out.: 316 mensagens"


def test_charts_follow_the_width_of_the_page(open_report: Open) -> None:
    page = open_report(month()).on(Screen(DESKTOP))

    page.switch_to(Screen(PHONE))

    assert page.run("return document.documentElement.scrollWidth") == PHONE
    assert page.run(WIDER_THAN_CONTAINER) == []


def test_print_is_light_even_if_the_screen_is_dark(open_report: Open) -> None:
    page = open_report(month()).on(Screen(DESKTOP, "dark"))
    background = "return getComputedStyle(document.documentElement).backgroundColor"
    bar = (
        "return getComputedStyle(document.querySelector('#activity-messages path[fill^=var]')).fill"
    )
    dark = page.run(background), page.run(bar)

    page.switch_to(Screen(700, "dark", media="print"))

    printed = page.run(background), page.run(bar)
    assert printed[0] == "rgb(255, 255, 255)"
    assert page.browser.find_element("css selector", ".topic .name").is_displayed()
    assert dark[0] != printed[0]
    assert dark[1] != printed[1]
    assert page.run("return getComputedStyle(document.querySelector('nav')).display") == "none"
    page.save("report-printed-en")


def test_the_keyboard_skips_to_the_report_and_unfolds_the_numbers(open_report: Open) -> None:
    page = open_report(month()).on(Screen())
    focused = "return document.activeElement"

    press(page.browser, Keys.TAB)
    assert page.run(focused).text == "Skip to the report"
    press(page.browser, Keys.ENTER)
    assert page.run(focused).get_attribute("id") == "main"

    press(page.browser, Keys.TAB)
    assert page.run(focused).get_attribute("id") == "filter-period"

    page.run("document.querySelector('#activity summary').focus()")
    press(page.browser, Keys.ENTER)
    numbers = page.browser.find_element("id", "activity-numbers")
    assert numbers.is_displayed()
    assert numbers.get_attribute("aria-label") == numbers.find_element("tag name", "caption").text


def test_a_browser_without_decompression_shows_the_tables(open_report: Open) -> None:
    page = open_report(month())
    before_2023 = page.browser.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.DecompressionStream"}
    )
    try:
        page.on(Screen())
    finally:
        page.browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", before_2023)

    assert page.browser.find_element("css selector", ".failed").is_displayed()
    assert page.axe() == []


def press(browser: object, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()  # type: ignore[arg-type]
