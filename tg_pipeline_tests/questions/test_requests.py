"""What is addressed to the bot is a question, unless it asks for nothing."""

from datetime import timedelta

import pyarrow as pa
import pytest

from tg_pipeline.questions.detection import (
    MESSAGE_SCHEMA,
    detect_questions,
    detect_small_talk,
)
from tg_pipeline_tests.questions.chat import messages


def requests(*texts: str, is_asked_for: bool = False) -> list[str]:
    addressed = messages(*texts, is_addressed=True, is_asked_for=is_asked_for)
    found: list[str] = detect_questions(addressed)["text"].to_pylist()
    return found


def small_talk(*texts: str, is_addressed: bool = True) -> list[str]:
    found: list[str] = detect_small_talk(messages(*texts, is_addressed=is_addressed))[
        "text"
    ].to_pylist()
    return found


KEYWORDS = [
    "segunda via boleto",
    "prazo",
    "requisitos inscrição",
    "Check Refund Status",
    "cancelar matrícula, por favor",
    "oi, horário de atendimento",
    "bom dia! quero o certificado",
    "obrigado, e o boleto",
    "sim, mas quero trocar o curso",
    "cambiar contraseña",
    "Falar com atendente",
]


@pytest.mark.parametrize("text", KEYWORDS)
def test_keywords_are_a_request_to_the_bot_and_no_small_talk(text: str) -> None:
    assert requests(text) == [text]
    assert not small_talk(text)


@pytest.mark.parametrize("text", ["segunda via boleto", "prazo", "Check Refund Status"])
def test_keywords_to_others_are_no_question(text: str) -> None:
    assert not detect_questions(messages(text)).num_rows


@pytest.mark.parametrize(
    "text",
    [
        "oi",
        "Olá, bom dia! Tudo bem?",
        "obrigada pela ajuda",
        "valeu!! deu certo",
        "era isso mesmo, obrigado 🙏",
        "tchau, até amanhã",
        "sim",
        "não, obrigado",
        "ok 👍",
        "👍",
        "kkkkk",
        "você é um robô?",
        "quem é você?",
        "qual o seu nome?",
        "me conta uma piada",
        "você é muito inteligente",
        "robô burro",
        "hi there",
        "thanks a lot, bye",
        "how are you?",
        "are you a real person",
        "who made you?",
        "tell me a joke",
        "you are useless",
        "hola, ¿cómo estás?",
        "muchas gracias",
        "¿eres un robot?",
        "hasta luego",
    ],
)
def test_small_talk_with_the_bot_is_no_question(text: str) -> None:
    assert small_talk(text) == [text]
    assert not requests(text)


def test_small_talk_among_others_is_not_with_the_bot() -> None:
    assert not small_talk("bom dia", is_addressed=False)


@pytest.mark.parametrize(
    "text",
    [
        "123.456.789-00",
        "meu cpf é 123.456.789-00",
        "+55 11 91234-5678",
        "ana@exemplo.com",
        "https://exemplo.com/aula",
        "2",
        "opção 3",
        "b",
        "me chamo Ana Souza",
        "?",
        "",
    ],
)
def test_numbers_choices_links_and_addresses_are_neither(text: str) -> None:
    assert not requests(text)
    assert not small_talk(text)


def test_after_a_question_of_the_bot_only_a_question_is_one() -> None:
    answers = ("Maria Silva", "São Paulo", "qual é o prazo?", "como emito o certificado")

    assert requests(*answers, is_asked_for=True) == ["qual é o prazo?", "como emito o certificado"]
    assert requests(*answers) == list(answers)


def test_a_greeting_is_a_request_from_the_edit_on_that_makes_it_one() -> None:
    (row,) = messages("oi, boleto", is_addressed=True).to_pylist()
    edited_at = row["sent_at"] + timedelta(minutes=2)
    edited = row | {"first_text": "oi", "edited_at": edited_at}

    (found,) = detect_questions(pa.Table.from_pylist([edited], MESSAGE_SCHEMA)).to_pylist()

    assert found["asked_at"] == edited_at
