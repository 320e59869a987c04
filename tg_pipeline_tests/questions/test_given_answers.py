"""Questions that got the same answers are about the same topic."""

import pyarrow as pa

from tg_pipeline.questions import detect_questions, group_questions
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
    grouped = group_questions(questions.append_column("answer", found))
    return dict(zip(grouped["text"].to_pylist(), grouped["topic_id"].to_pylist(), strict=True))


def test_texts_that_got_the_same_answer_are_one_topic_whatever_its_case_and_white_space() -> None:
    assert len({topics()[text] for text in WITHDRAWAL}) == 2

    found = topics("Em até 2 dias.", " em até\n2 dias. ", "Em até 2 dias.", "EM ATÉ 2 DIAS.")

    assert len({found[text] for text in WITHDRAWAL}) == 1
    assert found[WITHDRAWAL[0]] not in {found[text] for text in (*PASSWORD, *PARKING)}


def test_an_answer_to_questions_that_do_not_resemble_each_other_joins_nothing() -> None:
    assert topics(*["Não entendi a sua pergunta."] * len(ASKED)) == topics()


def test_answers_that_differ_change_nothing() -> None:
    assert topics(*(f"resposta {number}" for number in range(len(ASKED)))) == topics()


def test_one_answer_among_many_others_joins_nothing() -> None:
    # Given a text that is asked ten times, and got once what another topic gets
    asked = (*PASSWORD, *PASSWORD, *[PARKING[0]] * 10, PARKING[1])
    answers = ["No menu Perfil."] * 7 + [f"resposta {number}" for number in range(10)]
    questions = detect_questions(messages(*asked))

    found = group_questions(questions.append_column("answer", pa.array(answers)))

    topic_ids = found["topic_id"].to_pylist()
    assert set(topic_ids[:6]).isdisjoint(topic_ids[6:])
