"""Users' texts on the page: shown as written, and never interpreted."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.report.sanitize import UserText, mask_mentions, shorten, to_line
from tg_pipeline_tests.report.report_data import HOSTILE

ONE_ELEMENT = re.compile(r'<bdi( title="[^"<>]*")?( lang="[^"<>]*")?>[^<>]*</bdi>')

OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_one_element_without_markup(text: str) -> None:
    assert ONE_ELEMENT.fullmatch(UserText(text, "pt").__html__())


@given(st.text())
def test_any_text_is_one_element_without_markup(text: str) -> None:
    assert ONE_ELEMENT.fullmatch(UserText(text).__html__())


@given(st.text(alphabet=st.sampled_from("ab\u0301\u200d\U0001f3fd" + OVERRIDES)))
def test_any_text_is_cut_to_its_limit_and_has_no_direction_characters(text: str) -> None:
    shown = shorten(to_line(text), 10)

    assert len(shown) <= 10
    assert not set(shown) & set(OVERRIDES)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Ana Lúcia", "<bdi>Ana Lúcia</bdi>"),
        ("محمد", "<bdi>محمد</bdi>"),
        ("<i>&", "<bdi>&lt;i&gt;&amp;</bdi>"),
    ],
)
def test_names_are_shown_as_written(text: str, html: str) -> None:
    assert UserText(text).__html__() == html


def test_a_long_text_is_cut_and_its_title_has_the_whole_text() -> None:
    html = UserText("word " * 40).__html__()

    title = html.partition('title="')[2].partition('"')[0]
    assert html.endswith("…</bdi>")
    assert title.strip("\u2068\u2069") == ("word " * 40).strip()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\x00b\x1b[31mc\x7f", "a�b�[31mc�"),
        (" one\r\n two\t\u2028three ", "one two three"),
        ("Z" + "\u0335" * 100, "Z" + "\u0335" * 3),
        ("Việt Nam, हिन्दी, ภาษาไทย", "Việt Nam, हिन्दी, ภาษาไทย"),
    ],
)
def test_a_text_becomes_one_line_with_few_stacked_marks(text: str, line: str) -> None:
    assert to_line(text) == line


def test_a_cut_does_not_split_an_emoji() -> None:
    assert shorten("abc👨\u200d👩\u200d👧xyz", 6) == "abc👨…"
    assert shorten("ab👍🏽cdef", 4) == "ab…"


def test_plain_text_is_isolated() -> None:
    assert str(UserText("\u202eevil")) == "\u2068evil\u2069"


def test_mentions_are_masked() -> None:
    assert mask_mentions("@ana_ribeiro e @João: a@b?") == "@… e @…: a@…?"
