"""`tg-pipeline webhook` sets, shows and deletes, and never breaks a bot that serves users."""

import json
from pathlib import Path

import pytest

from tg_pipeline.telegram.models import UPDATE_TYPES
from tg_pipeline_tests.cli.bot_commands import BotCommands
from tg_pipeline_tests.fakes.telegram_api.protocol import Upload

DOOR = "http://127.0.0.1:9/telegram"
NO_SECRET = {"TELEGRAM_SECRET_TOKEN": ""}
AGREED = NO_SECRET | {"TG_WITHOUT_SECRET_TOKEN": "yes"}
USERS = "http://127.0.0.1:9/bot-that-serves-users"


@pytest.fixture
def commands(bot_commands: BotCommands) -> BotCommands:
    bot_commands.monkeypatch.setenv("TELEGRAM_SECRET_TOKEN", "a-secret")
    return bot_commands


def asked(commands: BotCommands) -> dict[str, object]:
    """Give what Telegram was asked to set, last."""
    return [call.params for call in commands.telegram.calls if call.method == "setWebhook"][-1]


def is_asked(commands: BotCommands) -> bool:
    return any(call.method == "setWebhook" for call in commands.telegram.calls)


def test_a_webhook_is_set_with_the_doors_secret_and_all_types(commands: BotCommands) -> None:
    done = commands.run("webhook", "set", DOOR)

    assert (done.code, done.err) == (0, "")
    assert asked(commands) == {
        "url": DOOR,
        "secret_token": "a-secret",
        "max_connections": 40,
        "allowed_updates": list(UPDATE_TYPES),
        "drop_pending_updates": False,
        "ip_address": "",
    }
    assert "http://127.0.0.1:9/…" in done.out
    assert "all 27" in done.out
    assert "a-secret" not in done.out


def test_every_option_reaches_telegram(commands: BotCommands) -> None:
    certificate = commands.folder / "own.pem"
    certificate.write_text("-----BEGIN CERTIFICATE-----\n")
    commands.telegram.user_sends(5, "is dropped")

    options = (
        "--max-connections 7 --allowed-updates message,poll --drop-pending --ip-address 1.2.3.4"
    )
    done = commands.run("webhook", "set", DOOR, *options.split(), "--certificate", str(certificate))

    assert done.code == 0
    params = asked(commands)
    assert params["certificate"] == Upload("certificate.pem", certificate.read_bytes())
    assert (params["max_connections"], params["ip_address"]) == ("7", "1.2.3.4")
    assert json.loads(str(params["allowed_updates"])) == ["message", "poll"]
    assert commands.telegram.pending == []
    assert "2 of 27" in done.out


def test_setting_it_again_needs_no_leave(commands: BotCommands) -> None:
    commands.run("webhook", "set", DOOR)

    assert commands.run("webhook", "set", DOOR, "--max-connections", "3").code == 0
    assert asked(commands)["max_connections"] == 3


def test_a_webhook_that_serves_users_is_not_replaced_unasked(commands: BotCommands) -> None:
    # Given a bot that answers its users by a webhook
    commands.telegram.set_webhook(USERS)

    # When another one is to be set
    said = commands.fails("webhook", "set", DOOR)

    # Then it stays, and the line says how both can have the updates
    assert "A webhook is set already (http://127.0.0.1:9/…), and a bot has one only." in said
    assert "set FORWARD_URL (and FORWARD_SECRET_TOKEN) there" in said
    assert "--replace" in said
    assert not is_asked(commands)


def test_a_webhook_is_replaced_when_asked_to(commands: BotCommands) -> None:
    commands.telegram.set_webhook(USERS)

    assert commands.run("webhook", "set", DOOR, "--replace").code == 0
    assert asked(commands)["url"] == DOOR


def test_a_webhook_that_was_lost_in_the_attempt_is_told(commands: BotCommands) -> None:
    # Given that Telegram takes the old webhook away, and then refuses the new one
    commands.telegram.set_webhook(USERS)
    gone = b'{"ok":true,"result":{"url":"","pending_update_count":0}}'
    before = json.dumps({"ok": True, "result": {"url": USERS}}).encode()
    commands.telegram.answer_with(before, method="getWebhookInfo")
    commands.telegram.fail(400, method="setWebhook", description="Bad Request: bad webhook: IP")
    commands.telegram.answer_with(gone, method="getWebhookInfo")

    said = commands.fails("webhook", "set", DOOR, "--replace")

    assert "refuses setWebhook: Bad Request: bad webhook: IP." in said
    assert "The webhook before, http://127.0.0.1:9/…, is gone: set it again." in said


def test_a_refusal_is_one_clear_line(commands: BotCommands) -> None:
    commands.telegram.fail(400, method="setWebhook", description="Bad Request: bad webhook: x")

    assert "refuses setWebhook: Bad Request: bad webhook: x." in commands.fails(
        "webhook", "set", DOOR
    )


def test_without_a_secret_it_must_be_said(commands: BotCommands) -> None:
    said = commands.fails("webhook", "set", DOOR, settings=NO_SECRET)

    assert "TELEGRAM_SECRET_TOKEN is not set" in said
    assert not is_asked(commands)


def test_without_a_secret_the_door_must_agree(commands: BotCommands) -> None:
    done = commands.run("webhook", "set", DOOR, "--without-secret", settings=NO_SECRET)
    agreed = commands.run("webhook", "set", DOOR, "--without-secret", settings=AGREED)

    assert asked(commands)["secret_token"] == ""
    assert "unless TG_WITHOUT_SECRET_TOKEN=yes is set" in done.err
    assert agreed.err == ""


def test_a_secret_and_none_contradict_each_other(commands: BotCommands) -> None:
    assert "contradicts" in commands.fails("webhook", "set", DOOR, "--without-secret")


def test_another_path_than_the_doors_is_pointed_out(commands: BotCommands) -> None:
    other = commands.run("webhook", "set", "http://127.0.0.1:9/hook")
    staged = commands.run("webhook", "set", "http://127.0.0.1:9/prod/telegram/", "--replace")

    assert "The URL's path is not the door's (TG_WEBHOOK_PATH)" in other.err
    assert staged.err == ""


def test_a_type_that_telegram_passes_over_is_pointed_out(commands: BotCommands) -> None:
    taken = {"url": DOOR, "allowed_updates": ["message"]}
    commands.telegram.answer_with(
        json.dumps({"ok": True, "result": {"url": ""}}).encode(), method="getWebhookInfo"
    )
    commands.telegram.answer_with(
        json.dumps({"ok": True, "result": taken}).encode(), method="getWebhookInfo"
    )

    done = commands.run("webhook", "set", DOOR, "--allowed-updates", "message, mesage")

    assert "Telegram does not know these update types: mesage." in done.err


PUBLIC = {"TELEGRAM_API_URL": "https://api.telegram.org"}
UNUSABLE = {
    "http://bot.example/telegram": "must be an https:// address",
    "bot.example/telegram": "must be an https:// address",
    "https:///telegram": "must be an https:// address",
    "https://[": "must be an https:// address",
    "https://bot.example:0/": "must be an https:// address",
    "https://bot.example:8080/telegram": "calls the ports 443, 80, 88, 8443 only, and not 8080",
    "https://[::1]/telegram": "by IPv4 only",
    "https://bot.example/a b": "holds a blank or a #",
    "https://bot.example/a#b": "holds a blank or a #",
}


@pytest.mark.parametrize("url", UNUSABLE)
def test_a_url_that_telegram_would_refuse_is_refused_here(commands: BotCommands, url: str) -> None:
    assert UNUSABLE[url] in commands.fails("webhook", "set", url, settings=PUBLIC)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ip-address", "::1"), "--ip-address ::1 is no IPv4 address"),
        (("--certificate", "nowhere.pem"), "No such file or directory: nowhere.pem"),
        (("--certificate", "text.pem"), "text.pem is no certificate in PEM form"),
        (("--certificate", "both.pem"), "both.pem holds a private key"),
    ],
)
def test_an_option_that_can_not_be_is_one_clear_line(
    commands: BotCommands, options: tuple[str, ...], said: str
) -> None:
    commands.monkeypatch.chdir(commands.folder)
    Path("text.pem").write_text("text")
    Path("both.pem").write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")

    assert said in commands.fails("webhook", "set", DOOR, *options)
    assert not is_asked(commands)


def test_a_number_out_of_range_is_a_wrong_call(commands: BotCommands) -> None:
    assert commands.run("webhook", "set", DOOR, "--max-connections", "101").code == 2


def test_info_says_what_failed_and_what_to_do(commands: BotCommands) -> None:
    # Given a webhook that nobody listens at
    commands.run("webhook", "set", DOOR)
    commands.telegram.user_sends(5, "a")
    commands.telegram.wait_until(lambda: "refused" in commands.telegram.last_error)

    # When it is looked at
    done = commands.run("webhook", "info")

    # Then the error has a meaning, and what is at stake is told
    assert done.code == 0
    assert "Connection refused." in done.out
    assert "Nothing listens at that host and port." in done.out
    assert "1 update waits, and each is lost 24 hours after it happened." in done.out


def test_info_without_a_webhook_says_how_to_go_on(commands: BotCommands) -> None:
    said = commands.run("webhook", "info").out

    assert said.startswith("No webhook is set: tg-pipeline webhook set https://…")


def test_info_is_there_for_programs_too(commands: BotCommands) -> None:
    commands.run("webhook", "set", DOOR)

    info = json.loads(commands.run("webhook", "info", "--json").out)

    assert info["url"] == "http://127.0.0.1:9/…"
    assert info["pending_update_count"] == 0
    assert info["advice"][0].startswith("message_reaction, message_reaction_count, chat_member:")


def test_delete_says_what_is_gone_and_what_waits(commands: BotCommands) -> None:
    commands.run("webhook", "set", DOOR)
    commands.telegram.user_sends(5, "a")

    done = commands.run("webhook", "delete")

    assert done.out == (
        "Webhook deleted: http://127.0.0.1:9/…. 1 update waits. Fetch with: tg-pipeline poll\n"
    )
    assert len(commands.telegram.pending) == 1
    assert "none was set" in commands.run("webhook", "delete", "--drop-pending").out
    assert commands.telegram.pending == []
