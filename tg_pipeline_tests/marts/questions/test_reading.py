"""Only what the author says is read, however it is written."""

import pyarrow as pa
import pytest

from tg_pipeline.marts.questions.reading import LONGEST, said
from tg_pipeline_tests.marts.questions.chat import questions


def plain(text: str) -> str:
    read: list[str] = said(pa.array([text])).to_pylist()
    return read[0]


@pytest.mark.parametrize(
    ("text", "read"),
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
def test_words_and_signs_are_left(text: str, read: str) -> None:
    assert plain(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "/ajuda como faço login?",
        "https://exemplo.com/watch?v=como+faz",
        "olha isso www.exemplo.com/?q=como que legal",
        "SELECT nome FROM alunos WHERE id = ?",
        'print("what is your name?")',
        "```\ncomo = 1 ? 2 : 3\n```",
        "> como eu acesso a aula?\nno menu do perfil",
        "Encaminhada de Vagas\nQuer trabalhar com dados?",
    ],
)
def test_commands_links_code_and_what_others_said_ask_nothing(text: str) -> None:
    assert not questions(text)


def test_a_question_beside_a_link_is_one() -> None:
    assert questions("isto é confiável? https://exemplo.com/a?b=c")


def test_what_comes_late_in_a_long_message_is_not_read() -> None:
    assert questions("bla " * (LONGEST // 4 - 10) + "como faz isso?")
    assert not questions("bla " * (LONGEST // 4) + "como faz isso?")
