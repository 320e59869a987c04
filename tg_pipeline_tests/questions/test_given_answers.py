"""Questions that got the same answers are about the same topic."""

import numpy as np
import pyarrow as pa
from scipy import sparse

from tg_pipeline.questions import detect_questions, group_questions
from tg_pipeline.questions.given_answers import add_answers
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
    raised = similarities.copy()
    add_answers(raised, two_each)

    # Then only that to the first pair says what it is about
    assert (raised[0, 1], raised[1, 0], raised[2, 3]) == (1, 1, similarities[2, 3])
    # And where all texts resemble each other that much, none does
    dense = np.where(similarities == 0, np.float32(0.2), similarities)
    usual = dense.copy()
    add_answers(usual, two_each)
    assert np.array_equal(usual, dense)


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
