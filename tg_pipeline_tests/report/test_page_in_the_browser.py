"""A person opens the report: on a desk, on a phone, by day, by night, on paper, by keyboard."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tg_pipeline.marts.report.facts import Facts
from tg_pipeline_tests.report.month import HOSTILE, month, month_of, one_day, quiet
from tg_pipeline_tests.report.opened import Screen

if TYPE_CHECKING:
    from tg_pipeline_tests.report.conftest import Open

DESK, PHONE = 1280, 360
LOOKS = [
    (Screen(DESK, "light"), "en"),
    (Screen(DESK, "dark"), "pt"),
    (Screen(PHONE, "light"), "pt"),
    (Screen(PHONE, "dark"), "en"),
]
NAMES = [f"{screen.width}-{screen.scheme}-{language}" for screen, language in LOOKS]

MARKS = """
return Object.fromEntries([...document.querySelectorAll('.chart')].map((chart) => [
  chart.id, chart.querySelectorAll('.role-mark path, .role-mark line, .role-mark text').length]))
"""

WIDER_THAN_THEIR_PLACE = """
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

SPARSE: dict[str, Callable[[], Facts | None]] = {
    "an empty lake": lambda: None,
    "one day": one_day,
    "a period with nothing": quiet,
}


@pytest.mark.parametrize(("screen", "language"), LOOKS, ids=NAMES)
def test_every_chart_is_drawn_and_nothing_is_amiss(
    open_report: "Open", screen: Screen, language: str
) -> None:
    page = open_report(month(), language).on(screen)

    assert page.complaints() == []
    assert page.requests() == [], "the page asks for nothing, and nobody learns it was opened"
    drawn = page.ask(MARKS)
    assert drawn.keys() == {
        "activity-messages",
        "activity-people",
        "hours-heat",
        "answers-weeks",
        "waits-weeks",
        "members-days",
        "retention-heat",
        "health-days",
    }
    assert drawn["activity-messages"] == 28
    assert drawn["hours-heat"] == 7 * 24
    assert min(drawn.values()) > 8
    page.save(f"report-{screen.width}-{screen.scheme}-{language}")

    page.ask("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert page.ask("return document.documentElement.scrollWidth") == screen.width
    assert page.axe() == []


@pytest.mark.parametrize("what", SPARSE)
def test_a_page_with_little_on_it_is_whole_too(open_report: "Open", what: str) -> None:
    page = open_report(SPARSE[what](), "en").on(Screen(PHONE))

    assert page.complaints() == []
    assert page.requests() == []
    assert page.ask("return document.documentElement.scrollWidth") == PHONE
    assert page.axe() == []


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_hostile_texts_are_shown_and_do_nothing(open_report: "Open", width: int) -> None:
    # Given names, questions, commands, kinds and reactions that are markup, script and worse
    page = open_report(month_of(HOSTILE), "en").on(Screen(width))

    # Then nothing of it runs, none of it becomes an element, and none of it widens the page
    assert page.complaints() == []
    assert page.requests() == []
    assert page.ask("return document.documentElement.dataset.charts") == "drawn"
    assert page.ask("return document.documentElement.scrollWidth") == width
    assert page.axe() == []
    elements = page.ask(ELEMENTS)
    harmless = open_report(month_of(["plain"] * len(HOSTILE)), "en").on(Screen(width))
    assert elements == harmless.ask(ELEMENTS), "the same page, but for what stands in it"


def test_hostile_texts_stand_there_as_they_were_written(open_report: "Open") -> None:
    page = open_report(month_of(HOSTILE), "en").on(Screen())

    texts = page.ask("return [...document.querySelectorAll('#people bdi')].map(e => e.textContent)")
    assert texts[0] == HOSTILE[0]
    assert "gnirts desrever after" in texts
    isolation = "return getComputedStyle(document.querySelector('bdi')).unicodeBidi"
    assert page.ask(isolation) == "isolate"


def test_what_is_cut_is_in_the_title(open_report: "Open") -> None:
    page = open_report(month_of(HOSTILE), "en").on(Screen())

    cut = "return [...document.querySelectorAll('#people bdi[title]')].map(e => e.title.length)"
    assert max(page.ask(cut)) > 1_000, "4,096 faces: 32 in the text, a thousand in the title"


def test_a_pointer_on_a_bar_brings_up_what_it_stands_for(open_report: "Open") -> None:
    page = open_report(month(), "pt").on(Screen())
    bars = page.browser.find_elements("css selector", "#activity-messages .role-mark path")

    ActionChains(page.browser).move_to_element(bars[2]).perform()

    tip = page.browser.find_element("id", "tip")
    assert tip.is_displayed()
    assert tip.text == "qua 7 out: 316 mensagens"


def test_charts_follow_the_width_of_the_page(open_report: "Open") -> None:
    page = open_report(month(), "en").on(Screen(DESK))

    page.turn_to(Screen(PHONE))

    assert page.ask("return document.documentElement.scrollWidth") == PHONE
    assert page.ask(WIDER_THAN_THEIR_PLACE) == []


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_labels_have_room_for_what_hangs_below_their_line(open_report: "Open", width: int) -> None:
    page = open_report(month(), "en").on(Screen(width))

    assert page.ask(CUT_OFF_BELOW) == [], "a p of Sep, a g of ago"


def test_paper_is_white_however_dark_the_screen_is(open_report: "Open") -> None:
    page = open_report(month(), "en").on(Screen(DESK, "dark"))
    background = "return getComputedStyle(document.documentElement).backgroundColor"
    bar = (
        "return getComputedStyle(document.querySelector('#activity-messages path[fill^=var]')).fill"
    )
    dark = page.ask(background), page.ask(bar)

    page.turn_to(Screen(700, "dark", media="print"))

    printed = page.ask(background), page.ask(bar)
    assert printed[0] == "rgb(255, 255, 255)"
    assert dark[0] != printed[0]
    assert dark[1] != printed[1], "the charts follow"
    assert page.ask("return getComputedStyle(document.querySelector('nav')).display") == "none"
    page.save("report-printed-en")


def test_the_keyboard_skips_to_the_report_and_unfolds_the_numbers(open_report: "Open") -> None:
    page = open_report(month(), "en").on(Screen())
    focused = "return document.activeElement"

    press(page.browser, Keys.TAB)
    assert page.ask(focused).text == "Skip to the report"
    press(page.browser, Keys.ENTER)
    assert page.ask(focused).get_attribute("id") == "main"

    press(page.browser, Keys.TAB, Keys.ENTER)
    numbers = page.browser.find_element("id", "activity-numbers")
    assert numbers.is_displayed()
    assert numbers.get_attribute("aria-label") == numbers.find_element("tag name", "caption").text


def test_a_browser_that_can_not_unpack_the_charts_says_so(open_report: "Open") -> None:
    # Given a browser from before 2023
    page = open_report(month(), "en")
    old = page.browser.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.DecompressionStream"}
    )
    try:
        # When the report is opened
        page.on(Screen())
    finally:
        page.browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", old)

    # Then it sends the reader to the tables
    assert page.browser.find_element("css selector", ".failed").is_displayed()
    assert page.axe() == []


def press(browser: object, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()  # type: ignore[arg-type]
