"""A marked text arrives as it was written, whatever is in it, and within Telegram's limits."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_pipeline.telegram.messages import (
    Line,
    Run,
    bold,
    code,
    fit,
    plain,
    to_markdown,
    to_plain,
    units,
)
from tg_pipeline_tests.fakes.telegram_api import markdown
from tg_pipeline_tests.fakes.telegram_api.markdown import read_markdown

HOSTILE = (
    "_*[]()~`>#+-=|{}.!\\",
    "<script>alert('x')</script>",
    "`` ``` ` \\` \\\\ \\",
    "__under__ ||spoiler|| ~~gone~~",
    "[link](https://example.org) ![emoji](tg://emoji?id=5)",
    "> quoted\\",
    "👩\u200d👩\u200d👧 😀 \U0001f1e7\U0001f1f7",
    "مرحبا \u2068isolated\u2069 שלום",
    "\\n is no new line",
)

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("_*[]()~`\\|.!"))
lines = st.lists(st.tuples(*[st.builds(kind, texts) for kind in (plain, bold, code)]))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(("kind", "entity"), [(plain, None), (bold, "bold"), (code, "code")])
def test_hostile_text_arrives_intact_in_every_style(
    kind: Callable[[str], Run], entity: str | None, text: str
) -> None:
    read = read_markdown(to_markdown([(plain("before "), kind(text), plain(" after"))]))

    assert read.text == f"before {text} after"
    assert [each.type for each in read.entities] == ([entity] if entity else [])
    assert entity is None or read.marked(entity) == [text]


@given(lines)
def test_any_text_arrives_as_telegram_cleans_it(written: list[Line]) -> None:
    read = read_markdown(to_markdown(written))

    assert read.text == markdown.cleaned(to_plain(written))


def test_nothing_in_a_style_is_no_mark() -> None:
    assert to_markdown([(bold(""), code(""), plain("a")), (), (bold("b"),)]) == "a\n\n*b*"


@given(lines, st.integers(1, 60))
def test_what_is_too_long_is_cut_between_letters(written: list[Line], most: int) -> None:
    kept = to_plain(fit(written, most))

    whole = to_plain(written)
    assert markdown.units(kept) <= most
    assert kept == whole or (kept[-1] == "…" and whole.startswith(kept[:-1]))
    assert kept == whole or most - markdown.units(kept) <= 1


@given(lines, st.integers(1, 60))
def test_what_was_cut_can_still_be_read(written: list[Line], most: int) -> None:
    cut = fit(written, most)

    assert read_markdown(to_markdown(cut)).text == markdown.cleaned(to_plain(cut))


def test_a_cut_keeps_the_style_of_what_stays() -> None:
    cut = fit([(plain("a "), code("😀😀😀"), bold("never"))], 7)

    assert list(cut) == [(plain("a "), code("😀😀"), plain("…"))]


@given(st.text())
def test_lengths_are_utf_16_units(text: str) -> None:
    assert units(text) == markdown.units(text)
