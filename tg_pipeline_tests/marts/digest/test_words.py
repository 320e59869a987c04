"""Both languages say the same of a digest, each in its own words."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from tg_pipeline.marts.digest.words import digest_words
from tg_pipeline_tests.marts.digest.week import EN, PT


def texts(words: Any, path: str = "") -> Iterator[tuple[str, str]]:
    for field in fields(words):
        value, here = getattr(words, field.name), f"{path}.{field.name}"
        if isinstance(value, str):
            yield here, value
        else:
            yield from texts(value, here)


def test_each_text_is_filled_with_the_same_values_and_translated() -> None:
    english, portuguese = dict(texts(digest_words(EN))), dict(texts(digest_words(PT)))

    for path, text in english.items():
        assert re.findall(r"{\w+}", text) == re.findall(r"{\w+}", portuguese[path]), path
    alike = {path for path, text in english.items() if text == portuguese[path]}
    assert alike == {".day.title"}
