"""`tg-pipeline digest` posts a day or a week once, and says in a line why not."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tg_pipeline_tests.cli.bot_commands import BotCommands
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.fakes.clock import zone_at_noon
from tg_pipeline_tests.report.test_report_command import build, message

CHAT = "-1001234567890"
ON_THE_DAY = ("digest", "--date", DAY.isoformat())
QUESTION = "_como_ *emito* o certificado?"
HALF = "of-a-test-bot"
"""Of the token: what nobody may see."""


@pytest.fixture(scope="module")
def a_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a day, built once."""
    pipeline = Pipeline(tmp_path_factory.mktemp("a-day"))
    for number, who in enumerate(("Ana", "Beatriz"), start=1):
        pipeline.land(message(number, who, QUESTION))
    build(pipeline, DAY)
    return pipeline.folder


@pytest.fixture
def commands(
    bot_commands: BotCommands, a_day: Path, monkeypatch: pytest.MonkeyPatch
) -> BotCommands:
    shutil.copytree(a_day, bot_commands.folder, dirs_exist_ok=True)
    monkeypatch.setenv("TG_ADMIN_CHAT_ID", CHAT)
    return bot_commands


def test_a_day_is_posted_as_a_text_and_a_chart_and_no_second_time(commands: BotCommands) -> None:
    first, second = commands.run(*ON_THE_DAY), commands.run(*ON_THE_DAY)

    assert first.out.splitlines() == ["2026-10-07, text: sent.", "2026-10-07, chart: sent."]
    assert second.out.splitlines() == [
        "2026-10-07, text: sent before, and not sent again.",
        "2026-10-07, chart: sent before, and not sent again.",
    ]
    assert (first.code, second.code) == (0, 0)
    text, chart = commands.telegram.messages
    assert text.text.startswith("Wed 7 Oct 2026\n\nMessages: 2\n")
    assert QUESTION in text.read.marked("code")
    assert (chart.chat_id, (chart.file or b"")[:4]) == (int(CHAT), b"\x89PNG")


def test_asked_for_again_it_is_posted_again(commands: BotCommands) -> None:
    commands.run(*ON_THE_DAY)

    assert commands.run(*ON_THE_DAY, "--again").out.count("sent.") == 2
    assert len(commands.telegram.messages) == 4


def test_the_settings_say_which_period_and_which_language(commands: BotCommands) -> None:
    settings = {"TG_DIGEST": "day", "TG_DIGEST_LANG": "pt", "TG_ADMIN_CHAT_ID": "@admins"}

    commands.run(*ON_THE_DAY, settings=settings)

    text = commands.telegram.messages[0]
    assert (text.chat_id, text.text.partition("\n")[0]) == ("@admins", "qua 7 out 2026")


def test_a_dry_run_prints_the_text_and_needs_no_bot(commands: BotCommands) -> None:
    done = commands.run(*ON_THE_DAY, "--dry-run", settings={"TELEGRAM_BOT_TOKEN": ""})

    assert done.code == 0
    assert done.out.startswith("Wed 7 Oct 2026\n\nMessages: 2\nActive people: 2\n")
    assert f"\nAsked most\n1. {QUESTION} – 2 times\n" in done.out
    assert commands.telegram.calls == []
    assert not (commands.folder / "lake" / "digests").exists(), "nothing is claimed"


def test_the_chart_can_be_written_to_a_file(commands: BotCommands) -> None:
    path = commands.folder / "chart.png"

    done = commands.run(*ON_THE_DAY, "--lang", "pt", "--to-file", str(path))

    assert done.out.startswith("qua 7 out 2026\n")
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert commands.telegram.calls == []


UNSET = {
    "TG_ADMIN_CHAT_ID": "TG_ADMIN_CHAT_ID is not set: set it to the number of the chat",
    "TELEGRAM_BOT_TOKEN": "TELEGRAM_BOT_TOKEN is not set: put the token",
}


@pytest.mark.parametrize("name", UNSET)
def test_what_is_not_set_is_asked_for(commands: BotCommands, name: str) -> None:
    assert UNSET[name] in commands.fails(*ON_THE_DAY, settings={name: ""})


WRONG = {
    "--period month": "--period month is none of day and week.",
    "--lang es": "--lang es is not spoken here: en or pt.",
    "--date someday": "'someday' is no day: write YYYY-MM-DD",
    "--date today": "is not over before the end of",
    "--period week --date today": "is not over before the end of",
}


@pytest.mark.parametrize("options", WRONG)
def test_what_is_asked_for_wrongly_is_told(commands: BotCommands, options: str) -> None:
    assert WRONG[options] in commands.fails("digest", *options.split())
    assert commands.telegram.calls == []


def test_without_a_date_it_is_about_yesterday_and_says_if_that_is_not_built(
    commands: BotCommands,
) -> None:
    zone = zone_at_noon()
    yesterday = datetime.now(ZoneInfo(zone)).date() - timedelta(days=1)

    said = commands.fails("digest", settings={"TG_TIMEZONE": zone})

    assert said == (
        f"tg-pipeline: No digest of {yesterday}: {yesterday} is not built: "
        f"tg-pipeline run --date {yesterday} builds it.\n"
    )
    assert commands.telegram.calls == []


def test_a_short_wait_is_waited_and_told(commands: BotCommands) -> None:
    commands.telegram.flood(1, "sendPhoto")

    done = commands.run(*ON_THE_DAY)

    assert done.err == "Telegram asks to wait 1 s before the next sendPhoto (429). Waiting.\n"
    assert len(commands.telegram.messages) == 2


def test_a_long_wait_is_told_and_the_next_run_sends_what_is_left(commands: BotCommands) -> None:
    commands.telegram.flood(300, "sendPhoto")

    assert "Telegram asks to wait 300 s" in commands.fails(*ON_THE_DAY)
    assert commands.run(*ON_THE_DAY).out.splitlines() == [
        "2026-10-07, text: sent before, and not sent again.",
        "2026-10-07, chart: sent.",
    ]


def test_an_answer_that_got_lost_is_told_with_what_to_do(commands: BotCommands) -> None:
    commands.telegram.lose_answers(method="sendMessage")

    assert commands.fails(*ON_THE_DAY).endswith(
        "did not answer sendMessage: it hung up. The message may have arrived all the same, so it "
        "is not sent again by itself. Look into the chat: --again sends both.\n"
    )
    assert "so it may be in the chat: not sent again" in commands.run(*ON_THE_DAY).out
    assert len(commands.telegram.messages) == 2


def test_a_group_that_moved_is_told_by_its_new_number(commands: BotCommands) -> None:
    commands.telegram.fail(400, description="Bad Request: upgraded", migrate_to_chat_id=-1009)

    assert commands.fails(*ON_THE_DAY) == (
        f"tg-pipeline: The group {CHAT} became a supergroup with the number -1009: use that.\n"
    )


@pytest.mark.parametrize("trouble", [400, 401, 403, 404, 429, 500, "hang up", "no server"])
def test_no_trouble_brings_the_token_to_light(
    commands: BotCommands, trouble: int | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = commands.telegram.token
    if isinstance(trouble, int):
        commands.telegram.fail(trouble, description=f"bot{token} https://host/bot{token}/x")
    elif trouble == "hang up":
        commands.telegram.hang_up()
    else:
        monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda _: None)

    done = commands.run(*ON_THE_DAY)

    assert done.code == (0 if trouble == 429 else 1)
    assert HALF not in done.out + done.err
    claims = list(commands.folder.glob("lake/digests/**/*.json"))
    assert not any(HALF in path.read_text() for path in claims)
