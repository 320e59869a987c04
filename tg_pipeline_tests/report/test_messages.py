"""The text catalogs: complete, with the same placeholders, and decoded strictly."""

import re
from collections.abc import Iterator
from importlib.resources import files
from string import Formatter as Placeholders
from typing import Any

import msgspec
import pytest

from tg_pipeline.report.formatting import Formatter
from tg_pipeline.report.messages import LANGUAGES, Messages, load_messages

SAME_IN_BOTH = {"Bot", "bot", "Chat", "Chats", "CSV", "bots", "h", "ms", "d MMM", "d MMM y"}
"""Texts that are the same in English and Portuguese."""


def texts(group: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Return each text with its path; labels of the Bot API's keys are optional."""
    for name, value in group.items():
        if isinstance(value, str) and value:
            yield f"{path}.{name}", value
        elif isinstance(value, dict) and name != "names":
            yield from texts(value, f"{path}.{name}")


def texts_of(language: str) -> dict[str, str]:
    return dict(texts(msgspec.to_builtins(load_messages(language))))


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Placeholders().parse(text)} - {None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_all_texts_with_the_placeholders_of_english(language: str) -> None:
    english, translated = texts_of("en"), texts_of(language)

    for path, text in english.items():
        assert placeholders(translated[path]) == placeholders(text), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_data_in_cldr_and_a_form_for_each_plural(language: str) -> None:
    fmt = Formatter(language)

    assert fmt.locale.language == language
    assert len(set(fmt.messages.hours.weekdays)) == 7
    nouns = msgspec.structs.asdict(fmt.messages.nouns).values()
    assert all(noun.form(fmt.locale.plural_form(n)) for noun in nouns for n in (0, 1, 2, 5, 10**6))


def test_portuguese_is_translated_throughout() -> None:
    english, portuguese = texts_of("en"), texts_of("pt")

    same = {text for path, text in english.items() if text == portuguese.get(path)}

    letters = {re.sub(r"{\w+}", "", text).strip(" :(),") for text in same}
    assert letters <= SAME_IN_BOTH | {""}


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('skip = "Skip to the report"\n', "", "missing required field `skip`"),
        ("[page]\n", '[page]\nextra = "x"\n', "unknown field `extra`"),
        ('day = { one = "day", other = "days" }', 'day = { one = "day" }', "field `other`"),
        ('"Mondays", ', "", "of length 7"),
    ],
    ids=["missing", "unknown", "plural", "weekdays"],
)
def test_a_faulty_catalog_is_refused(old: str, new: str, error: str) -> None:
    path = files("tg_pipeline.report").joinpath("locales", "en.toml")
    catalog = path.read_text(encoding="utf-8")
    assert old in catalog

    with pytest.raises(msgspec.ValidationError, match=error):
        msgspec.toml.decode(catalog.replace(old, new, 1), type=Messages)
