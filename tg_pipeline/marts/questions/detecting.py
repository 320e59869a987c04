"""Which of the things said ask for an answer: rules of all languages at once."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.marts.questions.languages import LANGUAGES


def _any_of(field: str) -> str:
    lines = [line for asking in LANGUAGES for line in getattr(asking, field).split("\n")]
    return f"(?:{'|'.join(filter(None, lines))})"


SHORT_FORMS: Final = tuple(
    (rf"\b(?:{short})\b", full)
    for asking in LANGUAGES
    for short, _, full in (line.partition(":") for line in asking.short_forms.strip().split("\n"))
)
"""Patterns of short forms, and what each stands for."""

COURTESY: Final = rf"^(?:{_any_of('courtesies')}(?:$|[ .,;:!?¿]+))+"
REACTION: Final = rf"(^|[.!?] )(?:¿ )?{_any_of('reactions')}(?: [.,!])* [?!]"
OPENING: Final = rf"(?:^|[.,;:!?¿] )(?:(?:e|mas|entao|ai|so|and|but|y|pero) )?{_any_of('openings')}"
"""A clause that asks, whatever ties it to what was said before."""

APPEAL: Final = _any_of("appeals")
TROUBLE: Final = _any_of("troubles")
ANSWER: Final = _any_of("answers")
TWO_WORDS: Final = r"[a-z]{2,}.* [a-z0-9]{2,}|[a-z] .*[a-z]{2,}"
"""What is shorter can't be told from a word thrown in."""


def clauses_of(said: pa.Array) -> pa.Array:
    """Give what may ask: short forms in full, without greetings, thanks and reactions."""
    for pattern, full in SHORT_FORMS:
        said = pc.replace_substring_regex(said, pattern, full)
    said = pc.replace_substring_regex(said, COURTESY, "")
    said = pc.replace_substring_regex(said, REACTION, r"\1.")
    return pc.replace_substring_regex(said, COURTESY, "")


def asks(clauses: pa.Array) -> pa.Array:
    """Say of each whether it asks for an answer."""
    opens, appeals, tells_trouble, answers, is_enough = (
        pc.match_substring_regex(clauses, pattern)
        for pattern in (OPENING, APPEAL, TROUBLE, ANSWER, TWO_WORDS)
    )
    seems = pc.and_(pc.or_(pc.or_(opens, appeals), tells_trouble), pc.invert(answers))
    return pc.and_(pc.or_(pc.match_substring(clauses, "?"), seems), is_enough)
