"""`tg-pipeline import`: a history lands once, and nothing else of an export does."""

import gzip
import json
import re
import signal
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as example_counts

from lambda_ingest.store import open_store
from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.lambda_ingest.privacy.tombstones import KEY, forget
from tg_pipeline_tests.telegram.exports import (
    BOT,
    GROUP,
    LAYOUTS,
    OWNER,
    SECRETS,
    Message,
    Unquoted,
    as_desktop,
    chat,
    full_export,
    history,
    message,
    messages,
)

OF_THE_BOT = {"TELEGRAM_BOT_ID": str(BOT)}
GROUP_ID = -1_000_000_000_000 - GROUP


def write(shell: Shell, export: dict[str, Any], name: str = "result.json") -> None:
    (shell.folder / name).write_text(as_desktop(export), "utf-8")


def lines(shell: Shell) -> list[dict[str, Any]]:
    paths = shell.landing.glob("telegram/*/*.ndjson.gz")
    return [
        json.loads(line)["exported_message"]
        for path in sorted(paths)
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def content(shell: Shell) -> dict[str, bytes]:
    """Return all bytes of the landing zone by their names, also those of the journals."""
    files = (path for path in shell.landing.rglob("*") if path.is_file())
    return {str(path.relative_to(shell.landing)): path.read_bytes() for path in files}


def as_set(messages: list[Message]) -> Counter[str]:
    return Counter(json.dumps(each, sort_keys=True) for each in messages)


def test_each_message_lands_once_on_its_day_whatever_the_layout(shell: Shell) -> None:
    # Given messages of every shape, in an export as Telegram Desktop writes it
    sent = list(history(150))
    write(shell, chat(sent))

    # When it is imported twice, and also as other programs write it
    first = shell.run("import", "result.json", settings=OF_THE_BOT)
    before = content(shell)
    again = shell.run("import", "result.json", settings=OF_THE_BOT)
    (shell.folder / "packed.json.gz").write_bytes(gzip.compress(as_desktop(chat(sent)).encode()))
    packed = shell.run("import", "packed.json.gz", settings=OF_THE_BOT)

    # Then each message is there once, as it was exported, and nothing was added by the others
    assert (first.returncode, again.returncode, packed.returncode) == (0, 0, 0), first
    assert "150 landed, 0 were there already" in first.stdout
    assert "0 landed, 150 were there already" in again.stdout
    assert "0 landed, 150 were there already" in packed.stdout
    assert content(shell) == before
    landed = lines(shell)
    assert as_set([each["message"] for each in landed]) == as_set(sent)
    assert {json.dumps(each["chat"]) for each in landed} == {
        json.dumps({"id": GROUP_ID, "type": "supergroup", "title": "Turma"})
    }


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_layout_lands_the_same_messages(shell: Shell, layout: str) -> None:
    sent = list(history(60, seed=2))
    (shell.folder / "result.json").write_text(LAYOUTS[layout](full_export([chat(sent)])), "utf-8")

    done = shell.run("import", "result.json", settings=OF_THE_BOT)

    assert done.returncode == 0, done
    assert as_set([each["message"] for each in lines(shell)]) == as_set(sent)


def test_of_a_full_export_only_the_chats_of_the_bot_land(shell: Shell) -> None:
    # Given a full export, with everything that a person has
    private = [message(1, 1_600_000_000, text="conversa privada")]
    export = full_export(
        [
            chat([message(2, 1_600_000_000)]),
            chat(private, "personal_chat", 55, "Bia"),
            chat(private, "bot_chat", 99, "Outro bot"),
            chat([message(3, 1_600_000_000)], "bot_chat", BOT, "Meu bot"),
            chat(private, "saved_messages", OWNER),
        ],
        [chat([message(4, 1_600_000_000)], "public_channel", 9, "Canal")],
    )
    write(shell, export)

    # When it is imported
    done = shell.run("import", "result.json", settings=OF_THE_BOT)

    # Then the group, the channel and the chat with the bot have landed, and not a byte of the rest
    assert done.returncode == 0, done
    assert {each["chat"]["id"] for each in lines(shell)} == {GROUP_ID, OWNER, -1_000_000_000_009}
    assert "Bia (personal_chat 55) is not imported: a chat with a person; --chat 55" in done.stdout
    assert "Outro bot (bot_chat 99) is not imported: a chat with another bot" in done.stdout
    everything = b"\n".join(
        gzip.decompress(body) if name.endswith(".gz") else body
        for name, body in content(shell).items()
    )
    assert [each for each in (*SECRETS, b"conversa privada", b"Bia") if each in everything] == []


def test_chats_and_days_can_be_chosen(shell: Shell) -> None:
    days = [message(each, 1_600_000_000 + each * 86_400) for each in range(10)]
    write(shell, full_export([chat(days), chat(days, "personal_chat", 55, "Bia")]))
    chosen = ("--chat", "55", "--since", "2020-09-15", "--until", "2020-09-17")

    done = shell.run("import", "result.json", *chosen, settings=OF_THE_BOT)

    assert done.returncode == 0, done
    assert [each["message"]["id"] for each in lines(shell)] == [2, 3, 4]
    assert {each["chat"]["id"] for each in lines(shell)} == {55}
    assert "left out: 7 outside of --since and --until" in done.stdout
    assert "Days 2020-09-15 to 2020-09-17. Next: tg-pipeline run" in done.stdout
    assert "set TG_START_DATE=2020-09-15 to build them" in done.stderr


def test_a_chat_that_is_named_but_not_there_is_an_error(shell: Shell) -> None:
    write(shell, chat([message(1, 1_600_000_000)]))

    done = shell.run("import", "result.json", "--chat", "-100987", settings=OF_THE_BOT)

    assert done.returncode == 1
    assert "result.json has no chat -100987, which --chat names." in done.stderr
    assert lines(shell) == []


def test_a_dry_run_stores_nothing_and_names_every_chat(shell: Shell) -> None:
    others = [chat([], "personal_chat", number, f"Pessoa {number}") for number in range(10, 16)]
    write(shell, full_export([chat(list(history(30))), *others]))

    done = shell.run("import", "result.json", "--dry-run", settings=OF_THE_BOT)

    assert (done.returncode, shell.landing.exists()) == (0, False), done
    assert (
        f"Turma (private_supergroup {GROUP}) as supergroup {GROUP_ID}: 30 messages" in done.stdout
    )
    assert all(f"--chat {number} would import it" in done.stdout for number in range(10, 16))
    assert "Nothing was stored." in done.stdout


def test_a_chat_with_another_bot_and_other_files_are_refused(shell: Shell) -> None:
    write(shell, chat([message(1, 1_600_000_000)], "bot_chat", 99))
    (shell.folder / "page.html").write_text("<!DOCTYPE html>")
    (shell.folder / "updates.json").write_text('{"ok": true, "result": [{"update_id": 1}]}')

    bot, page, updates, missing = (
        shell.run("import", name, settings=OF_THE_BOT)
        for name in ("result.json", "page.html", "updates.json", "missing.json")
    )

    assert "The export is of a chat with the bot 99" in bot.error()
    assert "page.html is an HTML page: choose JSON" in page.error()
    assert "updates.json is no chat export of Telegram Desktop" in updates.error()
    assert "missing.json is not a file" in missing.error()
    assert shell.landed() == []


def test_all_before_the_cut_of_a_file_lands(shell: Shell) -> None:
    sent = list(history(100))
    text = as_desktop(chat(sent))
    (shell.folder / "result.json").write_text(text[: text.index('"id": 80,') + 40], "utf-8")
    first_80 = next(place for place, each in enumerate(sent) if each["id"] == 80)

    done = shell.run("import", "result.json", settings=OF_THE_BOT)

    assert done.returncode == 1
    assert "result.json is damaged: it ends in the middle of the message at byte" in done.stderr
    assert "What is before it was imported." in done.stderr
    assert as_set([each["message"] for each in lines(shell)]) == as_set(sent[:first_80])


def test_damaged_messages_are_kept_apart_one_by_one(shell: Shell) -> None:
    # Given messages that version 4.1 wrote without quotes, and one without any date
    emoji = {
        "type": "custom_emoji",
        "text": "😁",
        "document_id": Unquoted("video_files/a (2).webm"),
    }
    broken = [message(each, 1_660_000_000) | {"text": [emoji, ""]} for each in (2, 4)]
    dateless = {"id": 1, "type": "unsupported"}
    good = [message(each, 1_660_000_000) for each in (3, 5)]
    write(shell, chat([dateless, broken[0], good[0], broken[1], good[1]]))

    # When they are imported
    done = shell.run("import", "result.json", settings=OF_THE_BOT)

    # Then they are kept apart, with the reason, and all others have landed
    assert done.returncode == 1
    assert "left out: 3 unreadable or without a date" in done.stdout
    assert "3 rejected and kept; the first is result.json, byte" in done.stderr
    assert [each["message"] for each in lines(shell)] == good
    assert len(list(shell.landing.glob("rejected/*/*.json"))) == 3
    listed = shell.run("rejected", "list", settings=OF_THE_BOT)
    assert "The body is not JSON" in listed.stdout


def test_old_exports_have_local_times_and_the_zone_is_stated(shell: Shell) -> None:
    old = {"id": 1, "type": "message", "date": "2019-07-05T16:55:32", "from": "A", "text": "oi"}
    write(shell, chat([old]))

    done = shell.run("import", "result.json", "--timezone", "Asia/Tokyo", settings=OF_THE_BOT)
    wrong = shell.run("import", "result.json", "--timezone", "Nowhere", settings=OF_THE_BOT)

    (line,) = lines(shell)
    assert (line["date"], line["timezone"]) == (1_562_313_332, "Asia/Tokyo")
    assert "Messages with a local time only: 1. It was read as that of Asia/Tokyo" in done.stdout
    assert "--timezone is not a time zone" in wrong.error()


@example_counts(max_examples=8)
@given(messages(most=8), messages(most=8))
def test_every_message_lands_once_or_is_counted_as_left_out(
    shell: Shell, some: list[Message], others: list[Message]
) -> None:
    with TemporaryDirectory(dir=shell.folder) as name:
        one = Shell(Path(name))
        write(one, full_export([chat(some), chat(others, "private_group", 5)]))

        done = [one.run("import", "result.json", settings=OF_THE_BOT) for _ in range(2)]

        rejected = sum(int(each) for each in re.findall(r"(\d+) unreadable", done[0].stdout))
        assert done[0].returncode == (rejected > 0), done[0]
        assert "\n0 landed" in done[1].stdout
        landed = as_set([each["message"] for each in lines(one)])
        assert landed <= as_set([*some, *others])
        assert landed.total() + rejected == len([*some, *others])


ANA = {"from": "Ana Ribeiro", "from_id": "user5000000001"}


def test_forgotten_people_do_not_come_back_by_an_import(shell: Shell) -> None:
    # Given a forgotten person, who wrote, reacted, and was mentioned, also in a damaged message
    forget(open_store(shell.landing.as_uri()), 5_000_000_001, "ana_ribeiro")
    beto = {"from": "Beto", "from_id": "user5000000002"}
    reaction = {"type": "emoji", "count": 1, "emoji": "❤", "recent": [ANA | {"date": "x"}]}
    named = {"type": "mention_name", "text": "Aninha", "user_id": 5_000_000_001}
    sent = [
        message(1, 1_600_000_000, text="segredo") | ANA,
        message(2, 1_600_000_001, text="oi @ana_ribeiro") | beto,
        message(3, 1_600_000_002) | beto | {"text": [named, " oi"], "reactions": [reaction]},
        message(4, 1_600_000_003, text=Unquoted("segredo")) | ANA,
    ]
    write(shell, chat(sent))

    # When the history is imported, without the key and with it
    refused = shell.run("import", "result.json", settings=OF_THE_BOT)
    done = shell.run("import", "result.json", settings=OF_THE_BOT | {"TG_PRIVACY_KEY": KEY})

    # Then the first is refused, and the second stores nothing of them
    assert "TG_PRIVACY_KEY must be set" in refused.error()
    assert done.returncode == 0, done
    assert "2 of forgotten people" in done.stdout
    assert [each["message"]["id"] for each in lines(shell)] == [2, 3]
    everything = json.dumps(lines(shell), ensure_ascii=False)
    left = [
        each for each in ("5000000001", "Ana", "ana_", "Aninha", "segredo") if each in everything
    ]
    assert left == []
    assert list(shell.landing.glob("rejected/*/*")) == []


def test_texts_and_fields_of_a_history_are_dropped(shell: Shell) -> None:
    contact = {"first_name": "A", "last_name": "B", "phone_number": "+1 555"}
    write(shell, chat([message(1, 1_600_000_000, text="segredo", contact_information=contact)]))
    dropping = {"TG_DROP": "contact,first_name", "TG_DROP_TEXT": "landing"}

    done = shell.run("import", "result.json", settings=OF_THE_BOT | dropping)

    assert done.returncode == 0, done
    (line,) = lines(shell)
    kept = {"id", "type", "date", "date_unixtime", "from_id", "text"}
    assert line["message"].keys() == kept
    assert line["message"]["text"] == "░"


@pytest.mark.slow
def test_an_import_that_was_killed_is_completed_by_the_next(shell: Shell, tmp_path: Path) -> None:
    # Given an import that is killed as soon as it has stored something
    sent = list(history(1_500, per_day=10))
    write(shell, chat(sent))
    for _ in range(2):
        process = shell.start("import", "result.json", "--bot-id", str(BOT))
        before = len(shell.landed())
        deadline = time.monotonic() + 60
        while len(shell.landed()) <= before and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    # When it is run again
    done = shell.run("import", "result.json", "--bot-id", str(BOT))

    # Then the landing zone is as if it had never been killed
    assert done.returncode == 0, done
    other = Shell(tmp_path / "other")
    other.folder.mkdir()
    write(other, chat(sent))
    other.run("import", "result.json", "--bot-id", str(BOT))
    killed, undisturbed = (
        [key for key in each.landed() if key.startswith("telegram/")] for each in (shell, other)
    )
    assert killed == undisturbed
    assert as_set([each["message"] for each in lines(shell)]) == as_set(sent)
