"""The page as a file: deterministic, self-contained, and safe with any text."""

import base64
import gzip
import hashlib
import json
import re
from functools import cache, partial
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tg_pipeline.builds import report
from tg_pipeline.builds.report import read_vega
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.report import facts as facts_module
from tg_pipeline.report.drawing.vega_bundle import bundle_vega
from tg_pipeline.report.models import Headline, Health, ReportData, Subject
from tg_pipeline.report.report import render_report
from tg_pipeline_tests.report.made_facts import TEXTS, made_facts
from tg_pipeline_tests.report.report_data import (
    HOSTILE,
    PERIOD,
    ZONE,
    month,
    month_of,
    one_day,
    quiet,
    with_spaces,
)

MOST_BYTES = 400_000
"""A month's page; the script that draws the charts is 275 kB of it."""


page = partial(render_report, language="en")


class Outline(HTMLParser):
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


@cache
def month_page(language: str = "en") -> str:
    return page(month(), language=language)


def unpacked(html: str, name: str) -> str:
    packed = re.search(rf'<script type="application/gzip" id="{name}">([^<]*)</script>', html)
    assert packed
    return gzip.decompress(base64.b64decode(packed[1])).decode()


def facts_of(html: str) -> str:
    """Return what the filters read, with its texts as they are written."""
    return json.dumps(json.loads(unpacked(html, "facts")), ensure_ascii=False)


def policy(html: str) -> dict[str, list[str]]:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert found
    rules = found[1].replace("&#39;", "'").split("; ")
    return {name: values.split() for name, _, values in (rule.partition(" ") for rule in rules)}


def digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def test_the_same_data_has_the_same_bytes_and_they_are_few() -> None:
    assert page(month()) == month_page("en")
    assert len(month_page().encode()) < MOST_BYTES


def test_a_page_without_charts_has_no_script() -> None:
    html = page(None)

    assert len(html.encode()) < 20_000
    assert policy(html)["script-src"] == ["'none'"]
    assert "script" not in Outline(html).tags


def test_the_policy_allows_only_the_scripts_of_the_page() -> None:
    html = month_page()

    rules = policy(html)

    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == [*map(digest, scripts), digest(unpacked(html, "vega"))]
    assert len(scripts) == 5, "charts, tables, and three of the filters"
    assert "unsafe" not in str(rules)


def test_the_script_that_draws_charts_is_bundled_once_and_kept_in_the_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path.as_uri())

    first = read_vega(lake)

    monkeypatch.setattr(report, "bundle_vega", lambda: pytest.fail("it is in the lake"))
    assert read_vega(lake) == first == bundle_vega() == unpacked(month_page(), "vega")


def test_all_charts_share_one_vega_without_vega_lite_in_the_language_of_the_page() -> None:
    html = month_page("pt")

    assert html.count('id="vega"') == 1
    assert "vega-lite" not in unpacked(html, "vega")
    charts = json.loads(unpacked(html, "charts"))
    assert len(charts) == 7
    assert charts["activity-messages"]["config"]["locale"]["number"]["thousands"] == "."


@pytest.mark.parametrize(
    ("language", "code", "texts"),
    [
        ("en", "en-GB", ("What people ask", "6,903", "5 Oct\u2009–\u20091 Nov 2026</span></p>")),
        ("pt", "pt-BR", ("O que as pessoas perguntam", "6.903")),
    ],
)
def test_a_page_is_in_one_language(language: str, code: str, texts: tuple[str, ...]) -> None:
    html, other = month_page(language), month_page("pt" if language == "en" else "en")

    assert f'<html lang="{code}">' in html
    for text in texts:
        assert text in html
        assert text not in other


def test_the_page_has_a_heading_per_section_the_time_zone_and_the_newest_arrival() -> None:
    html = month_page()

    assert Outline(html).headings == ["h1", *["h2"] * 17], (
        "five of the overview, one above the details"
    )
    assert "The newest update arrived on 1 Nov 2026, 23:58." in html
    assert ZONE in html


def test_totals_compare_with_the_previous_period() -> None:
    html = with_spaces(month_page())

    for text in (
        "up 13% from 6,120",
        "down 4% from 50",
        "up from \N{MINUS SIGN}3",
        "unchanged",
    ):
        assert text in html


def test_without_a_previous_period_or_messages_in_it_there_is_no_percentage() -> None:
    alone = page(month(previous=None))

    assert "There is no earlier period to compare with: the data begins on 1 Sept 2026." in alone
    assert '<dd class="change' not in alone
    assert "up from 0" in page(month(previous=Headline()))


def test_the_heading_names_the_bot_and_the_chat() -> None:
    data = month(
        bot=Subject(7, "Turma Bot", "turma_bot"), chat=Subject(5, "Ana", "ana_r", is_person=True)
    )

    named, hidden = page(data), page(data, hide_names=True)

    assert "<h1><bdi>Turma Bot @turma_bot</bdi>, Chat <bdi>Ana @ana_r</bdi></h1>" in named
    assert "Chat <bdi>5</bdi></h1>" in hidden
    assert "Turma Bot @turma_bot, Chat 5: 5 Oct" in hidden.partition("</title>")[0]
    assert "The state is that of all bots and chats." in named


def test_the_heading_names_all_bots_or_counts_them() -> None:
    bots = [Subject(7, "Turma Bot", "turma_bot"), Subject(8)]

    named, counted = page(month(bots=bots)), page(month(bots=bots * 2))

    assert "<h1><bdi>Turma Bot @turma_bot</bdi>, Bot <bdi>8</bdi></h1>" in named
    assert "<h1>4\N{NO-BREAK SPACE}bots</h1>" in counted


def test_an_empty_lake_and_a_quiet_period_are_stated() -> None:
    assert "No updates yet" in page(None)
    assert "Ainda não há atualizações" in page(None, language="pt")
    assert "There was no activity in this period" in page(quiet())
    assert "1\N{NO-BREAK SPACE}message on Wed 7 Oct." in page(one_day())
    behind = ReportData(PERIOD, ZONE, Health(are_marts_behind=True))
    assert "have not been built yet: tg-pipeline run" in page(behind)


def test_hidden_names_are_nowhere_in_the_file() -> None:
    # Given names, and a question that mentions somebody
    asked = month().questions[0]
    text = "@ana_ribeiro, quando sai a nota?"
    mention = type(asked)(text, "pt", 90, (20, 20, 20, 30))
    facts = made_facts(texts=(text, *TEXTS))
    data = month(questions=[mention], facts=facts)

    # When names are hidden
    open_page, hidden = page(data), page(data, hide_names=True)

    # Then people are numbers, and mentions are masked, also in the data of the filters
    for name in ("Ana Ribeiro", "محمد", "@ana_ribeiro"):
        assert name in open_page + facts_of(open_page)
        assert name not in hidden + facts_of(hidden)
    assert "<bdi>Person 1</bdi>" in hidden
    assert "@…, quando sai a nota?" in hidden
    assert "<bdi>Pessoa 2</bdi>" in page(data, language="pt", hide_names=True)


def test_a_person_has_the_same_number_wherever_people_are_listed() -> None:
    # Given somebody who writes most but asks little
    data = month(users=list(reversed(month().users)), facts=made_facts(names=(None, "Bia", "Ana")))

    html = page(data, hide_names=True)

    overview, people = html.split('<section id="people"')
    asked = re.findall(r"Person \d", overview.partition('id="askers-rows"')[2])
    written = re.findall(r"Person \d", people)
    numbers = dict(zip(data.facts.people_ids, asked, strict=False))  # type: ignore[union-attr]
    assert written == [numbers[user.person] for user in data.users]


def test_too_many_facts_for_a_page_have_an_overview_without_filters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(facts_module, "MAX_ROWS", 10)

    html = page(month())

    assert "There is too much data to filter it in the page" in html
    assert 'id="filters"' not in html
    assert 'id="facts"' not in html
    assert "como emito o certificado?" in html.partition('id="details"')[0]


def test_hostile_texts_add_no_elements_and_no_attributes() -> None:
    hostile, harmless = (
        Outline(page(month_of(HOSTILE))),
        Outline(page(month_of([f"x{number}" for number in range(13)]))),
    )

    assert hostile.tags == harmless.tags
    added = {name for name, _ in hostile.attributes} - {name for name, _ in harmless.attributes}
    assert added == {"title"}


def test_a_text_in_a_chart_is_escaped() -> None:
    html = page(month(zone="</script><script>alert(1)</script>"))

    assert "<script>alert" not in html
    assert "&lt;/script&gt;" in html
