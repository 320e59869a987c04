"""`tg-pipeline poll` lands every update once, and confirms only what is stored."""

import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from lambda_ingest.store import open_store
from tg_pipeline_tests.cli.conftest import COMMAND, Shell
from tg_pipeline_tests.cli.ingestion.bot_commands import BotCommands
from tg_pipeline_tests.fakes.telegram_api.server import TelegramServer
from tg_pipeline_tests.lambda_ingest.privacy.tombstones import KEY, forget


@contextmanager
def polling(shell: Shell, telegram: TelegramServer) -> Iterator[subprocess.Popen[bytes]]:
    """Run `poll`, from its first call on; it is killed at the end of the block."""
    before = len(telegram.calls)
    with shell.start("poll") as process:
        try:
            telegram.wait_until(lambda: len(telegram.calls) > before, timeout=120)
            yield process
        finally:
            process.kill()


def landed(shell: Shell) -> set[bytes]:
    """Return the landed objects; a killed process may leave other files, which no listing shows."""
    keys = (key for key in shell.landed() if key.startswith("telegram/") and key.endswith(".json"))
    return {(shell.landing / key).read_bytes() for key in keys}


def test_a_signal_ends_a_long_poll_at_once(shell: Shell, telegram: TelegramServer) -> None:
    # Given landed updates, and a call that waits for more
    for text in ("a", "b"):
        telegram.user_sends(5, text)
    with polling(shell, telegram) as process:
        telegram.wait_until_delivered()

        # When the signal comes
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=40)

    # Then it exits with success long before the poll of 50 s ends, and shows the counts
    assert process.returncode == 0, err
    assert out.decode().startswith("2 landed, 0 were there already.\nDays ")
    assert err.decode().splitlines()[0].startswith("Polling; updates land in file://")
    assert err.decode().splitlines()[-1] == "Stopped."
    assert landed(shell) == set(telegram.sent.values())


@pytest.mark.slow
def test_a_poller_that_is_killed_repeatedly_loses_nothing(
    shell: Shell, telegram: TelegramServer
) -> None:
    # Given a poller that is killed at different moments while updates arrive
    for text in range(60):
        telegram.user_sends(5, f"before {text}")
    for number, moment in enumerate((0.0, 0.01, 0.04)):
        with polling(shell, telegram) as process:
            for text in range(40):
                telegram.user_sends(5, f"during {number} {text}")
            time.sleep(moment)
            process.kill()

    # When another one fetches the rest
    assert shell.run("poll", "--once").returncode == 0

    # Then each update has landed, byte for byte, under its own name
    assert len(landed(shell)) == len(telegram.sent) == 180
    assert landed(shell) == set(telegram.sent.values())
    assert telegram.pending == []


def test_a_terminal_shows_a_live_line(shell: Shell, telegram: TelegramServer) -> None:
    telegram.user_sends(5, "a")
    ours, theirs = pty.openpty()
    environment = shell._environment() | {"TERM": "xterm"}  # noqa: SLF001
    seen = b""

    with subprocess.Popen(
        [COMMAND, "poll"], env=environment, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        while b"1 landed, 0 were there already; the last" not in seen:
            seen += os.read(ours, 1_000)
        process.terminate()
        out, _ = process.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)

    assert process.returncode == 0
    assert out.decode().startswith("1 landed")


def test_once_takes_the_pending_updates_and_stops(bot_commands: BotCommands) -> None:
    for number in range(250):
        bot_commands.telegram.user_sends(number % 7 + 1, "a")

    first, second = (bot_commands.run("poll", "--once") for _ in range(2))

    assert first.out.startswith("250 landed, 0 were there already.\n")
    assert (first.code, first.err) == (0, "")
    assert second.out == "0 landed, 0 were there already.\n"
    sent = bot_commands.telegram.sent
    assert bot_commands.landed() == {f"7-{each}.json": body for each, body in sent.items()}


def test_a_body_that_is_not_an_update_is_kept_and_reported_and_confirmed(
    bot_commands: BotCommands,
) -> None:
    bot_commands.telegram.user_sends(5, "a")
    bot_commands.telegram.push(b"null")
    bot_commands.telegram.push(rb'{"update_id": 1, "message": {"text": "lone surrogate \ud800"}}')

    done = bot_commands.run("poll", "--once")

    assert done.code == 0
    assert done.out.startswith("2 landed, 0 were there already, 1 rejected and kept.")
    assert "The first one that is not an update: getUpdates: The body is JSON, but not" in done.err
    assert bot_commands.telegram.pending == []
    (kept,) = (body for name, body in bot_commands.landed().items() if not name.startswith("7-"))
    assert json.loads(kept)["body_base64"] == "bnVsbA=="


def test_forgotten_people_are_counted_and_not_stored(bot_commands: BotCommands) -> None:
    forget(open_store((bot_commands.folder / "landing").as_uri()), 5)
    bot_commands.telegram.user_sends(5, "a")
    bot_commands.telegram.user_sends(6, "b")

    done = bot_commands.run("poll", "--once", settings={"TG_PRIVACY_KEY": KEY})

    assert done.out.startswith("1 landed, 0 were there already, 1 of forgotten people.")
    assert bot_commands.telegram.pending == []
    (kept,) = bot_commands.landed().values()
    assert json.loads(kept)["message"]["text"] == "b"


def test_other_chats_are_filtered_and_a_chat_is_followed_to_its_new_id(
    bot_commands: BotCommands,
) -> None:
    # Given a group that is kept, and becomes a supergroup
    telegram = bot_commands.telegram
    telegram.user_sends(-5, "kept")
    telegram.user_sends(-6, "of another chat")
    chat = {"id": -5, "type": "group"}
    telegram.push(
        {"message": {"chat": chat, "date": int(time.time()), "migrate_to_chat_id": -1_005}}
    )
    for number in range(150):
        telegram.user_sends(-1_005, f"after {number}")

    # When they are polled
    done = bot_commands.run("poll", "--once", settings={"TELEGRAM_CHAT_IDS": "-5"})

    # Then the messages with the new id are kept as well
    assert done.out.startswith("152 landed, 0 were there already, 1 of other chats.")
    assert "Chat -5 became -1005; its messages are kept as well from now on." in done.err


@pytest.mark.parametrize("options", [(), ("--once",)])
def test_a_bot_with_a_webhook_can_not_be_polled(
    bot_commands: BotCommands, options: tuple[str, ...]
) -> None:
    bot_commands.telegram.set_webhook("http://127.0.0.1:9/telegram")

    done = bot_commands.run("poll", *options)

    assert done.code == 1
    assert "A webhook is set for this bot, so it can't be polled (409)" in done.err
    assert "tg-pipeline webhook delete" in done.err
    assert done.out.startswith("0 landed, 0 were there already.\n")


def test_once_with_an_unusable_landing_zone_fails_and_confirms_nothing(
    bot_commands: BotCommands,
) -> None:
    bot_commands.telegram.user_sends(5, "a")
    (bot_commands.folder / "landing").mkdir()
    (bot_commands.folder / "landing" / "telegram").write_text("in the way")
    nowhere = {"TG_LANDING_URI": "file:///dev/null/x"}

    unwritable = bot_commands.fails("poll", "--once")
    unopened = bot_commands.fails("poll", "--once", settings=nowhere)

    assert "can't be written to" in unwritable
    assert "Nothing is lost: Telegram keeps the updates." in unwritable
    assert "file:///dev/null/x can't be opened" in unopened
    assert len(bot_commands.telegram.pending) == 1


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("offset", [3 * HOUR, -3 * HOUR])
def test_with_a_clock_that_is_far_off_nothing_is_stored_on_a_wrong_day_and_nothing_is_lost(
    bot_commands: BotCommands, offset: timedelta
) -> None:
    bot_commands.telegram.user_sends(5, "a")
    bot_commands.telegram.set_clock(offset)

    said = bot_commands.fails("poll", "--once")

    assert "This machine's clock is 3 hours" in said
    assert "Updates would land on wrong days, so none is stored." in said
    assert bot_commands.landed() == {}

    # When the clock is right again
    bot_commands.telegram.set_clock(timedelta(0))
    assert bot_commands.run("poll", "--once").out.startswith("1 landed")


def test_a_clock_that_is_a_little_off_is_reported(bot_commands: BotCommands) -> None:
    bot_commands.telegram.user_sends(5, "a")
    bot_commands.telegram.set_clock(timedelta(minutes=-20))

    done = bot_commands.run("poll", "--once")

    assert done.out.startswith("1 landed")
    assert done.err == "This machine's clock is 20 minutes ahead of Telegram's: set it right.\n"


@pytest.mark.slow
def test_a_poller_waits_until_the_clock_is_right(shell: Shell, telegram: TelegramServer) -> None:
    telegram.user_sends(5, "a")
    telegram.set_clock(30 * HOUR)
    with polling(shell, telegram) as process:
        telegram.wait_for_calls("getUpdates", 2)
        assert telegram.pending

        telegram.set_clock(timedelta(0))
        telegram.wait_until_delivered()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)

    assert out.decode().startswith("1 landed")
    assert b"so none is stored. Trying again in 1 s; nothing is lost." in err


def test_updates_that_belong_to_the_day_they_arrived_because_of_their_date_are_reported(
    bot_commands: BotCommands,
) -> None:
    for _ in range(3):
        bot_commands.telegram.push({"message": {"date": 1_600_000_000, "chat": {"id": 5}}})

    done = bot_commands.run("poll", "--once")

    assert done.err.startswith(
        "3 updates are dated more than 7 days before or more than 1 day after the arrival: check "
        "the clock of this machine. Update 500000001 is dated 2020-09-13 12:26:40 UTC, but arrived"
    )
    assert done.err.endswith("so it belongs to the day it arrived.\n")
