"""Topics have whole groups; an operator can name, join, split and ignore them."""

from collections import Counter

import numpy as np
import pytest

from tg_pipeline.questions import (
    OperatorTopics,
    TopicsError,
    detect_questions,
    group_questions,
    installed_encoder,
)
from tg_pipeline.questions.clustering import TextClusters
from tg_pipeline.questions.meanings import STEPS, load_encoder
from tg_pipeline.questions.naming import best_groups
from tg_pipeline_tests.questions.chat import messages, needs_encoder

CERTIFICATE = ("como emito o certificado?", "onde emito o certificado?", "emitem certificado?")
REFUND = ("como peço reembolso?", "onde peço o reembolso?", "o reembolso demora?")
PARKING = ("tem estacionamento?", "o estacionamento é pago?")
ASKED = (*CERTIFICATE, *REFUND, *PARKING)


def topics_of(topics: str, *texts: str) -> dict[str, str | None]:
    """Return the name of each question's topic, given the content of a file."""
    found = group_questions(detect_questions(messages(*texts)), topics=OperatorTopics.parse(topics))
    return dict(zip(found["text"].to_pylist(), found["topic_name"].to_pylist(), strict=True))


def test_an_operator_names_a_topic_by_an_example() -> None:
    found = topics_of("topic,question\nDocuments,como emito o certificado?\n", *ASKED)

    assert {found[text] for text in CERTIFICATE} == {"Documents"}
    assert "Documents" not in {found[text] for text in (*REFUND, *PARKING)}


def test_a_file_with_semicolons_is_that_with_commas() -> None:
    commas = OperatorTopics.parse('topic,question\nA,"qual o prazo, afinal?"\n')

    assert OperatorTopics.parse("topic;question\nA;qual o prazo, afinal?\n") == commas


def test_a_file_of_a_spreadsheet_in_portuguese_is_read() -> None:
    english = OperatorTopics.parse("topic,question,ignore\nA,qual o prazo?,yes\nB,e a nota?,no\n")

    file = "\ufefftopic;question;ignore\r\nA;qual o prazo?;Sim\r\n;;\r\nB;e a nota?;não\r\n;;\r\n"

    assert OperatorTopics.parse(file) == english


def test_examples_of_two_topics_under_one_name_join_them() -> None:
    file = "topic,question\nMoney,como peço reembolso?\nMoney,o estacionamento é pago?\n"

    found = topics_of(file, *ASKED)

    assert {found[text] for text in (*REFUND, *PARKING)} == {"Money"}


def test_examples_under_two_names_split_a_topic_and_its_groups() -> None:
    file = "topic,question\nHow,como emito o certificado?\nWhere,onde emito o certificado?\n"
    questions = detect_questions(messages(*CERTIFICATE[:2] * 2))

    found = group_questions(questions, topics=OperatorTopics.parse(file))

    named = Counter(zip(found["text"].to_pylist(), found["topic_name"].to_pylist(), strict=True))
    assert named == {(CERTIFICATE[0], "How"): 2, (CERTIFICATE[1], "Where"): 2}
    assert len(set(found["group_id"].to_pylist())) == 2


def test_an_ignored_topic_has_no_number_and_its_questions_stay() -> None:
    file = "topic,question,ignore\nParking,o estacionamento é pago?,yes\n"
    questions = detect_questions(messages(*ASKED))

    found = group_questions(questions, topics=OperatorTopics.parse(file))

    is_ignored = [text in PARKING for text in found["text"].to_pylist()]
    ids = found["topic_id"].to_pylist()
    assert [topic == -1 for topic in ids] == is_ignored
    assert sorted({topic for topic in ids if topic >= 0}) == [*range(max(ids) + 1)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "Line 1 is not the header topic,question,ignore."),
        ("name,example\na,b\n", "Line 1 is not the header topic,question,ignore."),
        ("topic,question\nA,qual o prazo?,yes,no\n", "Line 2 has too many or too few columns."),
        ("topic,question\nA\n", "Line 2 has too many or too few columns."),
        ("topic,question\nA,qual o prazo?\n,e a nota?\n", "Line 3 has no name of a topic"),
        ("topic,question\nA,como?\n", "Line 2 has no question with a word that says what"),
        ("topic,question,ignore\nA,qual o prazo?,maybe\n", "Line 2 has neither yes nor no"),
        (
            "topic,question\nA,qual o prazo?\nB,qual o prazo?\n",
            "Line 3 has an example of 'A' once more",
        ),
        (
            "topic,question\nA,qual o prazo?\nB,Qual o prazo\n",
            "Line 3 has an example of 'A' once more",
        ),
        ('topic,question\nA,qual o prazo?\nB,"e a nota?\nC,e o dia?\n', "Line 3 is not CSV: "),
    ],
)
def test_a_line_that_cannot_be_used_is_named(content: str, sentence: str) -> None:
    with pytest.raises(TopicsError) as raised:
        OperatorTopics.parse(content)

    assert str(raised.value).startswith(sentence)


def test_only_another_content_has_another_digest() -> None:
    file = "topic,question\nA,qual o prazo?\n"

    same, other = file.replace("\n", "\r\n"), file.replace("A", "B")

    assert str(OperatorTopics.parse(file)) == str(OperatorTopics.parse(same))
    assert str(OperatorTopics.parse(file)) != str(OperatorTopics.parse(other))


@needs_encoder
def test_a_meaning_has_the_same_bytes_whatever_is_encoded_with_it() -> None:
    texts, encode = [*ASKED, "how do I get a refund?", "a" * 200], load_encoder()

    together = encode(texts)

    assert (encode(texts[::-1])[::-1] == together).all()
    assert all((encode([text])[0] == row).all() for text, row in zip(texts, together, strict=True))
    assert (together == np.rint(together)).all()
    assert np.allclose(np.linalg.norm(together, axis=1), STEPS, rtol=0.01)


@needs_encoder
def test_with_meanings_other_words_are_one_topic() -> None:
    password = ("como recupero minha senha?", "how do I reset my password?")
    questions = detect_questions(messages(*password, *ASKED))

    found = group_questions(questions, meanings=installed_encoder())

    topics = dict(zip(found["text"].to_pylist(), found["topic_id"].to_pylist(), strict=True))
    assert topics[password[0]] == topics[password[1]] >= 0
    assert topics[password[0]] not in {topics[text] for text in ASKED}


def test_a_group_is_named_with_a_question_mark_if_somebody_wrote_one() -> None:
    asked = ("como emito o certificado",) * 3 + ("oi, como emito o certificado?",)
    found = group_questions(detect_questions(messages(*asked, "Como emito o certificado?")))

    assert set(found["group_name"].to_pylist()) == {"Como emito o certificado?"}


@pytest.mark.parametrize(("similarity", "group"), [(0.3, 1), (0.58, 0)])
def test_a_topic_is_named_after_the_largest_group_of_those_that_are_typical_of_it(
    similarity: float, group: int
) -> None:
    # Given a group of a frequent text and one that was only assigned, and one of two texts that
    # resemble the topic more
    found = TextClusters(
        groups=np.array([0, 1, 1, 0]),
        topics=np.zeros(4, np.int64),
        in_group=np.ones(4),
        in_topic=np.array([similarity, 0.6, 0.6, -1]),
    )

    named_after = best_groups(found, np.array([3, 2, 2, 2]), best=np.array([0, 1]), topics=1)

    assert named_after.tolist() == [group]
