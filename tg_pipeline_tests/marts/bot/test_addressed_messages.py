"""Which messages are addressed to the bot, and which of them ask for something."""

from typing import Any

import pytest

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.marts.cumulative import DETECTED_QUESTIONS, MESSAGES, SMALL_TALK
from tg_pipeline.marts.mart import Mart
from tg_pipeline_tests.built_marts import rows_of
from tg_pipeline_tests.conftest import BOT
from tg_pipeline_tests.marts.bot.bot_lines import sent
from tg_pipeline_tests.marts.conftest import PARAMETERS, Marts
from tg_pipeline_tests.marts.updates import ANA, BIA, GROUP, Payload, chat, command, message, user

NINE = "2026-10-07 09:00"


def mention(text: str, name: str = "@curso_bot", **fields: Any) -> Payload:
    """Return a message in a group that names somebody."""
    mark = {"type": "mention", "offset": text.index(name), "length": len(name)}
    return message(NINE, ANA, text, 1, entities=[mark], **fields)


def reply_to(sender: int) -> Payload:
    replied = {
        "message_id": 9,
        "from": user(sender) | {"id": sender},
        "chat": chat(GROUP),
        "date": 1,
    }
    return message(NINE, ANA, "segunda via", 1, reply_to_message=replied)


ADDRESSED = {
    "in a private chat": (message(NINE, ANA, "segunda via", 1, chat_id=ANA), True),
    "to a group": (message(NINE, ANA, "segunda via", 1), False),
    "to a business account": (
        message(
            NINE, ANA, "segunda via", 1, ANA, kind="business_message", business_connection_id="x"
        ),
        False,
    ),
    "by a guest": (message(NINE, ANA, "@curso_bot boleto", 1, kind="guest_message"), True),
    "with a command": (command(NINE, ANA, "/ajuda boleto", 1), True),
    "with a command to the bot": (command(NINE, ANA, "/ajuda@Curso_bot boleto", 1), True),
    "with a command to another bot": (command(NINE, ANA, "/ajuda@other_bot boleto", 1), False),
    "with the bot's name first": (mention("@curso_bot segunda via"), True),
    "with a greeting and its name": (mention("Oi, @curso_bot segunda via"), True),
    "with its name last": (mention("segunda via, @curso_bot?"), True),
    "about the bot": (mention("o @curso_bot responde isso"), False),
    "with another name first": (mention("@other_bot segunda via", "@other_bot"), False),
    "as a reply to the bot": (reply_to(BOT), True),
    "as a reply to somebody else": (reply_to(BIA), False),
    "by the bot": (sent(NINE, "segunda via", 1, ANA), False),
}


@pytest.mark.parametrize("how", ADDRESSED)
def test_a_message_is_addressed_to_the_bot(marts: Marts, how: str) -> None:
    line, is_addressed = ADDRESSED[how]
    marts.put(line)

    assert marts.rows(MESSAGES, "is_addressed") == [(is_addressed,)]


def texts(marts: Marts, mart: Mart) -> list[str]:
    """Return the texts of a mart, detected as they really are."""
    marts.build(MESSAGES)
    with mart_builder(marts.lake, PARAMETERS) as builder:
        assert all(each.conservation and each.conservation.holds for each in builder.build(mart))
    return [row["text"] for row in rows_of(marts.lake, mart)]


def test_requests_and_small_talk_are_told_apart(marts: Marts) -> None:
    marts.put(
        message("2026-10-07 09:00", ANA, "bom dia", 1, chat_id=ANA),
        message("2026-10-07 09:01", ANA, "segunda via", 2, chat_id=ANA),
        command("2026-10-07 09:02", ANA, "/start campanha", 3, chat_id=ANA),
        command("2026-10-07 09:03", ANA, "/ajuda boleto", 4, chat_id=ANA),
        message("2026-10-07 09:04", ANA, "bom dia", 5),
        message("2026-10-07 09:05", ANA, "segunda via", 6),
    )

    assert texts(marts, DETECTED_QUESTIONS) == ["segunda via", "boleto"]
    assert texts(marts, SMALL_TALK) == ["bom dia"]


@pytest.mark.parametrize(
    ("said", "is_question"),
    [
        ("Qual é o seu nome?", False),
        ("Digite seu nome:", False),
        ("Como posso ajudar?", True),
        ("Isso resolveu a sua dúvida?", True),
        ("O curso custa 10 reais.", True),
    ],
)
def test_a_keyword_after_a_question_of_the_bot_is_an_answer(
    marts: Marts, said: str, *, is_question: bool
) -> None:
    marts.put(
        sent("2026-10-07 09:00", said, 1, ANA),
        message("2026-10-07 09:01", ANA, "Maria Silva", 2, chat_id=ANA),
    )

    assert texts(marts, DETECTED_QUESTIONS) == ["Maria Silva"] * is_question
