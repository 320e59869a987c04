"""What follows a command is a question: by itself, or together with the command."""

import pyarrow as pa
import pytest

from tg_pipeline.questions import OperatorTopics, detect_questions, group_questions
from tg_pipeline_tests.questions.chat import messages

SLIDES = ("onde ficam os slides do módulo 2?", "tem slides do módulo 2?")


def asked_by(command: str, *texts: str) -> pa.Table:
    """Return the questions that are detected in what follows a command."""
    return detect_questions(messages(*texts, command=command, is_addressed=True))


def topics(*questions: pa.Table, file: str = "topic,question\n") -> dict[str, str | None]:
    """Return the name of each question's topic, given the content of a file of topics."""
    found = group_questions(pa.concat_tables(questions), topics=OperatorTopics.parse(file))
    return dict(zip(found["text"].to_pylist(), found["topic_name"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("command", "text", "asked"),
    [
        ("aulas", "módulo 2", "/aulas módulo 2"),
        ("weather", "são paulo", "/weather são paulo"),
        # The command adds nothing to a question,
        ("aulas", "onde ficam os slides?", "onde ficam os slides?"),
        ("suporte", "não consigo entrar na plataforma", "não consigo entrar na plataforma"),
        # nor does one that only says that somebody asks.
        ("ask", "segunda via boleto", "segunda via boleto"),
        ("pergunta", "segunda via boleto", "segunda via boleto"),
        ("duvidas", "segunda via boleto", "segunda via boleto"),
        ("ayuda", "cambiar contraseña", "cambiar contraseña"),
    ],
)
def test_a_keyword_is_asked_together_with_its_command(command: str, text: str, asked: str) -> None:
    # Given other texts before it, of which one is no question
    others = ("oi", "qual o prazo?", "boleto", "boleto")

    assert asked_by(command, *others, text)["text"].to_pylist()[-1] == asked


def test_keywords_after_a_command_are_a_topic_apart_from_the_same_words() -> None:
    lessons = asked_by("aulas", "módulo 2", "módulo 2", "módulo 3")

    found = topics(lessons, detect_questions(messages(*SLIDES)))

    assert found["/aulas módulo 2"] == found["/aulas módulo 3"] == "/aulas módulo 2"
    assert {found[text] for text in SLIDES}.isdisjoint({"/aulas módulo 2"})


def test_an_operator_joins_a_command_with_a_topic_and_ignores_another() -> None:
    file = f"topic,question,ignore\nLessons,/aulas,\nLessons,{SLIDES[0]},\nSmall,/piada,yes\n"
    jokes, lessons = asked_by("piada", "papagaio", "loira"), asked_by("aulas", "módulo 2")

    found = topics(jokes, lessons, detect_questions(messages(*SLIDES)), file=file)

    assert {found[text] for text in ("/aulas módulo 2", *SLIDES)} == {"Lessons"}
    assert {found[text] for text in ("/piada papagaio", "/piada loira")} == {None}


def test_a_topic_can_have_commands_only() -> None:
    file = "topic,question\nPassword,esqueci a senha\nWeather,/weather\n"

    found = topics(asked_by("weather", "são paulo"), file=file)

    assert found == {"/weather são paulo": "Weather"}


def test_a_command_is_an_example_of_one_topic() -> None:
    with pytest.raises(ValueError, match="Line 3 has an example of 'A' once more"):
        OperatorTopics.parse("topic,question\nA,/aulas\nB,/aulas módulo 2\n")
