"""`tg-pipeline daily`: what is due, once; a failure is told once and is the exit code."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tg_pipeline.builds.marts import mart_builder
from tg_pipeline.cli.builds.daily import DailyTask
from tg_pipeline.lake.floors import read_floors
from tg_pipeline.lake.footers import Footers
from tg_pipeline.marts.catalog import DAILY_MARTS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.settings import Settings
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell
from tg_pipeline_tests.cli.ingestion.bot_commands import BotCommands
from tg_pipeline_tests.conftest import BOT, DAY, TIMEZONE, Pipeline

CHAT = "-1001234567890"
OUT_OF_REACH = "file:///dev/null/x"
LATER = datetime(2026, 10, 20, 12, tzinfo=UTC)
"""Thirteen days after DAY."""

DUE = date(2026, 10, 19)


def task(pipeline: Pipeline, now: datetime = LATER, more: Mapping[str, str] = {}) -> DailyTask:
    environment = {
        "TG_LANDING_URI": pipeline.landing_uri,
        "TG_LAKE_URI": pipeline.lake_uri,
        "TG_TIMEZONE": TIMEZONE,
        "TG_START_DATE": "2026-10-01",
        "TELEGRAM_BOT_ID": str(BOT),
    }
    settings = Settings.from_environment({**environment, **more}, Path("/nowhere"))
    return DailyTask(settings, now, is_recent=False)


def recent(given: DailyTask) -> DailyTask:
    return DailyTask(given.settings, given.now, is_recent=True)


def due_days(given: DailyTask, pipeline: Pipeline) -> list[date]:
    return given.due_days(Footers(pipeline.lake))


def test_a_day_is_due_at_the_hour_of_the_nightly_run(pipeline: Pipeline) -> None:
    third_hour = datetime(2026, 10, 9, 6, tzinfo=UTC)

    assert task(pipeline, third_hour - timedelta(seconds=1)).due == date(2026, 10, 7)
    assert task(pipeline, third_hour).due == date(2026, 10, 8)


def test_stale_days_are_due_but_not_today_and_the_last_day_even_if_nothing_landed(
    pipeline: Pipeline,
) -> None:
    for number, day in enumerate([DAY, DUE + timedelta(days=1)]):
        pipeline.land({"update_id": number}, day=day)

    assert due_days(task(pipeline), pipeline) == [DAY, DUE]
    # The task for late updates looks at the days on which they can be
    assert due_days(recent(task(pipeline)), pipeline) == [DUE]


def test_a_quiet_day_is_due_once(pipeline: Pipeline) -> None:
    pipeline.build(DUE)
    with mart_builder(pipeline.lake, MartParameters(TIMEZONE)) as builder:
        for mart in DAILY_MARTS:
            builder.build_days(mart, [DUE])

    assert due_days(task(pipeline), pipeline) == []


def test_a_day_that_is_not_kept_is_not_due(pipeline: Pipeline) -> None:
    pipeline.land({"update_id": 1})
    expiring = task(pipeline, more={"TG_KEEP_DAYS_LANDING": "3", "TG_KEEP_DAYS_RAW": "3"})

    assert expiring.expire()
    assert due_days(expiring, pipeline) == [DUE]
    assert not recent(expiring).expire()


def test_what_expires_depends_on_the_time_of_the_task_alone(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = {"TG_KEEP_DAYS_LANDING": "3", "TG_KEEP_DAYS_RAW": "3"}

    assert task(pipeline, LATER, keep).expire()

    kept_since = LATER.date() - timedelta(days=3)
    assert f"kept since {kept_since}" in capsys.readouterr().out
    assert read_floors(pipeline.landing).landing == kept_since


def test_a_digest_whose_days_are_not_built_waits_and_is_no_failure(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {
        "TG_ADMIN_CHAT_ID": CHAT,
        "TG_DIGEST": "week",
        "TELEGRAM_BOT_TOKEN": "7:a-token-that-is-long-enough-for-a-test",
        "TELEGRAM_API_URL": "http://127.0.0.1:9",
    }

    assert task(pipeline, more=settings).post_digest()
    assert capsys.readouterr().out.startswith("No digest of 2026-W42 yet. 2026-10-18 is not built")


def test_a_failure_is_told_once_a_day_and_fails_each_time(bot_commands: BotCommands) -> None:
    settings = {"TG_LANDING_URI": OUT_OF_REACH, "TG_ADMIN_CHAT_ID": CHAT}

    errors = [bot_commands.fails("daily", settings=settings) for _ in range(2)]

    assert errors[0] == errors[1]
    assert f"{OUT_OF_REACH} can't be opened" in errors[0]
    (alert,) = bot_commands.telegram.messages
    assert alert.chat_id == int(CHAT)
    assert alert.text.startswith("tg-pipeline daily of 20")
    assert f"{OUT_OF_REACH} can't be opened" in alert.text
    assert " · run " not in alert.text


def test_a_failure_is_told_even_if_the_lake_is_what_failed(bot_commands: BotCommands) -> None:
    settings = {"TG_LAKE_URI": OUT_OF_REACH, "TG_ADMIN_CHAT_ID": CHAT}

    bot_commands.fails("daily", settings=settings)

    assert len(bot_commands.telegram.messages) == 1


def test_a_failure_that_can_not_be_told_is_still_the_exit_code(bot_commands: BotCommands) -> None:
    bot_commands.telegram.fail(400, description="Bad Request: chat not found")

    done = bot_commands.run(
        "daily", settings={"TG_LANDING_URI": OUT_OF_REACH, "TG_ADMIN_CHAT_ID": CHAT}
    )

    assert (done.code, done.out) == (1, "")
    assert "chat not found" in done.err.splitlines()[0]
    assert f"{OUT_OF_REACH} can't be opened" in done.err.splitlines()[1]


@pytest.mark.slow
def test_results_are_in_the_language_of_the_operator(shell: Shell) -> None:
    portuguese = {"TG_LANG": "pt"}
    shell.run("sample", "--days", "1", "--per-day", "20")

    built = shell.run("run", settings=portuguese).stdout
    nothing_new = shell.run("run", settings=portuguese, here=True).stdout
    shell.run("daily", settings=portuguese)
    nothing_due = shell.run("daily", settings=portuguese, here=True).stdout

    span = f"de {FIRST_DAY} a {FIRST_DAY + timedelta(days=1)}"
    assert re.fullmatch(rf"Montados 2 dias, {span}, em \d+,\d s\.\n", built)
    assert nothing_new == "Nada de novo chegou; não há o que montar.\n"
    assert nothing_due == "Não há nada a fazer.\n"


@pytest.mark.slow
def test_a_report_that_a_killed_task_left_out_is_written_by_the_next(shell: Shell) -> None:
    # Given a lake and a report, of which the last thing that is written is missing
    assert shell.run("sample", "--days", "2", "--per-day", "20").returncode == 0
    assert "Built 3 days" in shell.run("daily").stdout
    assert shell.run("daily", here=True).stdout == "Nothing is due.\n"
    page, state = (shell.lake / "report" / name for name in ("report.pt.html", "built_from"))
    page.unlink()
    state.unlink()

    # Then the next task writes it, and nothing is left to do
    assert "Built the marts" in shell.run("daily").stdout
    assert page.exists()
    assert shell.run("daily", "--recent", here=True).stdout == "Nothing is due.\n"
