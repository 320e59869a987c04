"""Questions that got the same answers are about the same topic; those that got others are not."""

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

from tg_pipeline.questions import detect_questions, group_questions
from tg_pipeline.questions.given_answers import add_answers, telling_answers
from tg_pipeline.questions.vectors import Floats
from tg_pipeline_tests.questions.chat import messages

WITHDRAWAL = (
    "como eu saco o saldo da carteira?",
    "onde saco o saldo?",
    "o saque cai na carteira hoje?",
    "quando cai o saque?",
)
"""By their letters, two topics: the words of the first two and of the last two are others."""

PASSWORD = ("como troco a senha?", "onde troco a senha?", "esqueci a senha, e agora?")
PARKING = ("tem estacionamento?", "o estacionamento é pago?")
ASKED = (*WITHDRAWAL, *PASSWORD, *PARKING)


def topics(*answers: str | None) -> dict[str, int]:
    """Return the topic of each text, given what each of them was answered."""
    questions = detect_questions(messages(*ASKED))
    by_text = dict(zip(ASKED, answers, strict=False))
    found = pa.array([by_text.get(text) for text in questions["text"].to_pylist()], pa.string())
    grouped = group_questions(questions.append_column("answer_digest", found))
    return dict(zip(grouped["text"].to_pylist(), grouped["topic_id"].to_pylist(), strict=True))


def with_answers(similarities: Floats, given: sparse.csr_array) -> Floats:
    """Return the similarities of texts, given how often each got each answer."""
    raised = similarities.copy()
    add_answers(raised, given, telling_answers(raised, given))
    return raised


def test_texts_that_got_the_same_answer_are_one_topic() -> None:
    assert len({topics()[text] for text in WITHDRAWAL}) == 2

    found = topics(*["Em até 2 dias."] * len(WITHDRAWAL))

    assert len({found[text] for text in WITHDRAWAL}) == 1
    assert found[WITHDRAWAL[0]] not in {found[text] for text in (*PASSWORD, *PARKING)}


def test_an_answer_to_questions_that_do_not_resemble_each_other_joins_nothing() -> None:
    assert topics(*["Não entendi a sua pergunta."] * len(ASKED)) == topics()


def test_the_texts_that_got_an_answer_resemble_each_other_more_than_any_two_texts() -> None:
    # Given similarities of 0.3 between the first two texts, of 0.05 between the next two, else of 0
    similarities = np.eye(20, dtype=np.float32)
    similarities[[0, 1], [1, 0]], similarities[[2, 3], [3, 2]] = 0.3, 0.05
    two_each = sparse.csr_array(([1.0] * 4, ([0, 1, 2, 3], [0, 0, 1, 1])), shape=(20, 2))

    # When both pairs got an answer of their own
    raised = with_answers(similarities, two_each)

    # Then only that to the first pair says what it is about
    assert raised[0, 1] == raised[1, 0] == pytest.approx(1, abs=0.001)
    assert raised[2, 3] == similarities[2, 3]
    # And where all texts resemble each other that much, none does
    dense = np.where(similarities == 0, np.float32(0.2), similarities)
    assert np.array_equal(with_answers(dense, two_each), dense)


def test_texts_that_share_answers_with_a_third_one_resemble_each_other() -> None:
    # Given three texts that resemble each other a little, and two answers: the first text got one
    # of them, the second the other, the third both; others got none
    similarities = np.eye(20, dtype=np.float32)
    similarities[:3, :3] = np.where(np.eye(3, dtype=bool), 1, np.float32(0.3))
    given = sparse.csr_array(([1.0] * 4, ([0, 1, 2, 2], [0, 1, 0, 1])), shape=(20, 2))

    raised = with_answers(similarities, given)

    assert raised[0, 1] == raised[1, 0] > 0.35
    assert raised[0, 2] > raised[0, 1]
    assert np.array_equal(raised[3:, 3:], similarities[3:, 3:])


SHIPPING = ("qual o prazo de entrega do pedido?", "o prazo de entrega do pedido?")
EXCHANGE = ("qual o prazo para trocar o tamanho?", "o prazo para trocar o tamanho?")


def deadline_topics(times: int) -> list[int]:
    """Return the topics of two groups, each of which got an answer of its own so many times."""
    others = [text for text in (*PASSWORD, *PARKING, *WITHDRAWAL) for _ in range(2)]
    asked = [*SHIPPING * times, *EXCHANGE * times, *others]
    answers = ["5 dias úteis."] * 2 * times + ["30 dias."] * 2 * times + [None] * len(others)
    questions = detect_questions(messages(*asked))

    found = group_questions(questions.append_column("answer_digest", pa.array(answers)))

    numbers: list[int] = found["topic_id"].to_pylist()
    return [numbers[0], numbers[2 * times]]


def test_groups_that_often_got_different_answers_are_two_topics() -> None:
    once, often = deadline_topics(1), deadline_topics(3)

    assert once[0] == once[1]
    assert often[0] != often[1]


def test_answers_that_differ_change_nothing() -> None:
    assert topics(*(f"resposta {number}" for number in range(len(ASKED)))) == topics()


def test_one_answer_among_many_others_joins_nothing() -> None:
    # Given a text that is asked ten times, and got once what another topic gets
    asked = (*PASSWORD, *PASSWORD, *[PARKING[0]] * 10, PARKING[1])
    answers = ["No menu Perfil."] * 7 + [f"resposta {number}" for number in range(10)]
    questions = detect_questions(messages(*asked))

    found = group_questions(questions.append_column("answer_digest", pa.array(answers)))

    topic_ids = found["topic_id"].to_pylist()
    assert set(topic_ids[:6]).isdisjoint(topic_ids[6:])
