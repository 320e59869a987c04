"""The topics that were found are written as the file of an operator's own topics."""

from tg_pipeline.questions import NO_TOPICS, OperatorTopics
from tg_pipeline.questions.operator_topics import topics_csv

PARKING = ("tem estacionamento?", "o estacionamento é pago?")
REFUND = ("como peço reembolso?", "onde peço o reembolso?")
FOUND = [(texts[0], text) for texts in (PARKING, REFUND) for text in texts]


def test_only_so_many_topics_are_written() -> None:
    parsed = OperatorTopics.parse(topics_csv(NO_TOPICS, FOUND, 1))

    assert parsed.names == PARKING[:1]
    assert set(parsed.examples) == set(PARKING)


def test_topics_that_are_kept_come_first_and_their_examples_are_not_repeated() -> None:
    kept = OperatorTopics.parse(f"topic,question,ignore\nCar,{PARKING[1]},yes\n")

    parsed = OperatorTopics.parse(topics_csv(kept, FOUND, 10))

    assert parsed.names == ("Car", PARKING[0], REFUND[0])
    assert parsed.ignored == {0}
    assert parsed.examples == (PARKING[1], PARKING[0], *REFUND)


def test_a_wording_without_a_subject_is_left_out() -> None:
    content = topics_csv(NO_TOPICS, [("como?", "como?"), *FOUND], 10)

    assert OperatorTopics.parse(content).names == (PARKING[0], REFUND[0])
