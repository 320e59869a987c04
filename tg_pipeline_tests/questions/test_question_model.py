"""Questions that no pattern knows are recognized by their grammatical words."""

import pyarrow as pa
import pytest

from tg_pipeline.questions.detection import matches_patterns, normalize, question_clauses
from tg_pipeline.questions.question_model import Vocabulary, load_model
from tg_pipeline_tests.questions.chat import held_out, questions


@pytest.mark.parametrize(
    "text",
    [
        "o que conta como atividade complementar",
        "Que sintomas presenta un infectado con covid",
        "How I check product is original or fake",
        "where do i see my grades",
    ],
)
def test_a_question_is_recognized_by_its_wording(text: str) -> None:
    assert questions(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        *("o certificado sai hoje", "ela vai com o recibo", "i did the same", "mañana hay clase"),
        *("meu time ganhou", "o café da esquina fechou", "minha mãe fez bolo de fubá"),
        *("mi equipo ganó", "la cafetería de la esquina cerró"),
    ],
)
def test_a_statement_is_not(text: str) -> None:
    assert not questions(text)


def test_a_text_has_the_same_result_alone_and_among_others() -> None:
    texts = [row["text"] for row in held_out("messages.csv")]
    clauses = question_clauses(normalize(pa.array(texts)))

    together = load_model().is_question(clauses).to_pylist()

    assert together == [
        load_model().is_question(pa.array([one.as_py()]))[0].as_py() for one in clauses
    ]
    assert any(together)


def test_the_model_finds_questions_that_the_patterns_miss() -> None:
    clauses = question_clauses(normalize(pa.array(["o que conta como atividade complementar"])))

    assert matches_patterns(clauses).to_pylist() == [False]
    assert load_model().is_question(clauses).to_pylist() == [True]


def test_features_are_words_past_tenses_their_order_the_beginning_and_the_length() -> None:
    vocabulary = Vocabulary(["do", "how", "i"])
    clauses = pa.array(["how do i , install it", "how", "", "do museu saiu"])

    texts, codes = vocabulary.features(clauses)

    names = [
        (int(text), vocabulary.name(int(code))) for text, code in zip(texts, codes, strict=True)
    ]
    assert [name for text, name in names if text == 0] == [
        *("how", "do", "i", "_", "_"),
        *("< how", "how do", "do i", "i _", "_ _", "_ >"),
        *("how do i", "5"),
    ]
    assert [name for text, name in names if text == 1] == ["how", "< how", "how >", "1"]
    # A word that looks like a past tense, whether it is one or not
    assert [name for text, name in names if text == 3] == [
        *("do", "-ou", "-ou", "< do", "do -ou", "-ou -ou", "-ou >", "do -ou -ou", "3"),
    ]
    assert all(vocabulary.code(name) == code for (_, name), code in zip(names, codes, strict=True))
