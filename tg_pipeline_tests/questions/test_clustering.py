"""Questions that mean the same form one group, labelled by its most typical question."""

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_pipeline.questions import QUESTIONS_SCHEMA, clustering
from tg_pipeline_tests.questions.chat import find_questions, groups, messages

CERTIFICATE = (
    "como faço para emitir o certificado?",
    "oi gente, como emito certificado",
    "Alguém sabe como emitir o certificado?",
    "como q emite o certficado",
)
DEADLINE = ("qual o prazo do projeto final?", "o prazo do projeto final foi adiado?")
ALONE = "tem estacionamento perto do metrô?"


def test_a_question_in_different_words_is_one_group() -> None:
    found = find_questions(messages(*CERTIFICATE, ALONE, *DEADLINE))

    assert groups(found) == [set(CERTIFICATE), set(DEADLINE)]


@pytest.mark.parametrize(
    ("texts", "group"),
    [
        pytest.param((ALONE, ALONE), 0, id="the same text twice"),
        pytest.param(
            ("como\u200b emito\u202e o cert\u200dificado?", "como emito o certificado?"),
            0,
            id="invisible characters",
        ),
        pytest.param(("alguém me ajuda?", "alguém me ajuda?"), -1, id="no subject"),
    ],
)
def test_two_questions_are_a_group_if_they_have_the_same_subject(
    texts: tuple[str, str], group: int
) -> None:
    assert find_questions(messages(*texts))["group_id"].to_pylist() == [group, group]


def test_groups_are_numbered_by_size_and_then_by_their_first_question() -> None:
    found = find_questions(messages(*DEADLINE, ALONE, ALONE, *CERTIFICATE))

    assert found["group_id"].to_pylist() == [1, 1, 2, 2, 0, 0, 0, 0]


def test_a_group_is_labelled_by_the_shortest_form_of_its_most_typical_question() -> None:
    asked = ("como emitir o certificado?", "oi pessoal, como emitir o certificado?")
    found = find_questions(messages(*CERTIFICATE, *asked, asked[1]))

    assert set(found["group_name"].to_pylist()) == {asked[0]}


def test_a_label_is_one_short_line() -> None:
    text = "como emito \u202eo\ncertificado" + " certificado" * 50
    found = find_questions(messages(text, text))

    name = found["group_name"][0].as_py()
    assert name.startswith("como emito o certificado certificado ")
    assert len(name) == 200


def test_groups_never_span_bots() -> None:
    found = find_questions(pa.concat_tables([messages(*DEADLINE), messages(*DEADLINE, bot_id=2)]))

    by_bot = set(zip(found["bot_id"].to_pylist(), found["group_id"].to_pylist(), strict=True))
    assert by_bot == {(1, 0), (2, 1)}


@pytest.mark.parametrize("table", [messages(), messages("bom dia"), messages(None)])
def test_without_questions_the_table_is_empty(table: pa.Table) -> None:
    assert find_questions(table).equals(QUESTIONS_SCHEMA.empty_table())


def test_a_row_holds_the_message_with_its_language_and_group() -> None:
    unknown = messages(ALONE).to_pylist()[0] | dict.fromkeys(["user_id", "chat_id", "sent_at"])
    table = pa.Table.from_pylist([unknown], messages().schema)

    [row] = find_questions(pa.concat_tables([messages(None), table])).to_pylist()

    kept = {name: value for name, value in unknown.items() if name in row}
    found = {"asked_at": None, "language": "pt"}
    alone = {"group_id": -1, "group_name": None, "topic_id": -1, "topic_name": None}
    assert row == kept | found | alone


def test_less_frequent_texts_are_assigned_to_the_groups_of_frequent_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clustering, "MAX_LINKED", 2)
    often = [*CERTIFICATE[:1], *DEADLINE[:1]] * 3

    found = find_questions(messages(*often, *CERTIFICATE, *DEADLINE))

    assert groups(found) == [set(CERTIFICATE), set(DEADLINE)]


TEXTS = st.lists(
    st.sampled_from("como qual prazo projeto certificado emito baixo ? oi não é 3".split()),
    max_size=6,
).map(" ".join)

CHATS = st.lists(TEXTS | st.none() | st.text(max_size=20), max_size=12)


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    order = list(range(table.num_rows))
    random.Random(seed).shuffle(order)  # noqa: S311 - any order will do
    return table.take(pa.array(order, pa.int64()))


@settings(deadline=None, max_examples=20)
@given(CHATS, st.integers(0, 9))
def test_any_chat_gives_the_same_sound_table_in_any_order(
    texts: list[str | None], seed: int
) -> None:
    table = messages(*texts)

    found = find_questions(table)

    assert find_questions(shuffled(table, seed)).equals(found)
    rows, numbers = found.to_pylist(), found["group_id"].to_pylist()
    assert all(texts[row["message_id"]] == row["text"] for row in rows)
    assert all((row["group_name"] is None) == (row["group_id"] < 0) for row in rows)
    sizes = [numbers.count(group) for group in range(max(numbers, default=-1) + 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size >= 2 for size in sizes)
    topics = {(row["group_id"], row["topic_id"]) for row in rows if row["group_id"] >= 0}
    assert len(topics) == len(sizes), "each group is in one topic"
    assert all(topic >= 0 for _, topic in topics)
    assert all((row["topic_name"] is None) == (row["topic_id"] < 0) for row in rows)
