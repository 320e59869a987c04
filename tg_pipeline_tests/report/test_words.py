"""Both languages say everything, and about the same things."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from string import Formatter
from typing import Any

import pytest

from tg_pipeline.marts.report.language import LANGUAGES
from tg_pipeline.marts.report.speech import Noun
from tg_pipeline.marts.report.words import ALL_WORDS, Words

SAME_IN_BOTH = {"Bot", "bots", "h"}
"""What is written alike in English and Portuguese."""


def texts(words: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give every text of words, by the path that leads to it."""
    for field in fields(words):
        value, here = getattr(words, field.name), f"{path}.{field.name}"
        if isinstance(value, str):
            yield here, value
        elif isinstance(value, Noun):
            yield f"{here}.one", value.one
            yield f"{here}.many", value.many
        elif not isinstance(value, Mapping):
            yield from texts(value, here)


def of(language: str) -> dict[str, str]:
    words: Words = ALL_WORDS[LANGUAGES[language].code]
    return dict(texts(words))


ENGLISH, PORTUGUESE = of("en"), of("pt")


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("path", ENGLISH)
def test_a_text_says_the_same_in_both_languages(path: str) -> None:
    assert names(PORTUGUESE[path]) == names(ENGLISH[path]), "the same values fill both"
    assert PORTUGUESE[path].strip()
    assert ENGLISH[path].strip()


def test_nothing_is_left_in_english() -> None:
    untranslated = [text for path, text in ENGLISH.items() if text == PORTUGUESE[path]]

    letters = {re.sub(r"{\w+}|\W|\d", "", text) for text in untranslated}
    assert letters <= SAME_IN_BOTH | {""}


def test_a_language_has_seven_weekdays_and_twelve_months() -> None:
    for language in LANGUAGES.values():
        assert len(set(language.months)) == 12
        assert len(set(language.weekdays)) == len(set(language.recurring_weekdays)) == 7
