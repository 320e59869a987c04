"""What asks for an answer is found, with a question mark or without, in three languages."""

import pytest

from tg_pipeline_tests.marts.questions.chat import questions


@pytest.mark.parametrize(
    "text",
    [
        "Qual é o prazo do trabalho?",
        "qual o prazo do trabalho",
        "como eu baixo o certificado",
        "quando sai a nota",
        "onde fica o material da aula",
        "pq meu código não roda",
        "quem corrige os trabalhos",
        "alguém sabe se hoje tem aula",
        "dá pra pagar no boleto",
        "tem como mudar meu email",
        "oi gente, boa noite! vcs sabem qual a versão do python",
        "@monitora qual é a senha da aula?",
        "obrigada! e como eu envio o arquivo",
        "how do I reset my password",
        "where can I find the slides?",
        "hi all, does anyone know when the class starts",
        "is there a discount for students",
        "thanks! what about the invoice",
        "cómo descargo el certificado",
        "¿dónde está el enlace?",
        "hola, alguien sabe cuándo empieza la clase",
        "se puede pagar con tarjeta",
    ],
)
def test_a_question_needs_no_question_mark(text: str) -> None:
    assert questions(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "não consigo entrar na plataforma",
        "o app não abre mais",
        "preciso de ajuda com o exercício 3",
        "esqueci minha senha",
        "ModuleNotFoundError ao importar pandas",
        "I can't log in to my account",
        "my card was declined",
        "no puedo entrar en mi cuenta",
    ],
)
def test_trouble_that_somebody_is_in_asks_for_help(text: str) -> None:
    assert questions(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "não conseguia entrar, mas limpei o cache e foi",
        "aqui já voltou",
        "não consigo parar de rir",
        "I couldn't log in yesterday but it works now",
        "no puedo hoy, mañana lo reviso",
    ],
)
def test_trouble_that_is_over_asks_nothing(text: str) -> None:
    assert not questions(text)


@pytest.mark.parametrize(
    "text",
    [
        "bom dia pessoal, tudo bem?",
        "oi, como vai?",
        "e aí, beleza?",
        "hi all, how are you?",
        "hola a todos, ¿cómo están?",
        "né?",
        "sério?",
        "quem nunca, né?",
        "really?",
        "who cares?",
        "¿en serio?",
        "?",
        "oi?",
        "???",
    ],
)
def test_greetings_and_reactions_ask_nothing(text: str) -> None:
    assert not questions(text)


@pytest.mark.parametrize(
    "text",
    [
        "quando terminar eu aviso",
        "como eu falei ontem, o prazo é dia 30",
        "quem quiser participar me chama",
        "onde eu trabalho usamos outra ferramenta",
        "porque o arquivo estava aberto",
        "dá pra fazer sim",
        "não sei qual é a senha",
        "when you restart it, it works",
        "what a great talk",
        "cuando termines me avisas",
    ],
)
def test_a_remark_may_begin_like_a_question(text: str) -> None:
    assert not questions(text)


def test_a_greeting_does_not_hide_the_question_after_it() -> None:
    assert questions("Olá, tudo bem? Gostaria de saber o horário")
