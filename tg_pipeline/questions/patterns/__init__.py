"""The supported languages: patterns and word lists, one TOML file each; language detection."""

from importlib.resources import files
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class LanguagePatterns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Patterns that recognize questions in one language.

    Patterns use RE2 syntax, one per line, and are matched against the result of
    `detection.normalize`: lower case, no accents, a space around each punctuation mark. A clause is
    the text between two punctuation marks.
    """

    code: str
    """ISO 639-1: pt, en or es."""

    abbreviations: str
    """Abbreviations of chats and their full form, separated by a colon."""

    greetings: str
    """Greetings, thanks and forms of address that may precede a question."""

    question_starts: str
    """Starts of a clause that is a question, with or without a question mark."""

    requests: str
    """Requests for an answer, anywhere in the text."""

    problems: str
    """Reports of something that does not work: a request for help unless an answer follows."""

    answers: str
    """Answers, reports and solved problems: not a question unless there is a question mark."""

    reactions: str
    """Sentences that are not questions even if a question mark follows."""

    small_talk: str
    """Whole clauses that ask for nothing, in addition to greetings: thanks, farewells, yes and no,
    praise and insults, jokes, and questions about the bot itself."""

    data: str
    """Whole texts that only answer a question of the bot: a number, a choice, a name."""

    stop_words: str
    """Words that say nothing about the subject of a question."""

    question_words: str
    """Interrogatives, which say less about the subject than other words."""

    common_words: str
    """Words by which the language is recognized, in addition to these two lists."""

    suffixes: str
    """Endings of many of its words and of few words of the other languages, separated by a bar."""

    special_characters: str
    """Letters and punctuation marks that the other languages do not have."""

    parts: dict[str, str] = {}
    """Parts that several patterns contain: each is inserted for its name in braces."""


def load_patterns(name: str) -> LanguagePatterns:
    """Read a language's TOML file, and insert its parts; raises msgspec.ValidationError."""
    text = files(__package__).joinpath(f"{name}.toml").read_text("utf-8")
    for part, pattern in msgspec.toml.decode(text).get("parts", {}).items():
        text = text.replace(f"{{{part}}}", pattern)
    return msgspec.toml.decode(text, type=LanguagePatterns)


LANGUAGES: Final = tuple(map(load_patterns, ("portuguese", "english", "spanish")))
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
