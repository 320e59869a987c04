"""Questions are detected with or without a question mark, in three languages, with theirs."""

from datetime import timedelta

import pyarrow as pa
import pytest

from tg_pipeline.questions.detection import MAX_CHARACTERS, MESSAGE_SCHEMA, normalize
from tg_pipeline_tests.questions.chat import find_questions, messages, questions


@pytest.mark.parametrize(
    "text",
    [
        "Qual é o prazo do trabalho?",
        "como eu baixo o certificado",
        "pq meu código não roda",
        "dá pra pagar no boleto",
        "oi gente, boa noite! vcs sabem qual a versão do python",
        "@monitora qual é a senha da aula?",
        "obrigada! e como eu envio o arquivo",
        "hi all, does anyone know when the class starts",
        "is there a discount for students",
        "cómo descargo el certificado",
        "se puede pagar con tarjeta",
        "Olá, tudo bem? Gostaria de saber o horário",
        "isto é confiável? https://exemplo.com/a?b=c",
        "não consigo entrar na plataforma",
        "esqueci minha senha",
        "ModuleNotFoundError ao importar pandas",
        "I can't log in to my account",
        "no puedo entrar en mi cuenta",
        "meu acesso parou",
        "minha conta foi bloqueada e não sei por quê",
        "meu boleto veio com o valor errado",
        "a página fica em branco quando abro",
        "the video freezes at the start",
        "la página queda en blanco",
    ],
)
def test_a_question_or_reported_problem_is_detected_without_a_question_mark(text: str) -> None:
    assert questions(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        # a solved problem
        "não conseguia entrar, mas limpei o cache e foi",
        "não consigo parar de rir",
        "I couldn't log in yesterday but it works now",
        "no puedo hoy, mañana lo reviso",
        # news of a person or thing that asks for no help
        "meu pai foi no médico e está tudo bem",
        "meu primo veio passar uns dias aqui",
        "a minha nota saiu hoje",
        "esqueci o guarda-chuva em casa",
        "me llegó el certificado",
        # a greeting or a reaction
        "bom dia pessoal, tudo bem?",
        "hi all, how are you?",
        "hola a todos, ¿cómo están?",
        "sério?",
        "quem nunca, né?",
        "¿en serio?",
        # looking for company
        "alguém estudando a essa hora?",
        "mais alguém online?",
        "anyone else awake at this hour?",
        "¿hay alguien despierto?",
        "?",
        "oi?",
        # a statement that begins like a question
        "quando terminar eu aviso",
        "como eu falei ontem, o prazo é dia 30",
        "quem quiser participar me chama",
        "quem fez o gol foi o reserva",
        "você tem que confirmar o email antes",
        "porque o arquivo estava aberto",
        "dá pra fazer sim",
        "when you restart it, it works",
        "cuando termines me avisas",
        # a command, link, code, quotation or forwarded text
        "/ajuda como faço login?",
        "olha isso www.exemplo.com/?q=como que legal",
        "SELECT nome FROM alunos WHERE id = ?",
        'print("what is your name?")',
        "```\ncomo = 1 ? 2 : 3\n```",
        "> como eu acesso a aula?\nno menu do perfil",
        "Encaminhada de Vagas\nQuer trabalhar com dados?",
    ],
)
def test_other_messages_are_not_questions(text: str) -> None:
    assert not questions(text)


def test_a_question_after_the_first_characters_of_a_long_message_is_missed() -> None:
    assert questions("bla " * (MAX_CHARACTERS // 4 - 10) + "como faz isso?")
    assert not questions("bla " * (MAX_CHARACTERS // 4) + "como faz isso?")


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("Não, é às 19h!", "nao , e as 19h !"),
        ("CADÊ   o link???", "cade o link ?"),
        ("¿Cómo se hace?", "¿ como se hace ?"),
        ("I can't, e-mail me", "i cant , e mail me"),
        ("é isso...\né aquilo", "e isso . e aquilo"),
        ("𝗰𝗼𝗺𝗼 \uff46az\uff1f", "como faz ?"),
        ("c\u200bo\u200dm\u202eo faz", "como faz"),
    ],
)
def test_normalizing_keeps_plain_words_and_punctuation(text: str, normalized: str) -> None:
    assert normalize(pa.array([text])).to_pylist() == [normalized]


MAX_LENGTH = 4_096
"""Telegram's limit of a message, in characters."""

HOSTILE = {
    "emoji": "😀" * MAX_LENGTH,
    "direction overrides": "\u202e" * MAX_LENGTH,
    "zero width": "\u200b" * MAX_LENGTH,
    "one long question": "como " + "b" * (MAX_LENGTH - 5),
    "question marks": "?" * MAX_LENGTH,
    "combining accents": "e" + "\u0301" * (MAX_LENGTH - 1),
    "grows when normalized": "ﷺ" * MAX_LENGTH,
    "code fences": "`" * MAX_LENGTH,
    "quotations": ">\n" * (MAX_LENGTH // 2),
    "empty": "",
    "another script": "Как установить?",
}


@pytest.mark.timeout(30)
def test_hostile_texts_neither_fail_nor_hide_the_questions_among_them() -> None:
    asked = ["como emito o certificado?", "como emito certificado"]
    hostile = [text + end for text in HOSTILE.values() for end in ("", "?")]

    assert set(asked) <= set(questions(asked[0], *hostile, asked[1]))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pt", "como faço para emitir o certificado?"),
        ("pt", "alguem tem o link da aula de hj"),
        ("en", "how do I get the certificate?"),
        ("es", "¿dónde descargo el certificado?"),
        ("es", "alguien tiene el enlace de la clase"),
        pytest.param("pt", "pandas polars?", id="Portuguese is the default"),
    ],
)
def test_the_language_is_detected_by_the_words(language: str, text: str) -> None:
    assert find_questions(messages(text))["language"].to_pylist() == [language]


@pytest.mark.parametrize(
    ("first_text", "is_edited_into_one"),
    [(None, False), ("qual é o praso?", False), ("o prazo é amanhã", True)],
)
def test_a_question_is_asked_when_its_text_becomes_one(
    first_text: str | None, *, is_edited_into_one: bool
) -> None:
    (row,) = messages("qual é o prazo?").to_pylist()
    edited_at = row["sent_at"] + timedelta(minutes=30)
    edited = row | {"first_text": first_text, "edited_at": edited_at}

    (found,) = find_questions(pa.Table.from_pylist([edited], MESSAGE_SCHEMA)).to_pylist()

    assert found["asked_at"] == (edited_at if is_edited_into_one else row["sent_at"])
