"""Questions that mean the same form one group, labelled by its most typical question."""

import pyarrow as pa
import pytest

from tg_pipeline.questions import QUESTIONS_SCHEMA, clustering, find_questions
from tg_pipeline_tests.questions.chat import groups, messages

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


def test_a_unique_question_has_no_group() -> None:
    found = find_questions(messages(*DEADLINE, ALONE)).to_pylist()

    assert (found[2]["group_id"], found[2]["group_name"]) == (-1, None)


def test_the_same_text_twice_is_a_group() -> None:
    found = find_questions(messages(ALONE, ALONE))

    assert found["group_id"].to_pylist() == [0, 0]


def test_a_question_without_a_subject_has_no_group() -> None:
    found = find_questions(messages("alguém me ajuda?", "alguém me ajuda?", "como faço isso?"))

    assert found["group_id"].to_pylist() == [-1, -1, -1]


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


def test_messages_known_to_be_written_by_bots_are_ignored() -> None:
    written = messages(*DEADLINE, ALONE).append_column("is_bot", pa.array([True, None, False]))

    assert find_questions(written)["text"].to_pylist() == [DEADLINE[1], ALONE]


@pytest.mark.parametrize("table", [messages(), messages("bom dia"), messages(None)])
def test_without_questions_the_table_is_empty(table: pa.Table) -> None:
    assert find_questions(table).equals(QUESTIONS_SCHEMA.empty_table())


def test_a_row_holds_the_message_with_its_language_and_group() -> None:
    [row] = find_questions(messages(None, ALONE, None)).to_pylist()
    [_, message, _] = messages(None, ALONE, None).to_pylist()

    assert row == message | {"language": "pt", "group_id": -1, "group_name": None}


def test_unknown_senders_chats_and_times_stay_null() -> None:
    unknown = messages(ALONE).to_pylist()[0] | dict.fromkeys(["user_id", "chat_id", "sent_at"])
    table = pa.Table.from_pylist([unknown], messages().schema)

    found = find_questions(table).select(["user_id", "chat_id", "sent_at"]).to_pylist()
    assert found == [{"user_id": None, "chat_id": None, "sent_at": None}]


def test_every_column_has_a_description() -> None:
    assert all(field.metadata[b"description"] for field in QUESTIONS_SCHEMA)


def test_invisible_characters_do_not_change_the_group() -> None:
    hidden = "como\u200b emito\u202e o cert\u200dificado?"

    found = find_questions(messages(hidden, "como emito o certificado?"))

    assert found["group_id"].to_pylist() == [0, 0]


def test_less_frequent_texts_are_assigned_to_the_groups_of_frequent_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clustering, "MAX_LINKED", 2)
    often = [*CERTIFICATE[:1], *DEADLINE[:1]] * 3

    found = find_questions(messages(*often, *CERTIFICATE, *DEADLINE))

    assert groups(found) == [set(CERTIFICATE), set(DEADLINE)]
