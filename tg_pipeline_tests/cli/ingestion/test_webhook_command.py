"""`tg-pipeline webhook` sets, shows and deletes a webhook, and replaces one only on request."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tg_pipeline.telegram.models import UPDATE_TYPES
from tg_pipeline_tests.cli.ingestion.bot_commands import BotCommands
from tg_pipeline_tests.fakes.telegram_api.protocol import Upload

ENDPOINT = "http://127.0.0.1:9/telegram"
NO_SECRET = {"TELEGRAM_SECRET_TOKEN": ""}
ACCEPTED = NO_SECRET | {"TG_WITHOUT_SECRET_TOKEN": "yes"}
USERS = "http://127.0.0.1:9/bot-that-serves-users"


@pytest.fixture
def commands(bot_commands: BotCommands) -> BotCommands:
    bot_commands.monkeypatch.setenv("TELEGRAM_SECRET_TOKEN", "a-secret-of-16-up")
    return bot_commands


def parameters(commands: BotCommands) -> dict[str, object]:
    return [call.params for call in commands.telegram.calls if call.method == "setWebhook"][-1]


def is_called(commands: BotCommands) -> bool:
    return any(call.method == "setWebhook" for call in commands.telegram.calls)


def test_a_webhook_is_set_with_the_endpoints_secret_and_all_types(commands: BotCommands) -> None:
    done = commands.run("webhook", "set", ENDPOINT)

    assert (done.code, done.err) == (0, "")
    assert parameters(commands) == {
        "url": ENDPOINT,
        "secret_token": "a-secret-of-16-up",
        "max_connections": 40,
        "allowed_updates": list(UPDATE_TYPES),
        "drop_pending_updates": False,
        "ip_address": "",
    }
    assert "http://127.0.0.1:9/…" in done.out
    assert "all 27" in done.out
    assert "a-secret-of-16-up" not in done.out


def test_every_option_reaches_telegram(commands: BotCommands) -> None:
    certificate = commands.folder / "own.pem"
    certificate.write_text("-----BEGIN CERTIFICATE-----\n")
    commands.telegram.user_sends(5, "is dropped")

    options = (
        "--max-connections 7 --allowed-updates message,poll --drop-pending --ip-address 1.2.3.4"
    )
    done = commands.run(
        "webhook", "set", ENDPOINT, *options.split(), "--certificate", str(certificate)
    )

    assert done.code == 0
    params = parameters(commands)
    assert params["certificate"] == Upload("certificate.pem", certificate.read_bytes())
    assert (params["max_connections"], params["ip_address"]) == ("7", "1.2.3.4")
    assert json.loads(str(params["allowed_updates"])) == ["message", "poll"]
    assert commands.telegram.pending == []
    assert "2 of 27" in done.out


def test_another_webhook_is_replaced_only_on_request(commands: BotCommands) -> None:
    # Given a bot that answers its users by a webhook
    commands.telegram.set_webhook(USERS)

    # When another one is to be set
    said = commands.fails("webhook", "set", ENDPOINT)

    # Then it stays, and the error says how both can receive the updates
    assert "A webhook is already set (http://127.0.0.1:9/…), and a bot has only one." in said
    assert "set FORWARD_URL (and FORWARD_SECRET_TOKEN) there" in said
    assert not is_called(commands)

    # When it is to replace the other one, or is set again
    assert commands.run("webhook", "set", ENDPOINT, "--replace").code == 0
    assert commands.run("webhook", "set", ENDPOINT, "--max-connections", "3").code == 0

    # Then it is set
    assert (parameters(commands)["url"], parameters(commands)["max_connections"]) == (ENDPOINT, 3)


@pytest.mark.parametrize(
    ("asked_for", "listed"),
    [(None, ""), (["message", "chat_member"], "chat_member,message"), (["message"], "message")],
)
def test_a_webhook_is_replaced_only_if_its_bot_still_gets_what_it_asked_for(
    commands: BotCommands, asked_for: list[str] | None, listed: str
) -> None:
    # Given a bot's own webhook, and an endpoint that forwards other types to it
    commands.telegram.set_webhook(USERS, allowed_updates=asked_for)
    settings = {"FORWARD_URL": USERS, "FORWARD_ALLOWED_UPDATES": "poll"}

    # When it is to be replaced, then the command says what to set, and replaces nothing
    said = commands.fails("webhook", "set", ENDPOINT, "--replace", settings=settings)
    assert said.endswith(f"FORWARD_ALLOWED_UPDATES={listed}\n")
    assert not is_called(commands)

    # When that is set, then it is replaced
    settings = {"FORWARD_ALLOWED_UPDATES": listed}
    done = commands.run("webhook", "set", ENDPOINT, "--replace", settings=settings)
    assert (done.code, done.err) == (0, "")
    assert parameters(commands)["allowed_updates"] == list(UPDATE_TYPES)


def test_the_types_of_a_replaced_webhook_are_shown_for_an_endpoint_elsewhere(
    commands: BotCommands,
) -> None:
    commands.telegram.set_webhook(USERS, allowed_updates=["poll", "message"])

    done = commands.run("webhook", "set", ENDPOINT, "--replace")

    assert "for an endpoint that forwards to it: FORWARD_ALLOWED_UPDATES=message,poll\n" in done.out


def test_a_webhook_that_was_lost_in_the_attempt_is_reported(commands: BotCommands) -> None:
    # Given that Telegram removes the old webhook, and then rejects the new one
    commands.telegram.set_webhook(USERS)
    gone = b'{"ok":true,"result":{"url":"","pending_update_count":0}}'
    before = json.dumps({"ok": True, "result": {"url": USERS}}).encode()
    commands.telegram.answer_with(before, method="getWebhookInfo")
    commands.telegram.fail(400, method="setWebhook", description="Bad Request: bad webhook: IP")
    commands.telegram.answer_with(gone, method="getWebhookInfo")

    said = commands.fails("webhook", "set", ENDPOINT, "--replace")

    assert "rejects setWebhook: Bad Request: bad webhook: IP." in said
    assert "The previous webhook, http://127.0.0.1:9/…, is gone: set it again." in said


def test_a_secret_is_required_by_default(commands: BotCommands) -> None:
    said = commands.fails("webhook", "set", ENDPOINT, settings=NO_SECRET)

    assert "TELEGRAM_SECRET_TOKEN is not set" in said
    assert not is_called(commands)


def test_without_a_secret_the_endpoint_must_accept_that_too(commands: BotCommands) -> None:
    done = commands.run("webhook", "set", ENDPOINT, "--without-secret", settings=NO_SECRET)
    accepted = commands.run("webhook", "set", ENDPOINT, "--without-secret", settings=ACCEPTED)

    assert parameters(commands)["secret_token"] == ""
    assert "unless TG_WITHOUT_SECRET_TOKEN=yes is set" in done.err
    assert accepted.err == ""


def test_a_path_that_is_not_the_endpoints_is_warned_of(commands: BotCommands) -> None:
    other = commands.run("webhook", "set", "http://127.0.0.1:9/hook")
    staged = commands.run("webhook", "set", "http://127.0.0.1:9/prod/telegram/", "--replace")

    assert "The URL's path is not TG_WEBHOOK_PATH" in other.err
    assert staged.err == ""


def test_a_type_that_telegram_ignores_is_warned_of(commands: BotCommands) -> None:
    taken = {"url": ENDPOINT, "allowed_updates": ["message"]}
    commands.telegram.answer_with(
        json.dumps({"ok": True, "result": {"url": ""}}).encode(), method="getWebhookInfo"
    )
    commands.telegram.answer_with(
        json.dumps({"ok": True, "result": taken}).encode(), method="getWebhookInfo"
    )

    done = commands.run("webhook", "set", ENDPOINT, "--allowed-updates", "message, mesage")

    assert "Telegram does not know these update types: mesage." in done.err


PUBLIC = {"TELEGRAM_API_URL": "https://api.telegram.org"}
UNUSABLE = {
    "http://bot.example/telegram": "must be an https:// address",
    "https://[": "must be an https:// address",
    "https://bot.example:8080/telegram": "only to the ports 443, 80, 88, 8443, not to 8080",
    "https://[::1]/telegram": "by IPv4 only",
    "https://bot.example/a b": "must not contain a blank or a #",
}


@pytest.mark.parametrize("url", UNUSABLE)
def test_a_url_that_telegram_would_reject_is_rejected_before_the_call(
    commands: BotCommands, url: str
) -> None:
    assert UNUSABLE[url] in commands.fails("webhook", "set", url, settings=PUBLIC)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--without-secret",), "contradicts"),
        (("--ip-address", "::1"), "--ip-address ::1 is not a valid IPv4 address"),
        (("--certificate", "nowhere.pem"), "No such file or directory: nowhere.pem"),
        (("--certificate", "text.pem"), "text.pem is not a certificate in PEM form"),
        (("--certificate", "both.pem"), "both.pem contains a private key"),
    ],
)
def test_an_invalid_option_is_one_clear_line(
    commands: BotCommands, options: tuple[str, ...], said: str
) -> None:
    commands.monkeypatch.chdir(commands.folder)
    Path("text.pem").write_text("text")
    Path("both.pem").write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")

    assert said in commands.fails("webhook", "set", ENDPOINT, *options)
    assert not is_called(commands)


def test_info_shows_the_last_error_and_what_to_do(commands: BotCommands) -> None:
    # Given a webhook that nobody listens at
    commands.run("webhook", "set", ENDPOINT)
    commands.telegram.user_sends(5, "a")
    commands.telegram.wait_until(lambda: "refused" in commands.telegram.last_error)

    # When it is shown
    done = commands.run("webhook", "info")

    # Then the error is explained, with the updates at risk
    assert done.code == 0
    assert "Connection refused." in done.out
    assert "Nothing listens at that host and port." in done.out
    assert "1 update is pending, and each is lost 24 hours after it happened." in done.out


def test_set_and_info_report_a_clock_that_is_off(commands: BotCommands) -> None:
    commands.telegram.set_clock(timedelta(days=3))

    for command in (("webhook", "set", ENDPOINT), ("webhook", "info")):
        done = commands.run(*command)

        assert done.code == 0
        assert "This machine's clock is 3 days behind Telegram's: set it right." in done.err


def test_info_can_be_json(commands: BotCommands) -> None:
    commands.run("webhook", "set", ENDPOINT)

    info = json.loads(commands.run("webhook", "info", "--json").out)

    assert info["url"] == "http://127.0.0.1:9/…"
    assert info["pending_update_count"] == 0
    assert info["advice"][0].startswith("message_reaction, message_reaction_count, chat_member:")


def test_delete_shows_the_deleted_webhook_and_the_pending_updates(commands: BotCommands) -> None:
    commands.run("webhook", "set", ENDPOINT)
    commands.telegram.user_sends(5, "a")

    done = commands.run("webhook", "delete")

    assert done.out == (
        "Webhook deleted: http://127.0.0.1:9/…. 1 update is pending. "
        "Fetch updates with: tg-pipeline poll\n"
    )
    assert len(commands.telegram.pending) == 1
    assert "was not set" in commands.run("webhook", "delete", "--drop-pending").out
    assert commands.telegram.pending == []
