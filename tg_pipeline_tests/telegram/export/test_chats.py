"""Chats of an export have the ids of the Bot API, and only those with the bot are imported."""

from io import BytesIO
from typing import Any

import pytest

from tg_pipeline.telegram.export.chats import (
    ChatLeftOut,
    ChatRefusedError,
    ChatTarget,
    ImportOptions,
    choose,
)
from tg_pipeline.telegram.export.reader import ExportReader
from tg_pipeline_tests.telegram.exports import BOT, as_desktop, chat, full_export, message

Choice = ChatTarget | ChatLeftOut

OLD = {"from_id": (1 << 32) + 21_517_917}


def choices(export: dict[str, Any], options: ImportOptions) -> list[Choice]:
    reader = ExportReader(BytesIO(as_desktop(export).encode()))
    return [choose(each, reader.owner, options) for each in reader.chats()]


def single(kind: str, number: int, *senders: dict[str, Any]) -> dict[str, Any]:
    sent = [message(each, 1_600_000_000) | sender for each, sender in enumerate(senders, 1)]
    return chat(sent, kind, number, "Nome")


@pytest.mark.parametrize(
    ("export", "target"),
    [
        (single("personal_chat", 55), ChatTarget(55, "private", "Nome")),
        (single("private_group", 55), ChatTarget(-55, "group", "Nome")),
        (single("private_supergroup", 55), ChatTarget(-1_000_000_000_055, "supergroup", "Nome")),
        (single("public_supergroup", 55), ChatTarget(-1_000_000_000_055, "supergroup", "Nome")),
        (single("public_channel", 55), ChatTarget(-1_000_000_000_055, "channel", "Nome")),
        (
            single("private_channel", 5_555_555_555),
            ChatTarget(-1_005_555_555_555, "channel", "Nome"),
        ),
        # Versions until 2021 added a shift, to all ids
        (single("personal_chat", (1 << 32) + 55, OLD), ChatTarget(55, "private", "Nome")),
        (single("private_group", (2 << 32) + 55, OLD), ChatTarget(-55, "group", "Nome")),
        (
            single("public_channel", (3 << 32) + 55, OLD),
            ChatTarget(-1_000_000_000_055, "channel", "Nome"),
        ),
        (single("personal_chat", 6_000_000_000, {}), ChatTarget(6_000_000_000, "private", "Nome")),
        # A chat with a bot is, for the bot, one with its user
        (
            single("bot_chat", BOT, {"from_id": f"user{BOT}"}, {"from_id": "user77"}),
            ChatTarget(77, "private", "Nome"),
        ),
        (
            single("bot_chat", (1 << 32) + 9, {"from_id": (1 << 32) + 9}, OLD),
            ChatTarget(21_517_917, "private", "Nome"),
        ),
    ],
)
def test_a_chat_has_the_id_of_the_bot_api(export: dict[str, Any], target: ChatTarget) -> None:
    bot_id = 9 if export["id"] == (1 << 32) + 9 else BOT

    assert choices(export, ImportOptions(bot_id)) == [target]


def test_a_private_chat_has_no_title() -> None:
    assert ChatTarget(5, "private", "Ana").as_object() == {"id": 5, "type": "private"}
    assert ChatTarget(-5, "group", "Turma").as_object() == {
        "id": -5,
        "type": "group",
        "title": "Turma",
    }


def test_an_export_of_a_chat_with_another_bot_is_refused() -> None:
    with pytest.raises(ChatRefusedError, match="a chat with the bot 99, but updates of the bot"):
        choices(single("bot_chat", 99, {}), ImportOptions(BOT))


def test_the_user_of_a_chat_with_the_bot_can_be_named_and_must_be_known() -> None:
    only_the_bot = single("bot_chat", BOT, {"from_id": f"user{BOT}"})

    (named,) = choices(only_the_bot, ImportOptions(BOT, user_id=5))

    assert isinstance(named, ChatTarget)
    assert named.chat_id == 5
    assert choices(only_the_bot, ImportOptions(BOT)) == [ChatLeftOut.NO_USER]


KINDS = (
    "personal_chat",
    "bot_chat",
    "private_group",
    "public_channel",
    "saved_messages",
    "replies",
)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {3: -3, 4: -1_000_000_000_004, BOT: 5_000_000_007}),
        ({"chats": frozenset({1, -1_000_000_000_004})}, {1: 1, 4: -1_000_000_000_004}),
        ({"kept_chats": frozenset({-3})}, {3: -3, BOT: 5_000_000_007}),
    ],
)
def test_of_all_chats_only_those_of_the_bot_are_imported_unless_named(
    options: dict[str, Any], expected: dict[int, int]
) -> None:
    sent = [message(1, 1_600_000_000)]
    there = [chat(sent, kind, number) for number, kind in enumerate(KINDS, 1)]
    export = full_export([*there, chat([], "bot_chat", BOT)])

    found = choices(export, ImportOptions(BOT, **options))

    numbers = (1, 2, 3, 4, 5, 6, BOT)
    targets = {
        number: each.chat_id
        for number, each in zip(numbers, found, strict=True)
        if isinstance(each, ChatTarget)
    }
    assert targets == expected
