"""Texts and pictures reach a chat as they were meant, or the chat says why not."""

import json

import pytest

from tg_pipeline.telegram.client import BotApiClient
from tg_pipeline.telegram.errors import BadRequestError, explain_refusal
from tg_pipeline.telegram.messages import (
    LONGEST_CAPTION,
    LONGEST_TEXT,
    bold,
    code,
    plain,
    send_message,
    send_photo,
)
from tg_pipeline_tests.fakes.telegram_api.protocol import Upload
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer

CHAT = "-1001234567890"


def test_a_text_arrives_with_its_marks_and_its_number(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    number = send_message(api, CHAT, [(bold("1. Oct"),), (), (plain("a_b: "), code("/start"))])

    (message,) = telegram.messages
    assert (message.chat_id, message.message_id) == (int(CHAT), number)
    assert message.text == "1. Oct\n\na_b: /start"
    assert (message.read.marked("bold"), message.read.marked("code")) == (["1. Oct"], ["/start"])
    assert message.params["link_preview_options"] == {"is_disabled": True}


def test_a_picture_arrives_with_its_bytes_and_its_caption_and_no_sound(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    png = bytes(range(256))

    number = send_photo(api, "@a_channel", png, [(bold("chart."),)])

    (message,) = telegram.messages
    assert (message.chat_id, message.message_id, message.file) == ("@a_channel", number, png)
    assert (message.text, message.read.marked("bold")) == ("chart.", ["chart."])
    assert telegram.calls[0].params["photo"] == Upload("chart.png", png)
    assert json.loads(message.params["disable_notification"]) is True


def test_what_is_too_long_is_cut_to_what_telegram_takes(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    long = [(plain("😀." * LONGEST_TEXT),)]

    send_message(api, CHAT, long)
    send_photo(api, CHAT, b"png", long)

    text, caption = (message.text for message in telegram.messages)
    assert len(text.encode("utf-16-le")) // 2 == LONGEST_TEXT
    assert len(caption.encode("utf-16-le")) // 2 == LONGEST_CAPTION
    assert text.endswith("😀.😀.…")


REFUSALS = {
    (400, "Bad Request: chat not found"): "add the bot to the group, or write to it first.",
    (403, "Forbidden: bot was kicked from the supergroup chat"): "was removed from the chat",
    (403, "Forbidden: bot is not a member of the channel chat"): "is not in the chat",
    (403, "Forbidden: bot was blocked by the user"): "was blocked by the user",
    (403, "Forbidden: user is deactivated"): "is gone: name another",
    (403, "Forbidden: the group chat was deleted"): "is gone: name another",
    (403, "Forbidden: bot can't initiate conversation with a user"): "must write to the bot",
    (400, "Bad Request: not enough rights to send photos to the chat"): "let it send messages and",
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN"): "let it send messages and photos.",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_chat_that_can_not_be_written_to_is_told_with_what_to_do(
    api: BotApiClient, telegram: TelegramServer, refusal: tuple[int, str]
) -> None:
    status, description = refusal
    telegram.fail(status, description=description)

    with pytest.raises(BadRequestError) as caught:
        send_message(api, CHAT, [(plain("a"),)])

    said = explain_refusal(caught.value, CHAT)
    assert said.startswith(f"Telegram refuses sendMessage: {description}. ")
    assert REFUSALS[refusal] in said
    assert CHAT in said
    assert "\n" not in said


def test_a_group_that_became_a_supergroup_is_told_by_its_new_number(
    api: BotApiClient, telegram: TelegramServer
) -> None:
    upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
    telegram.fail(400, description=upgraded, migrate_to_chat_id=-1009876543210)

    with pytest.raises(BadRequestError) as caught:
        send_message(api, "-55", [(plain("a"),)])

    assert explain_refusal(caught.value, "-55") == (
        "The group -55 became a supergroup with the number -1009876543210: use that."
    )


def test_another_refusal_is_told_as_it_is() -> None:
    error = BadRequestError("Telegram refuses sendMessage: no.", "no")

    assert explain_refusal(error, CHAT) == str(error)
