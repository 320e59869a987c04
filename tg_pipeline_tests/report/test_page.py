"""The page as a file: the same bytes each time, everything in it, nothing asked for."""

import base64
import gzip
import hashlib
import json
import re
from functools import cache
from html.parser import HTMLParser

import pytest

from tg_pipeline.marts.report.facts import Facts, Headline
from tg_pipeline.marts.report.health import Health
from tg_pipeline.marts.report.language import LANGUAGES
from tg_pipeline.marts.report.report import Options, render
from tg_pipeline.marts.report.vega import runtime
from tg_pipeline_tests.report.month import HOSTILE, PERIOD, ZONE, month, month_of, one_day, quiet

MOST_BYTES = 400_000
"""A month's page: 275 kB of it are the script that draws all charts."""


class Outline(HTMLParser):
    """What stands in a page, by element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.headings: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._open.append(tag)
        if re.fullmatch(r"h\d", tag):
            self.headings.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open[-1] if self._open else "", []).append(data)


def page(facts: Facts | None, language: str = "en", *, hide_names: bool = False) -> str:
    return render(facts, Options(LANGUAGES[language], hide_names))


@cache
def month_page(language: str = "en") -> str:
    return page(month(), language)


def unpacked(html: str, name: str) -> str:
    packed = re.search(rf'<script type="application/gzip" id="{name}">([^<]*)</script>', html)
    assert packed
    return gzip.decompress(base64.b64decode(packed[1])).decode()


def policy(html: str) -> dict[str, list[str]]:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert found
    rules = found[1].replace("&#39;", "'").split("; ")
    return {name: values.split() for name, _, values in (rule.partition(" ") for rule in rules)}


def digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_facts_give_the_same_bytes(language: str) -> None:
    assert page(month(), language) == month_page(language)


def test_a_month_is_a_small_file() -> None:
    assert len(month_page().encode()) < MOST_BYTES


def test_a_page_without_charts_carries_no_script() -> None:
    assert len(page(None).encode()) < 20_000
    assert policy(page(None))["script-src"] == ["'none'"]
    assert "script" not in Outline(page(None)).tags


def test_the_page_may_run_its_own_scripts_and_nothing_else() -> None:
    html = month_page()

    rules = policy(html)

    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == [digest(scripts[0]), digest(runtime())]
    assert unpacked(html, "vega") == runtime()
    assert len(scripts) == 1
    assert "unsafe" not in str(rules)


def test_nothing_in_the_page_points_outside() -> None:
    addresses = [
        value
        for name, value in Outline(month_page()).attributes
        if name in {"href", "src", "srcset", "action", "data"}
    ]

    assert {address for address in addresses if address and address[0] != "#"} == {"data:,"}


def test_vega_is_there_once_for_all_charts() -> None:
    html = month_page()

    assert html.count('id="vega"') == 1
    assert len(json.loads(unpacked(html, "charts"))) == 8
    assert "vega-lite" not in unpacked(html, "vega")


def test_charts_write_numbers_as_the_page_does() -> None:
    charts = json.loads(unpacked(month_page("pt"), "charts"))

    assert charts["activity-messages"]["config"]["locale"]["number"]["thousands"] == "."


@pytest.mark.parametrize(("language", "code"), [("en", "en"), ("pt", "pt-BR")])
def test_a_page_is_in_one_language(language: str, code: str) -> None:
    html = month_page(language)

    assert f'<html lang="{code}">' in html
    assert ("What people ask" in html) == (language == "en")
    assert ("O que as pessoas perguntam" in html) == (language == "pt")
    assert ("6,903" in html) == (language == "en")
    assert ("6.903" in html) == (language == "pt")


def test_headings_go_down_one_step_at_a_time() -> None:
    assert Outline(month_page()).headings == ["h1", *["h2"] * 12]


def test_the_period_and_the_last_landing_are_said_and_the_time_of_writing_is_not() -> None:
    html = month_page()

    assert "<h1>5 Oct – 1 Nov 2026</h1>" in html
    assert "The newest update landed on 1 Nov 2026, 23:58." in html
    assert ZONE in html


def test_the_figures_are_compared_with_the_period_before() -> None:
    html = month_page().replace("\N{NO-BREAK SPACE}", " ")

    assert "up 13% from 6,120" in html
    assert "down 4% from 50" in html
    assert "up from 61%" in html
    assert "down from 5 min" in html
    assert "up from \N{MINUS SIGN}3" in html
    assert (
        "Against the 28 days before (7 Sep – 4 Oct 2026): 13% more messages, 4% fewer active "
        "people, as many questions." in html
    )


def test_where_there_is_no_period_before_nothing_is_compared() -> None:
    html = page(month(before=None))

    assert "There is nothing to compare with: the data begins on 1 Sep 2026." in html
    assert 'class="change' not in html


def test_what_comes_after_nothing_has_no_percentage() -> None:
    html = page(month(before=Headline()))

    assert "6,903 messages after none" in html


def test_an_empty_lake_a_quiet_period_and_one_day_say_so() -> None:
    assert "Nothing has landed yet" in page(None)
    assert "Ainda não chegou nada" in page(None, "pt")
    assert "Nothing happened in this period" in page(quiet())
    assert "1\N{NO-BREAK SPACE}message on Wed 7 Oct." in page(one_day())
    behind = Facts(PERIOD, ZONE, Health(are_marts_behind=True))
    assert "are not built yet: tg-pipeline run builds" in page(behind)


def test_hidden_names_are_nowhere_in_the_file() -> None:
    # Given names, and a question that mentions somebody
    asked = month().questions[0]
    mention = type(asked)("@ana_ribeiro, quando sai a nota?", "pt", 90, (20, 20, 20, 30))
    facts = month(questions=[mention])

    # When names are hidden
    open_page, hidden = page(facts), page(facts, hide_names=True)

    # Then people are numbers, and mentions are masked
    for name in ("Ana Ribeiro", "محمد", "@ana_ribeiro"):
        assert name in open_page
        assert name not in hidden
    assert "<bdi>Person 1</bdi>" in hidden
    assert "@…, quando sai a nota?" in hidden
    assert "<bdi>Pessoa 2</bdi>" in page(facts, "pt", hide_names=True)


def test_hostile_texts_add_no_element_and_no_attribute() -> None:
    hostile, harmless = Outline(page(month_of(HOSTILE))), Outline(page(month_of(["x"] * 13)))

    assert hostile.tags == harmless.tags
    assert {name for name, _ in hostile.attributes} == {name for name, _ in harmless.attributes} | {
        "title"
    }


def test_a_text_in_a_chart_is_data_and_no_markup() -> None:
    html = page(month(zone="</script><script>alert(1)</script>"))

    assert "<script>alert" not in html
    assert "&lt;/script&gt;" in html
