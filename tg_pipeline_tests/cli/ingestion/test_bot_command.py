"""`tg-pipeline bot` shows whose token it is, and what the bot can see."""

import json

import pytest

from tg_pipeline_tests.cli.ingestion.bot_commands import BotCommands


def test_a_bot_is_shown_with_what_it_can_see_and_how_it_receives_updates(
    bot_commands: BotCommands,
) -> None:
    bot_commands.telegram.user_sends(5, "pending")

    done = bot_commands.run("bot")

    assert done.code == 0
    name, groups, business, updates = done.out.splitlines()
    assert name == "Bot 7 (@test_7_bot, id 7)"
    assert groups.startswith("In groups it sees only what is meant for it (privacy mode):")
    assert "/setprivacy at @BotFather" in groups
    assert business == "It can't be connected to business accounts."
    assert updates.startswith("No webhook is set, so updates are polled (tg-pipeline poll).")
    assert updates.endswith("1 update is pending.")
    stored = bot_commands.folder / "landing" / "bots" / "7.json"
    assert json.loads(stored.read_bytes()) == {"username": "test_7_bot"}


def answer(**more: object) -> bytes:
    return json.dumps({"ok": True, "result": {"id": 7, "first_name": "Ana"} | more}).encode()


def test_a_bot_that_sees_everything_needs_no_advice(bot_commands: BotCommands) -> None:
    bot_commands.telegram.answer_with(
        answer(can_read_all_group_messages=True, can_connect_to_business=True), method="getMe"
    )

    said = bot_commands.run("bot").out

    assert "It sees all messages of its groups. It can't be added to groups" in said
    assert "It can be connected to business accounts." in said


def test_a_name_can_not_control_the_terminal_and_of_a_webhook_the_host_is_shown(
    bot_commands: BotCommands,
) -> None:
    name = "\x1b[31mred [bold]bold[/bold]"
    bot_commands.telegram.answer_with(answer(first_name=name), method="getMe")
    bot_commands.telegram.set_webhook("http://127.0.0.1:9/of-a-test-bot")

    said = bot_commands.run("bot").out

    assert said.startswith("\N{REPLACEMENT CHARACTER}[31mred [bold]bold[/bold] (id 7)\n")
    assert "A webhook is set: http://127.0.0.1:9/… (tg-pipeline webhook info)." in said


def test_a_short_rate_limit_is_logged_and_waited_out(bot_commands: BotCommands) -> None:
    bot_commands.telegram.flood(1)

    done = bot_commands.run("bot")

    assert done.code == 0
    assert done.err == "Telegram asks to wait 1 s before the next getMe (429). Waiting.\n"


def test_a_missing_token_is_one_clear_line(bot_commands: BotCommands) -> None:
    said = bot_commands.fails("bot", settings={"TELEGRAM_BOT_TOKEN": ""})

    assert "TELEGRAM_BOT_TOKEN is not set: put the token that @BotFather gave you" in said


@pytest.mark.parametrize("command", ["bot", "poll --once", "webhook info", "webhook delete"])
def test_a_rejected_token_is_one_clear_line(bot_commands: BotCommands, command: str) -> None:
    said = bot_commands.fails(*command.split(), settings={"TELEGRAM_BOT_TOKEN": "7:revoked"})

    assert "Telegram rejects the token (401)" in said
