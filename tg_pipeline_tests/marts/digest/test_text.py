"""The digest says in a few lines what happened, and what its numbers lack."""

from dataclasses import replace
from datetime import date

import pytest

from tg_pipeline.marts.digest.edition import Edition
from tg_pipeline.marts.digest.text import digest_text
from tg_pipeline.marts.report.facts import Facts, Headline
from tg_pipeline.marts.report.health import Gap, Health, HealthDay
from tg_pipeline.marts.report.speech import NO_BREAK, Speech
from tg_pipeline.telegram.messages import LONGEST_TEXT, to_markdown, to_plain
from tg_pipeline_tests.fakes.telegram_api.markdown import read_markdown, units
from tg_pipeline_tests.marts.digest.week import DAY, EN, PT, WEEK, facts_of, quiet
from tg_pipeline_tests.report.month import HOSTILE as HOSTILE_TO_PAGES

WEEK_IN_ENGLISH = """
Week 41: 5–11 Oct 2026

Messages: 1,755 (up 2% from 1,725)
Active people: 46 (as before)
Questions: 484 (down 3% from 501)
Questions answered: 91% (down from 92%)
Median wait: 9 min 9 s (up from 9 min 7 s)
New members, net: +5 (up from +4)
Busiest day: Tue 6 Oct (283 messages)
Commands: /ajuda 21, /aulas 20

Asked most
1. como emito o certificado? – 74 times
2. why is it empty? – 73 times
3. ¿dónde? – 72 times
""".strip()

DAY_IN_PORTUGUESE = """
qua 7 out 2026

Mensagens: 1.755 (2% acima de 1.725)
Pessoas ativas: 46 (como antes)
Perguntas: 484 (3% abaixo de 501)
Perguntas respondidas: 91% (abaixo de 92%)
Espera mediana: 9 min 9 s (acima de 9 min 7 s)
Saldo de membros: +5 (acima de +4)
Hora mais cheia: 20–21 h (24 mensagens)
Comandos: /ajuda 21, /aulas 20

As mais perguntadas
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


def said(facts: Facts, edition: Edition, say: Speech = EN) -> str:
    return to_plain(digest_text(facts, edition, say)).replace(NO_BREAK, " ")


def test_a_week_is_told_in_figures_with_what_was_asked_most() -> None:
    assert said(facts_of(WEEK), WEEK) == WEEK_IN_ENGLISH


def test_a_day_is_told_with_its_busiest_hour_in_portuguese() -> None:
    assert said(facts_of(DAY), DAY, PT) == DAY_IN_PORTUGUESE


def test_figures_and_the_title_are_bold() -> None:
    read = read_markdown(to_markdown(digest_text(facts_of(WEEK), WEEK, EN)))

    assert read.marked("bold")[:2] == ["Week 41: 5–11 Oct 2026", "1,755"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("edition", [DAY, WEEK])
def test_hostile_text_is_shown_wherever_users_write_and_does_nothing(
    text: str, edition: Edition
) -> None:
    lines = digest_text(facts_of(edition, text, text, text), edition, PT)

    read = read_markdown(to_markdown(lines))

    assert read.text == to_plain(lines)
    assert {entity.type for entity in read.entities} == {"bold", "code"}
    quoted = read.marked("code")
    assert len(quoted) == 6, "three commands, three questions"
    assert read.text.count("\n") == 14, "a text of a user's is one line"
    assert units(read.text) < LONGEST_TEXT


@pytest.mark.parametrize("text", HOSTILE[:4])
def test_hostile_text_arrives_as_it_was_written(text: str) -> None:
    lines = digest_text(facts_of(WEEK, text), WEEK, EN)

    read = read_markdown(to_markdown(lines))

    assert read.marked("code")[1] == text


def test_letters_from_right_to_left_do_not_turn_the_numbers_behind_them() -> None:
    lines = digest_text(facts_of(WEEK, "שאלה?", "\u202egnirts"), WEEK, EN)

    codes = read_markdown(to_markdown(lines)).marked("code")

    assert codes[2:] == ["\u2068שאלה?\u2069", "gnirts"]


def test_what_nobody_can_see_is_no_empty_line() -> None:
    assert "1. … – 74 times" in said(facts_of(WEEK, "\u202e \u200f"), WEEK)


def test_nothing_happened_is_said_and_not_counted() -> None:
    assert said(quiet(WEEK), WEEK) == (
        "Week 41: 5–11 Oct 2026\n\n"
        "Nothing happened in this period: no message, no reaction, nobody came or went."
    )


def test_what_can_not_be_measured_is_left_out() -> None:
    facts = replace(facts_of(DAY), now=Headline(messages=1, users=1), questions=[], commands=[])

    text = said(facts, DAY)

    assert "Median wait" not in text
    assert "Questions answered" not in text
    assert "Commands" not in text
    assert "Asked most" not in text


def health(**changes: object) -> Health:
    day = HealthDay(date(2026, 10, 7), 300, 298, 2, 1, is_missing=False, is_late=True)
    told = {"days": [day], "gaps": [Gap(7, day.day, 3)], "first_day": date(2026, 9, 1)}
    return Health(**(told | changes))  # type: ignore[arg-type]


def test_what_the_numbers_lack_is_told_at_the_end() -> None:
    text = said(replace(facts_of(WEEK), health=health()), WEEK)

    assert text.endswith(
        "\n\nSomething landed since this was counted: the report will have more."
        "\n3 updates are missing by their numbers."
        "\n2 lines can't be read and are in quarantine."
    )


def test_where_the_data_begins_within_the_period_there_is_nothing_to_compare_with() -> None:
    facts = replace(facts_of(WEEK), before=None, health=Health(first_day=date(2026, 10, 6)))

    text = said(facts, WEEK)

    assert "Messages: 1,755\n" in text
    assert text.endswith("There is nothing to compare with: the data begins on 6 Oct 2026.")


def test_where_the_period_before_was_not_built_nothing_is_said_of_it() -> None:
    text = said(replace(facts_of(WEEK), before=None), WEEK)

    assert "Messages: 1,755\n" in text
    assert "compare" not in text
