"""A question's language is the one that most of its words are of."""

import pytest

from tg_pipeline.marts.questions import find_questions
from tg_pipeline_tests.marts.questions.chat import messages


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pt", "como faço para emitir o certificado?"),
        ("pt", "alguem tem o link da aula de hj"),
        ("en", "how do I get the certificate?"),
        ("en", "is the class recorded"),
        ("es", "¿dónde descargo el certificado?"),
        ("es", "alguien tiene el enlace de la clase"),
    ],
)
def test_the_language_is_told_by_the_words(language: str, text: str) -> None:
    assert find_questions(messages(text))["language"].to_pylist() == [language]


def test_a_text_whose_words_tell_nothing_counts_as_portuguese() -> None:
    assert find_questions(messages("pandas polars?"))["language"].to_pylist() == ["pt"]
