"""A question's language is the one that most of its words belong to."""

import pytest

from tg_pipeline.questions import find_questions
from tg_pipeline_tests.questions.chat import messages


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pt", "como faço para emitir o certificado?"),
        ("pt", "alguem tem o link da aula de hj"),
        ("en", "how do I get the certificate?"),
        ("en", "is the class recorded"),
        ("es", "¿dónde descargo el certificado?"),
        ("es", "alguien tiene el enlace de la clase"),
        pytest.param("pt", "pandas polars?", id="Portuguese is the default"),
    ],
)
def test_the_language_is_detected_by_the_words(language: str, text: str) -> None:
    assert find_questions(messages(text))["language"].to_pylist() == [language]
