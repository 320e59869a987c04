"""The overview in a real browser: filters, tiles and downloads, on a phone and by keyboard."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from tg_pipeline.builds.report import ReportSource, load_report_data
from tg_pipeline.builds.selection import Selection
from tg_pipeline.report.facts import NONE, OUTCOMES, Facts
from tg_pipeline.report.models import Period, ReportData
from tg_pipeline.report.report import render_report
from tg_pipeline_tests.conftest import DAY, PARAMETERS, Pipeline
from tg_pipeline_tests.report.browser.opened import SECONDS_TO_DRAW, Opened, Screen
from tg_pipeline_tests.report.built_days import PARAMETERS as MART_PARAMETERS
from tg_pipeline_tests.report.built_days import build, message
from tg_pipeline_tests.report.made_facts import made_facts, tied_facts
from tg_pipeline_tests.report.report_data import HOSTILE, PERIOD, month, month_of

Open = Callable[..., Opened]
pytestmark = pytest.mark.browser

PHONE = 390
FIRST_SCREEN = 844
"""Pixels of a common phone."""

PARTS = """
const ids = ["lead", "span", "tile-when", "tile-what", "tile-who", "tile-slow", "tile-help",
  "tile-change", "topics-list", "topics-note",
  "small-talk-note", "hours-finding", "hours-rows", "weeks-finding", "weeks-rows", "chats-finding",
  "chats-rows", "chats-note", "askers-finding", "askers-rows"];
const plain = (html) => html.replace(/>\\s+</g, "><").replaceAll(' class=""', "");
const found = ids.map((id) => document.getElementById(id)).filter((each) => each);
return Object.fromEntries(found.map((each) => [each.id, plain(each.outerHTML)]));
"""
"""The parts of the page that the script writes; only several chats have a slowest one."""

TILES = """
return [...document.querySelectorAll(".tile")].map((each) => {
  return [each.hash, each.getBoundingClientRect().bottom];
})
"""
"""Where each tile leads to, and its bottom."""

TOO_SMALL = """
const boxes = [...document.querySelectorAll("a:not(.skip), select, summary, button.csv")]
  .map((each) => [each.textContent, each.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 24 || box.height < 24));
return boxes.map(([text, box]) => [text, box.width, box.height])
"""
"""What can be tapped and is lower or narrower than 24 pixels (WCAG 2.2, target size)."""

UNREACHABLE = """
return [...document.querySelectorAll(".wide, .table.open, .scroll")]
  .filter((box) => box.scrollWidth > box.clientWidth && box.tabIndex !== 0).map((box) => box.id)
"""
"""The tables that scroll and can't be focused."""

SELECT_AGAIN = "document.getElementById('filters').dispatchEvent(new Event('change'))"

DAYS = 16
FORUM = 2
"""The place of a chat in the made facts."""
OTHER_GROUP = {"id": -200, "type": "supergroup", "title": "Fórum"}
COMMAND = {"entities": [{"type": "bot_command", "offset": 0, "length": 3}]}


def unanswerable() -> Facts:
    """Return facts without topics, and without issues whose answers are seen."""
    facts = made_facts()
    issues = [row._replace(outcome=OUTCOMES.index("unseen")) for row in facts.issues]
    wordings = [row._replace(topic=NONE) for row in facts.wordings]
    return replace(facts, issues=issues, wordings=wordings)


def by_chance() -> Facts:
    """Return facts of groups alone, in which answers are as frequent by chance."""
    facts = made_facts()
    return replace(
        facts,
        issues=[row._replace(is_private=False) for row in facts.issues],
        placebos=[row._replace(answered_placebos=row.answered_singles) for row in facts.placebos],
    )


def without_texts() -> ReportData:
    """Return a month without the texts of messages, and so without questions."""
    data = month(facts=replace(made_facts(), questions=[], issues=[]))
    return replace(data, health=replace(data.health, has_no_texts=True))


@pytest.fixture
def open_report(chromium: Chrome, tmp_path: Path) -> Open:
    """Return a function that writes a report in a language, and opens it on a phone."""

    def opened(data: ReportData | None, language: str = "en", scheme: str = "light") -> Opened:
        path = tmp_path / "report.html"
        path.write_text(render_report(data, language), encoding="utf-8")
        page = Opened(chromium, path.as_uri()).on(Screen(PHONE, scheme))
        is_ready = "return document.documentElement.dataset.filters"
        WebDriverWait(chromium, SECONDS_TO_DRAW).until(lambda _: page.run(is_ready) == "ready")
        return page

    return opened


def select(page: Opened, name: str, label: str) -> None:
    Select(page.browser.find_element("id", f"filter-{name}")).select_by_visible_text(label)


def text_of(page: Opened, name: str) -> str:
    return page.browser.find_element("id", name).text


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize(
    "data",
    [
        *(month(), month_of(HOSTILE), month(facts=unanswerable()), month(facts=tied_facts())),
        *(month(facts=replace(made_facts(), issues=[])), month(facts=by_chance())),
        without_texts(),
    ],
    ids=["month", "hostile", "unanswerable", "tied", "earlier", "chance", "no texts"],
)
def test_the_script_writes_of_everything_what_the_page_came_with(
    open_report: Open, data: ReportData, language: str
) -> None:
    page = open_report(data, language)
    came_with = page.run(PARTS)

    page.run(SELECT_AGAIN)

    assert page.run(PARTS) == came_with


def test_what_is_selected_has_the_figures_of_a_report_on_it(
    open_report: Open, pipeline: Pipeline
) -> None:
    # Given questions, some of them answered, and thanks to the bot, in two groups
    source = land_two_groups(pipeline)
    whole = Period(DAY, DAY + timedelta(days=DAYS - 1))
    last_days = Period.ending(whole.last, 7)
    expected = {
        ("chat", "Fórum"): load_report_data(source, whole, Selection(chat_id=-200)),
        ("period", "last 7 days"): load_report_data(source, last_days),
    }
    reports = {chosen: open_report(data).run(PARTS) for chosen, data in expected.items()}
    everything = load_report_data(source, whole)

    # When a chat or a period is selected, then the page has the figures of that report
    for (name, label), report in reports.items():
        page = open_report(everything)
        before = page.run(PARTS)
        select(page, name, label)
        parts = page.run(PARTS)
        assert {part: parts[part] for part in report} == report
        assert parts != before
        assert report["small-talk-note"] != before["small-talk-note"]


def test_a_person_is_shown_alone_and_what_is_shown_is_announced(open_report: Open) -> None:
    page = open_report(month())
    assert not page.browser.find_element("id", "whole-period").is_displayed()

    select(page, "person", "محمد")

    assert text_of(page, "askers-rows").startswith("محمد ")
    assert text_of(page, "tile-when-title") == "Asks most"
    assert text_of(page, "tile-when").startswith("Mondays, 9:00–10:00")
    assert text_of(page, "small-talk-note").endswith("small talk to the bot (20).")
    assert text_of(page, "lead").startswith("Asks most on Mondays, 9:00–10:00; asked most: ")
    status = page.browser.find_element("id", "shown")
    assert status.get_attribute("role") == "status"
    assert status.get_property("textContent") == "Now shown: 15\N{NO-BREAK SPACE}questions."
    assert page.browser.find_element("id", "whole-period").is_displayed()
    select(page, "person", "all")
    assert text_of(page, "tile-when-title") == "Busiest"


def test_the_heading_has_the_period_that_is_shown(open_report: Open) -> None:
    page = open_report(month())

    select(page, "period", "last 7 days")

    assert text_of(page, "span") == "26 Oct\u2009–\u20091 Nov 2026"


def test_filters_are_set_with_the_keyboard(open_report: Open) -> None:
    page = open_report(month())

    page.browser.find_element("id", "filter-chat").send_keys("Turma", Keys.ENTER)

    assert text_of(page, "chats-rows").startswith("Turma 3 ")
    assert len(text_of(page, "chats-rows").splitlines()) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("data", [month(), month_of(HOSTILE)], ids=["month", "hostile"])
def test_a_filtered_page_has_no_accessibility_violations_errors_requests_or_overflow(
    open_report: Open, scheme: str, data: ReportData
) -> None:
    page = open_report(data, scheme=scheme)

    select(page, "period", "last 7 days")

    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert page.run("return document.documentElement.scrollWidth") == PHONE
    assert page.axe() == []
    assert page.console() == []
    assert page.requests() == []


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_first_screen_of_a_phone_answers_all_that_the_lists_show(
    open_report: Open, language: str
) -> None:
    page = open_report(month(), language)

    tiles = page.run(TILES)

    assert [name for name, _ in tiles] == [
        *("#hours", "#topics", "#askers", "#chats", "#weeks", "#weeks")
    ]
    assert max(bottom for _, bottom in tiles) <= FIRST_SCREEN


def test_what_can_be_tapped_is_large_enough(open_report: Open) -> None:
    page = open_report(month())

    assert page.run(TOO_SMALL) == []


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("width", [195, 320])
def test_a_zoomed_phone_scrolls_in_one_direction_only_and_in_wide_tables(
    open_report: Open, width: int, language: str
) -> None:
    page = open_report(month(), language)

    page.switch_to(Screen(width))

    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert page.run("return document.documentElement.scrollWidth") == width
    is_reachable = WebDriverWait(page.browser, SECONDS_TO_DRAW)
    is_reachable.until(lambda _: page.run(UNREACHABLE) == [], "wide tables take the focus")
    assert page.axe() == []


def test_a_selection_without_data_is_one_sentence_that_is_announced(open_report: Open) -> None:
    # Given a chat in which nobody wrote in the last days
    facts = made_facts()
    days = facts.number(PERIOD.last) - 7
    silent: dict[str, Any] = {
        name: [row for row in getattr(facts, name) if row.chat != FORUM or row.day <= days]
        for name in ("messages", "people_days", "questions", "issues", "small_talk", "placebos")
    }
    page = open_report(month(facts=replace(facts, **silent)))

    # When it is selected
    select(page, "chat", "Fórum")
    select(page, "period", "last 7 days")

    # Then the page says so, without lists; and has them again for other days
    nothing = "Nothing happened in this selection."
    assert text_of(page, "lead") == nothing
    assert page.browser.find_element("id", "shown").get_property("textContent") == nothing
    assert not page.browser.find_element("id", "overview").is_displayed()
    select(page, "period", "all")
    assert page.browser.find_element("id", "overview").is_displayed()


def test_the_tile_of_what_is_asked_leads_to_its_wordings_each_time(open_report: Open) -> None:
    page = open_report(month())
    tile = page.browser.find_element("css selector", ".tile[href='#topics']")
    words = page.browser.find_element("css selector", ".topic table")

    for _ in range(2):
        page.run("document.querySelector('details.topic').open = false")
        page.scroll_to(tile)
        tile.click()

        WebDriverWait(page.browser, SECONDS_TO_DRAW).until(lambda _: words.is_displayed())
        assert words.text == "In these words Times\ncomo emito o certificado? 28"


def test_the_wordings_of_all_topics_are_saved_under_a_head(
    open_report: Open, tmp_path: Path
) -> None:
    page = open_report(month())
    folder = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.browser.execute_cdp_cmd("Browser.setDownloadBehavior", folder)

    page.run("document.querySelector('#topics button').click()")

    saved = tmp_path / "topics_2026-10-05_2026-11-01.csv"
    WebDriverWait(page.browser, SECONDS_TO_DRAW).until(lambda _: saved.exists())
    asked = "como emito o certificado?"
    assert saved.read_text(encoding="utf-8-sig").splitlines()[:2] == [
        '"What people ask","In these words","Times"',
        f'"{asked}","{asked}","28"',
    ]


def test_a_saved_table_without_rows_has_its_head_and_bars_and_languages_are_in_none(
    open_report: Open, tmp_path: Path
) -> None:
    page = open_report(month(facts=replace(made_facts(), questions=[])))
    folder = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.browser.execute_cdp_cmd("Browser.setDownloadBehavior", folder)

    for table in ("topics", "questions"):
        page.run(f"document.querySelector('#{table} button.csv').click()")

    days = "2026-10-05_2026-11-01"
    topics, questions = tmp_path / f"topics_{days}.csv", tmp_path / f"questions_{days}.csv"
    both = WebDriverWait(page.browser, SECONDS_TO_DRAW)
    both.until(lambda _: topics.exists() and questions.exists())
    assert topics.read_text("utf-8-sig") == '"What people ask","In these words","Times"\n'
    assert questions.read_text("utf-8-sig").splitlines()[:2] == [
        '"Question","Times","By week"',
        '"como emito o certificado?","82","week by week: 12, 20, 20, 30"',
    ]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", '"Chat","Messages","People","Questions","Answered","Half within"'),
        ("pt", '"Chat";"Mensagens";"Pessoas";"Perguntas";"Respondidas";"Metade em até"'),
    ],
)
def test_a_table_is_saved_as_a_file_that_a_spreadsheet_reads_and_does_not_calculate(
    open_report: Open, tmp_path: Path, language: str, expected: str
) -> None:
    # Given a chat whose title is a formula
    data = month(facts=made_facts(titles=('=HYPERLINK("x")', "Fórum")))
    page = open_report(data, language)
    folder = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.browser.execute_cdp_cmd("Browser.setDownloadBehavior", folder)

    # When it is saved
    page.run("document.querySelector('#chats button').click()")
    saved = tmp_path / "chats_2026-10-05_2026-11-01.csv"
    WebDriverWait(page.browser, SECONDS_TO_DRAW).until(lambda _: saved.exists())

    # Then Excel recognizes its encoding, and the formula is text
    lines = saved.read_text(encoding="utf-8").split("\n")
    assert lines[0].strip() == f"\ufeff{expected}"
    assert any('"\'=HYPERLINK(""x"")"' in line for line in lines)
    assert page.console() == []


def test_the_name_of_a_saved_table_has_what_is_selected_without_anything_unsafe(
    open_report: Open, tmp_path: Path
) -> None:
    # Given a chat whose title is a path
    facts = made_facts(titles=("../a\\b:\u202e.exe Olá", "Fórum"))
    page = open_report(month(facts=facts))
    folder = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.browser.execute_cdp_cmd("Browser.setDownloadBehavior", folder)

    # When the last days of the chat and of a person are selected, and tables are saved
    select(page, "period", "last 7 days")
    chats = Select(page.browser.find_element("id", "filter-chat"))
    chats.select_by_value("1")
    select(page, "person", "محمد")
    page.run("document.querySelector('#hours button').click()")
    page.run("document.querySelector('#commands button').click()")

    # Then the name has the selection, if the table follows it
    days = "2026-10-26_2026-11-01"
    expected = {
        f"hours_{days}_a-b-exe-olá_محمد.csv",
        "commands_2026-10-05_2026-11-01.csv",
    }
    saved = WebDriverWait(page.browser, SECONDS_TO_DRAW)
    saved.until(lambda _: {path.name for path in tmp_path.glob("*.csv")} == expected)


def test_every_table_can_be_saved(open_report: Open) -> None:
    page = open_report(month())

    counts = page.run(
        "return [document.querySelectorAll('table:has(> caption)').length, "
        "document.querySelectorAll('button.csv').length]"
    )

    assert counts[1] == counts[0] + 1, "and the wordings of all topics"
    page.run("document.querySelector('#topics button').click()")
    assert page.console() == []


def test_without_scripts_the_page_has_no_filters_and_all_figures(open_report: Open) -> None:
    page = open_report(month())

    page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.browser.refresh()
        filters = page.browser.find_element("id", "filters")
        assert not filters.is_displayed()
        assert text_of(page, "tile-when").startswith("Tuesdays, 20:00–21:00")
    finally:
        page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def land_two_groups(pipeline: Pipeline) -> ReportSource:
    """Land and build questions in two groups, and thanks: in the other one, fewer get an answer."""
    questions = ("como emito o certificado?", "qual a senha do wifi?", "onde fica a secretaria?")
    days = [DAY + timedelta(days=number) for number in range(DAYS)]
    for number, day in enumerate(days):
        first = 100 * number
        asked = [
            message(first + 2 * place, "Ana" if place else "Beatriz", question, day)
            for place, question in enumerate(questions[: 1 + number % 3])
        ]
        answers = [
            message(
                first + 11 + place, "Carla X", "é no site", day, reply_to_message=each["message"]
            )
            for place, each in enumerate(asked)
        ]
        elsewhere = [
            message(first + 40 + place, "Davi Lima", question, day, chat=OTHER_GROUP)
            for place, question in enumerate(questions[number % 2 :])
        ]
        reply = {"reply_to_message": elsewhere[0]["message"], "chat": OTHER_GROUP}
        late = [message(first + 60, "Carla X", "vou ver", day, **reply)] if number % 2 else []
        thanks = [
            message(first + 70 + place, "Ana", "/oi obrigada", day, **in_chat | COMMAND)
            for place, in_chat in enumerate(({"chat": OTHER_GROUP}, {})[: 1 + number % 2])
        ]
        pipeline.land(*asked, *answers, *elsewhere, *late, *thanks, day=day)
    build(pipeline, *days)
    return ReportSource(pipeline.landing, pipeline.lake, MART_PARAMETERS, PARAMETERS)
