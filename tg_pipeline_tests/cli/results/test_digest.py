"""`tg-pipeline digest` posts a day or a week once, and fails with one clear line."""

import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tg_pipeline.cli.results.digest import chosen_period
from tg_pipeline.landing.zone import iter_days
from tg_pipeline.settings import Settings
from tg_pipeline_tests.cli.conftest import FIRST_DAY
from tg_pipeline_tests.cli.ingestion.bot_commands import BotCommands
from tg_pipeline_tests.conftest import DAY, Pipeline
from tg_pipeline_tests.report.built_days import build, message

CHAT = "-1001234567890"
ON_THE_DAY = ("digest", "--date", DAY.isoformat())
QUESTION = "_como_ *emito* o certificado?"
SECRET_PART = "of-a-test-bot"  # noqa: S105 - a made-up token
"""The secret part of the token."""


@pytest.fixture(scope="module")
def a_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
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


def test_a_day_is_posted_once_as_a_text_and_a_chart_unless_again_is_set(
    commands: BotCommands,
) -> None:
    first, second = commands.run(*ON_THE_DAY), commands.run(*ON_THE_DAY)

    assert first.out.splitlines() == ["2026-10-07, text: sent.", "2026-10-07, chart: sent."]
    assert second.out.splitlines() == [
        "2026-10-07, text: sent before, and not sent again.",
        "2026-10-07, chart: sent before, and not sent again.",
    ]
    assert (first.code, second.code) == (0, 0)
    text, chart = commands.telegram.messages
    assert text.text.startswith("Wed, 7 Oct 2026\n\nMessages: 2\n")
    assert QUESTION in text.read.marked("code")
    assert (chart.chat_id, (chart.file or b"")[:4]) == (int(CHAT), b"\x89PNG")
    assert commands.run(*ON_THE_DAY, "--again").out == first.out


def test_the_settings_define_the_period_the_language_and_the_chat(commands: BotCommands) -> None:
    settings = {"TG_DIGEST": "day", "TG_DIGEST_LANG": "pt", "TG_ADMIN_CHAT_ID": "@admins"}

    commands.run(*ON_THE_DAY, settings=settings)

    text = commands.telegram.messages[0]
    assert (text.chat_id, text.text.partition("\n")[0]) == ("@admins", "qua., 7 de out. de 2026")


def test_a_dry_run_prints_the_text_and_needs_no_token(commands: BotCommands) -> None:
    done = commands.run(*ON_THE_DAY, "--dry-run", settings={"TELEGRAM_BOT_TOKEN": ""})

    assert done.code == 0
    assert done.out.startswith("Wed, 7 Oct 2026\n\nMessages: 2\nActive people: 2\n")
    assert f"\nAsked most often\n1. {QUESTION} – 2 times\n" in done.out
    assert commands.telegram.calls == []
    assert not (commands.folder / "lake" / "digests").exists()


def test_to_file_writes_the_chart_and_sends_nothing(commands: BotCommands) -> None:
    path = commands.folder / "chart.png"

    done = commands.run(*ON_THE_DAY, "--lang", "pt", "--to-file", str(path))

    assert done.out.startswith("qua., 7 de out. de 2026\n")
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert commands.telegram.calls == []


UNSET = {
    "TG_ADMIN_CHAT_ID": "TG_ADMIN_CHAT_ID is not set: set it to the number of the chat",
    "TELEGRAM_BOT_TOKEN": "TELEGRAM_BOT_TOKEN is not set: put the token",
}


@pytest.mark.parametrize("name", UNSET)
def test_a_missing_setting_is_named(commands: BotCommands, name: str) -> None:
    assert UNSET[name] in commands.fails(*ON_THE_DAY, settings={name: ""})


WRONG = {
    "--period month": "--period month is not supported: use day or week.",
    "--lang es": "--lang es is not supported: use en or pt.",
    "--date someday": "'someday' is not a valid date: write YYYY-MM-DD",
    "--date today": "is not over before the end of",
    "--period week --date today": "is not over before the end of",
}


@pytest.mark.parametrize("options", WRONG)
def test_an_invalid_option_is_one_clear_line(commands: BotCommands, options: str) -> None:
    assert WRONG[options] in commands.fails("digest", *options.split())
    assert commands.telegram.calls == []


@pytest.mark.parametrize(
    ("digest", "today", "name"),
    [
        ({}, date(2026, 10, 8), "2026-10-07"),
        ({"TG_DIGEST": "day"}, date(2026, 10, 8), "2026-10-07"),
        ({"TG_DIGEST": "week"}, date(2026, 10, 11), "2026-W40"),
        ({"TG_DIGEST": "week"}, date(2026, 10, 12), "2026-W41"),
    ],
)
def test_the_default_is_the_last_period_that_ended(
    digest: dict[str, str], today: date, name: str
) -> None:
    settings = Settings.from_environment(digest, Path("/nowhere"))

    assert chosen_period(settings, None, None, today).name == name


def test_a_day_that_is_not_built_is_named_with_the_command_that_builds_it(
    commands: BotCommands,
) -> None:
    error = commands.fails("digest")

    assert re.fullmatch(
        r"tg-pipeline: No digest of (?P<day>\d{4}-\d\d-\d\d): (?P=day) is not built: "
        r"tg-pipeline run --date (?P=day) builds it\.\n",
        error,
    )
    assert commands.telegram.calls == []


def test_after_a_long_rate_limit_the_next_run_sends_the_rest(commands: BotCommands) -> None:
    commands.telegram.flood(300, "sendPhoto")

    assert "Telegram asks to wait 300 s" in commands.fails(*ON_THE_DAY)
    assert commands.run(*ON_THE_DAY).out.splitlines() == [
        "2026-10-07, text: sent before, and not sent again.",
        "2026-10-07, chart: sent.",
    ]


def test_a_lost_response_is_explained_with_what_to_do(commands: BotCommands) -> None:
    commands.telegram.lose_answers(method="sendMessage")

    assert commands.fails(*ON_THE_DAY).endswith(
        "did not answer sendMessage: it hung up. The message may have arrived anyway, so it is not "
        "sent again automatically. Check the chat: --again sends both messages.\n"
    )
    assert "so it may be in the chat: not sent again" in commands.run(*ON_THE_DAY).out
    assert len(commands.telegram.messages) == 2


def test_a_group_that_became_a_supergroup_is_explained(commands: BotCommands) -> None:
    commands.telegram.fail(400, description="Bad Request: upgraded", migrate_to_chat_id=-1009)

    assert commands.fails(*ON_THE_DAY) == (
        f"tg-pipeline: The group {CHAT} became a supergroup with the number -1009: use that.\n"
    )


@pytest.mark.parametrize("trouble", [401, 429, 500, "hang up", "no server"])
def test_no_error_reveals_the_token(
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
    assert SECRET_PART not in done.out + done.err
    claims = list(commands.folder.glob("lake/digests/**/*.json"))
    assert not any(SECRET_PART in path.read_text() for path in claims)


MONDAY = FIRST_DAY + timedelta(days=14 - FIRST_DAY.weekday())
"""The Monday of a week in the sample month, as is the week before."""


def messages(folder: Path, first: date, days: int) -> int:
    within = [(first + timedelta(days=number)).isoformat() for number in range(days)]
    files = f"{folder}/lake/daily_activity/*/*.parquet"
    query = "SELECT sum(messages) FROM read_parquet($1) WHERE CAST(context_date AS text) IN $2"
    found = duckdb.execute(query, [files, within]).fetchone()
    assert found
    return int(found[0])


@pytest.mark.slow
def test_digests_of_a_sample_month_have_its_counts(bot_commands: BotCommands) -> None:
    # Given a month landed by `sample`, of which two weeks are built
    settings = {"TG_START_DATE": FIRST_DAY.isoformat(), "TG_ADMIN_CHAT_ID": CHAT}
    sample = ("sample", "--days", "30", "--per-day", "30", "--batch", "200")
    assert bot_commands.run(*sample, settings=settings).code == 0
    folder, week_before = bot_commands.folder, MONDAY - timedelta(days=7)
    build(Pipeline(folder), *iter_days(week_before, MONDAY + timedelta(days=6)))

    # When the digest of a week and that of a day are posted, twice each
    week = ("digest", "--period", "week", "--date", MONDAY.isoformat(), "--lang", "pt")
    day = ("digest", "--period", "day", "--date", MONDAY.isoformat())
    done = [bot_commands.run(*command) for command in (week, day, week, day)]

    # Then each is in the chat once, with the counts of the lake
    assert [(each.code, each.err) for each in done] == [(0, "")] * 4
    of_week, week_chart, of_day, day_chart = bot_commands.telegram.messages
    assert of_week.text.startswith(f"Semana {MONDAY.isocalendar().week}: ")
    assert f"Mensagens: {messages(folder, MONDAY, 7)} " in of_week.text
    assert f" ante {messages(folder, week_before, 7)})" in of_week.text.splitlines()[2]
    assert f"Messages: {messages(folder, MONDAY, 1)} " in of_day.text
    assert [chart.method for chart in (week_chart, day_chart)] == ["sendPhoto"] * 2
