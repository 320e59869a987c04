"""The text of the digest: key figures, frequent questions, notes, and sanitized users' texts."""

from dataclasses import replace
from datetime import date

import pytest

from tg_pipeline.report.digest import digest_text
from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.models import DigestPeriod, Gap, Headline, Health, HealthDay, ReportData
from tg_pipeline.telegram.messages import LONGEST_TEXT, to_markdown, to_plain
from tg_pipeline_tests.fakes.telegram_api.markdown import read_markdown, units
from tg_pipeline_tests.report.report_data import ALIKE, EN, PT, digest_data, quiet, with_spaces
from tg_pipeline_tests.report.report_data import DIGEST_DAY as DAY
from tg_pipeline_tests.report.report_data import DIGEST_WEEK as WEEK
from tg_pipeline_tests.report.report_data import HOSTILE as HOSTILE_TO_PAGES

WEEK_IN_ENGLISH = """
Week 41: 5 – 11 Oct 2026

Messages: 1,755 (up 2% from 1,725)
Active people: 46 (unchanged)
Questions: 484 (down 3% from 501)
Issues answered, with evidence: 75% (before: 72%; same rule on messages that ask nothing: 25%; \
unknown: 15%)
Median response time: 9 min 9 s (before: 9 min 7 s; same rule on messages that ask nothing: 15 min)
Net new members: +5 (up from +4)
Busiest day: Tue 6 Oct (283 messages)
Commands: /ajuda 21, /aulas 20

Asked most often
1. como emito o certificado? – 74 times
2. why is it empty? – 73 times
3. ¿dónde? – 72 times
""".strip()

DAY_IN_PORTUGUESE = """
qua., 7 de out. de 2026

Mensagens: 1.755 (alta de 2% ante 1.725)
Pessoas ativas: 46 (sem alteração)
Perguntas: 484 (queda de 3% ante 501)
Dúvidas respondidas, com evidência: 75% (antes: 72%; mesma regra em mensagens sem pergunta: 25%; \
sem como saber: 15%)
Tempo de resposta mediano: 9 min 9 s (antes: 9 min 7 s; mesma regra em mensagens sem pergunta: \
15 min)
Saldo de membros: +5 (alta ante +4)
Horário de pico: 20h–21h (24 mensagens)
Comandos: /ajuda 21, /aulas 20

As perguntas mais frequentes
1. como emito o certificado? – 74 vezes
2. why is it empty? – 73 vezes
3. ¿dónde? – 72 vezes
""".strip()

HOSTILE = (
    "_*[]()~`>#+-=|{}.!\\",
    "`code` ``` \\` end\\",
    "@everyone t.me/spam #tag $TAG https://example.org +5511999999999",
    "👩\u200d👩\u200d👧 😀 🇧🇷",
    "שאלה? مرحبا",
    *HOSTILE_TO_PAGES,
)


def text_of(data: ReportData, period: DigestPeriod, fmt: Formatter = EN) -> str:
    return with_spaces(to_plain(digest_text(data, period, fmt)))


def test_a_week_has_key_figures_and_frequent_questions_with_bold_figures() -> None:
    assert text_of(digest_data(WEEK), WEEK) == WEEK_IN_ENGLISH

    read = read_markdown(to_markdown(digest_text(digest_data(WEEK), WEEK, EN)))
    bold = [with_spaces(text) for text in read.marked("bold")]
    assert bold[:2] == ["Week 41: 5 – 11 Oct 2026", "1,755"]


def test_a_day_has_its_busiest_hour_and_is_translated() -> None:
    assert text_of(digest_data(DAY), DAY, PT) == DAY_IN_PORTUGUESE


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_code_on_one_line(text: str) -> None:
    lines = digest_text(digest_data(WEEK, text, text, text), WEEK, PT)

    read = read_markdown(to_markdown(lines))

    assert read.text == to_plain(lines)
    assert {entity.type for entity in read.entities} == {"bold", "code"}
    assert len(read.marked("code")) == 6, "three commands, three questions"
    assert read.text.count("\n") == 14
    assert units(read.text) < LONGEST_TEXT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        *((text, text) for text in HOSTILE[:4]),
        ("שאלה?", "\u2068שאלה?\u2069"),
        ("\u202egnirts", "gnirts"),
        ("\u202e \u200f", "…"),
    ],
)
def test_text_is_shown_as_written_without_reordering_the_text_after_it(
    text: str, shown: str
) -> None:
    read = read_markdown(to_markdown(digest_text(digest_data(WEEK, text), WEEK, EN)))

    assert read.marked("code")[1] == shown


def test_a_quiet_period_has_a_sentence_and_no_zeros() -> None:
    title, _, sentence = text_of(quiet(WEEK.period), WEEK).split("\n")

    assert title == "Week 41: 5 – 11 Oct 2026"
    assert sentence.startswith("There was no activity in this period")


def test_a_figure_that_the_placebo_has_as_well_has_no_value() -> None:
    alike = replace(digest_data(WEEK).current, singles=ALIKE, placebo=ALIKE)

    text = text_of(replace(digest_data(WEEK), current=alike), WEEK)

    detail = "75%; same rule on messages that ask nothing: 75%; no clear difference; unknown: 15%"
    assert f"Issues answered, with evidence: – ({detail})" in text


def test_figures_without_a_value_are_left_out() -> None:
    headline = Headline(messages=1, users=1)

    text = text_of(replace(digest_data(DAY), current=headline, questions=[], commands=[]), DAY)

    for label in ("Median response time", "Issues answered", "Commands", "Asked most often"):
        assert label not in text


def test_notes_list_what_the_figures_lack() -> None:
    day = HealthDay(date(2026, 10, 7), 300, 298, 2, 1, is_missing=False, is_late=True)
    health = Health([day], [Gap(7, day.day, 3)], first_day=date(2026, 9, 1))

    text = text_of(replace(digest_data(WEEK), health=health), WEEK)

    assert text.endswith(
        "\n\nMore updates arrived after this was counted; the report will include them."
        "\nMissing, judging by update ids: 3 updates."
        "\nUnreadable, in quarantine: 2 lines."
    )


def test_a_missing_comparison_is_explained_only_if_the_data_begins_too_late() -> None:
    data = replace(digest_data(WEEK), previous=None)
    begins_too_late = replace(data, health=Health(first_day=date(2026, 10, 6)))

    assert "compare" not in text_of(data, WEEK)
    assert text_of(begins_too_late, WEEK).endswith(
        "There is no earlier period to compare with: the data begins on 6 Oct 2026."
    )
