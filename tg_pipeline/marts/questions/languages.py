"""The languages questions are found in, and which of them a text is written in."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.marts.questions.asking import Asking
from tg_pipeline.marts.questions.english import ENGLISH
from tg_pipeline.marts.questions.portuguese import PORTUGUESE
from tg_pipeline.marts.questions.spanish import SPANISH

LANGUAGES: Final = (PORTUGUESE, ENGLISH, SPANISH)
"""A text whose words tell nothing, or of two alike, counts as the first of them."""

CODES: Final = pa.array([language.code for language in LANGUAGES])


def _pattern(language: Asking) -> str:
    lists = (language.fillers, language.question_words, language.common)
    words = sorted({word for words in lists for word in words.split()})
    return rf"\b(?:{'|'.join(words)}|[a-z]+(?:{language.endings}))\b"


WORDS: Final = tuple(map(_pattern, LANGUAGES))
SIGNS: Final = tuple(f"[{language.signs}]" for language in LANGUAGES)


def tell_languages(texts: pa.Array, said: pa.Array) -> pa.Array:
    """Give the language that most words of what each text says, and most of its signs, are of."""
    lower = pc.utf8_lower(texts)
    counts = [
        pc.add(pc.count_substring_regex(said, words), pc.count_substring_regex(lower, signs))
        for words, signs in zip(WORDS, SIGNS, strict=True)
    ]
    return CODES.take(pa.array(np.argmax(np.stack(counts), axis=0)))
