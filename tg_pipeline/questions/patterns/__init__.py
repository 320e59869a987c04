"""The supported languages, and the detection of a text's language."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.questions.patterns.base import LanguagePatterns
from tg_pipeline.questions.patterns.english import ENGLISH
from tg_pipeline.questions.patterns.portuguese import PORTUGUESE
from tg_pipeline.questions.patterns.spanish import SPANISH

LANGUAGES: Final = (PORTUGUESE, ENGLISH, SPANISH)
"""The first one is the default, and wins ties."""

_CODES: Final = pa.array([language.code for language in LANGUAGES])


def _word_pattern(language: LanguagePatterns) -> str:
    lists = (language.stop_words, language.question_words, language.common_words)
    words = sorted({word for words in lists for word in words.split()})
    return rf"\b(?:{'|'.join(words)}|[a-z]+(?:{language.suffixes}))\b"


_WORDS: Final = tuple(map(_word_pattern, LANGUAGES))
_CHARACTERS: Final = tuple(f"[{language.special_characters}]" for language in LANGUAGES)


def detect_languages(texts: pa.Array, normalized: pa.Array) -> pa.Array:
    """Return the code of the language with the most words and special characters in each text."""
    lower = pc.utf8_lower(texts)
    counts = [
        pc.add(
            pc.count_substring_regex(normalized, words),
            pc.count_substring_regex(lower, characters),
        )
        for words, characters in zip(_WORDS, _CHARACTERS, strict=True)
    ]
    return _CODES.take(pa.array(np.argmax(np.stack(counts), axis=0)))
