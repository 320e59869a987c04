"""The page as a file: deterministic, self-contained, and safe with any text."""

import base64
import gzip
import hashlib
import json
import re
from functools import cache
from html.parser import HTMLParser

import pytest

from tg_pipeline.report.messages import LANGUAGES
from tg_pipeline.report.models import Headline, Health, ReportData
from tg_pipeline.report.report import render_report
from tg_pipeline.report.theme import vega_runtime
from tg_pipeline_tests.report.month import HOSTILE, PERIOD, ZONE, month, month_of, one_day, quiet

MOST_BYTES = 400_000
"""A month's page; the script that draws the charts is 275 kB of it."""


class Outline(HTMLParser):
    """The elements, attributes and headings of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.headings: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if re.fullmatch(r"h\d", tag):
            self.headings.append(tag)


def page(data: ReportData | None, language: str = "en", *, hide_names: bool = False) -> str:
    return render_report(data, language, hide_names=hide_names)


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
def test_the_same_data_has_the_same_bytes(language: str) -> None:
    assert page(month(), language) == month_page(language)


def test_a_month_is_a_small_file() -> None:
    assert len(month_page().encode()) < MOST_BYTES


def test_a_page_without_charts_has_no_script() -> None:
    assert len(page(None).encode()) < 20_000
    assert policy(page(None))["script-src"] == ["'none'"]
    assert "script" not in Outline(page(None)).tags


def test_the_policy_allows_only_the_scripts_of_the_page() -> None:
    html = month_page()

    rules = policy(html)

    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == [digest(scripts[0]), digest(vega_runtime())]
    assert unpacked(html, "vega") == vega_runtime()
    assert len(scripts) == 1
    assert "unsafe" not in str(rules)


def test_no_address_in_the_page_is_external() -> None:
    addresses = [
        value
        for name, value in Outline(month_page()).attributes
        if name in {"href", "src", "srcset", "action", "data"}
    ]

    assert {address for address in addresses if address and address[0] != "#"} == {"data:,"}


def test_all_charts_share_one_vega_without_vega_lite() -> None:
    html = month_page()

    assert html.count('id="vega"') == 1
    assert len(json.loads(unpacked(html, "charts"))) == 8
    assert "vega-lite" not in unpacked(html, "vega")


def test_charts_format_numbers_as_the_page_does() -> None:
    charts = json.loads(unpacked(month_page("pt"), "charts"))

    assert charts["activity-messages"]["config"]["locale"]["number"]["thousands"] == "."


@pytest.mark.parametrize(("language", "code"), [("en", "en-GB"), ("pt", "pt-BR")])
def test_a_page_is_in_one_language(language: str, code: str) -> None:
    html = month_page(language)

    assert f'<html lang="{code}">' in html
    assert ("What people ask" in html) == (language == "en")
    assert ("O que as pessoas perguntam" in html) == (language == "pt")
    assert ("6,903" in html) == (language == "en")
    assert ("6.903" in html) == (language == "pt")


def test_each_section_has_a_heading() -> None:
    assert Outline(month_page()).headings == ["h1", *["h2"] * 12]


def test_the_head_has_the_period_and_the_newest_arrival() -> None:
    html = month_page()

    assert "<h1>5 Oct\u2009–\u20091 Nov 2026</h1>" in html
    assert "The newest update arrived on 1 Nov 2026, 23:58." in html
    assert ZONE in html


def test_key_figures_and_the_summary_compare_with_the_previous_period() -> None:
    html = month_page().replace("\N{NO-BREAK SPACE}", " ").replace("\N{THIN SPACE}", " ")

    assert "up 13% from 6,120" in html
    assert "down 4% from 50" in html
    assert "up from 61%" in html
    assert "down from 5 min" in html
    assert "up from \N{MINUS SIGN}3" in html
    assert (
        "Of the questions whose answers the bot can see, 64% were answered, 40% by a direct reply; "
        "half of the answers came within 4 min 8 s." in html
    )
    assert (
        "Compared with the previous 28 days (7 Sept – 4 Oct 2026): 13% more messages, 4% fewer "
        "active people and as many questions." in html
    )


def test_without_a_previous_period_there_is_no_comparison() -> None:
    html = page(month(previous=None))

    assert "There is no earlier period to compare with: the data begins on 1 Sept 2026." in html
    assert 'class="change' not in html


def test_an_increase_from_zero_has_no_percentage() -> None:
    html = page(month(previous=Headline()))

    assert "6,903 messages, up from none" in html


def test_an_empty_lake_and_a_quiet_period_are_stated() -> None:
    assert "No updates yet" in page(None)
    assert "Ainda não há atualizações" in page(None, "pt")
    assert "There was no activity in this period" in page(quiet())
    assert "1\N{NO-BREAK SPACE}message on Wed 7 Oct." in page(one_day())
    behind = ReportData(PERIOD, ZONE, Health(are_marts_behind=True))
    assert "have not been built yet: tg-pipeline run" in page(behind)


def test_hidden_names_are_nowhere_in_the_file() -> None:
    # Given names, and a question that mentions somebody
    asked = month().questions[0]
    mention = type(asked)("@ana_ribeiro, quando sai a nota?", "pt", 90, (20, 20, 20, 30))
    data = month(questions=[mention])

    # When names are hidden
    open_page, hidden = page(data), page(data, hide_names=True)

    # Then people are numbers, and mentions are masked
    for name in ("Ana Ribeiro", "محمد", "@ana_ribeiro"):
        assert name in open_page
        assert name not in hidden
    assert "<bdi>Person 1</bdi>" in hidden
    assert "@…, quando sai a nota?" in hidden
    assert "<bdi>Pessoa 2</bdi>" in page(data, "pt", hide_names=True)


def test_hostile_texts_add_no_elements_and_no_attributes() -> None:
    hostile, harmless = Outline(page(month_of(HOSTILE))), Outline(page(month_of(["x"] * 13)))

    assert hostile.tags == harmless.tags
    assert {name for name, _ in hostile.attributes} == {name for name, _ in harmless.attributes} | {
        "title"
    }


def test_a_text_in_a_chart_is_escaped() -> None:
    html = page(month(zone="</script><script>alert(1)</script>"))

    assert "<script>alert" not in html
    assert "&lt;/script&gt;" in html
