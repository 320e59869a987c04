"""What users write, on a page: as they wrote it, and never more than that."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.marts.report.user_text import UserText, plain, shorten, without_mentions
from tg_pipeline_tests.report.month import HOSTILE

ONE_ELEMENT = re.compile(r'<bdi( title="[^"<>]*")?( lang="[^"<>]*")?>[^<>]*</bdi>')

OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_one_element_without_markup(text: str) -> None:
    assert ONE_ELEMENT.fullmatch(UserText(text, "pt").__html__())


@given(st.text())
def test_any_text_is_one_element_without_markup(text: str) -> None:
    assert ONE_ELEMENT.fullmatch(UserText(text).__html__())


@given(st.text(alphabet=st.sampled_from("ab\u0301\u200d\U0001f3fd" + OVERRIDES)))
def test_any_text_keeps_to_its_length_and_its_place(text: str) -> None:
    shown = shorten(plain(text), 10)

    assert len(shown) <= 10
    assert not set(shown) & set(OVERRIDES)


def test_a_name_is_shown_as_it_is() -> None:
    assert UserText("Ana Lúcia").__html__() == "<bdi>Ana Lúcia</bdi>"
    assert UserText("محمد").__html__() == "<bdi>محمد</bdi>"


def test_markup_is_shown_and_not_obeyed() -> None:
    assert UserText("<i>&").__html__() == "<bdi>&lt;i&gt;&amp;</bdi>"


def test_a_long_text_is_cut_and_its_title_has_all_of_it() -> None:
    html = UserText("word " * 40).__html__()

    title = html.partition('title="')[2].partition('"')[0]
    assert html.endswith("…</bdi>")
    assert title.strip("\u2068\u2069") == ("word " * 40).strip()


def test_control_characters_are_shown_as_unknown() -> None:
    assert plain("a\x00b\x1b[31mc\x7f") == "a�b�[31mc�"


def test_a_text_is_one_line() -> None:
    assert plain(" one\r\n two\t\u2028three ") == "one two three"


def test_towers_of_marks_are_cut_and_languages_are_not() -> None:
    assert plain("Z" + "\u0335" * 100) == "Z" + "\u0335" * 3
    assert plain("Việt Nam, हिन्दी, ภาษาไทย") == "Việt Nam, हिन्दी, ภาษาไทย"


def test_a_cut_does_not_part_an_emoji() -> None:
    family = "👨\u200d👩\u200d👧"

    assert shorten("abc" + family + "xyz", 6) == "abc👨…"
    assert shorten("ab👍🏽cdef", 4) == "ab…"


def test_a_tooltip_holds_the_text_isolated() -> None:
    assert str(UserText("\u202eevil")) == "\u2068evil\u2069"


def test_mentions_can_be_masked() -> None:
    assert without_mentions("@ana_ribeiro e @João: a@b?") == "@… e @…: a@…?"
