"""From a month of updates to the posts in the chat, by the commands as people run them."""

from datetime import date, timedelta

import duckdb
import pytest

from tg_pipeline.lake.landing_zone import iter_days
from tg_pipeline_tests.cli.bot_commands import BotCommands
from tg_pipeline_tests.cli.conftest import FIRST_DAY
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.report.test_report_command import build

CHAT = "-1001234567890"
MONDAY = FIRST_DAY + timedelta(days=14 - FIRST_DAY.weekday())
"""Of a week that lies in the month, and so does the week before."""


@pytest.fixture
def month(bot_commands: BotCommands) -> BotCommands:
    """Give a month, landed by the command, of which two weeks are built."""
    settings = {"TG_START_DATE": FIRST_DAY.isoformat(), "TG_ADMIN_CHAT_ID": CHAT}
    sample = ("sample", "--days", "30", "--per-day", "30", "--batch", "200")
    assert bot_commands.run(*sample, settings=settings).code == 0
    pipeline = Pipeline(bot_commands.folder)
    build(pipeline, *iter_days(MONDAY - timedelta(days=7), MONDAY + timedelta(days=6)))
    return bot_commands


def messages(month: BotCommands, first: date, days: int) -> int:
    """Count the messages of some days in the lake."""
    within = [(first + timedelta(days=number)).isoformat() for number in range(days)]
    files = f"{month.folder}/lake/daily_activity/*/*.parquet"
    query = "SELECT sum(messages) FROM read_parquet($1) WHERE CAST(context_date AS text) IN $2"
    found = duckdb.execute(query, [files, within]).fetchone()
    assert found
    return int(found[0])


def test_a_week_and_a_day_of_the_month_are_in_the_chat_once_each(month: BotCommands) -> None:
    week = ("digest", "--period", "week", "--date", MONDAY.isoformat(), "--lang", "pt")
    day = ("digest", "--period", "day", "--date", MONDAY.isoformat())

    done = [month.run(*command) for command in (week, day, week, day)]

    assert [(each.code, each.err) for each in done] == [(0, "")] * 4
    of_week, week_chart, of_day, day_chart = month.telegram.messages
    now, before = messages(month, MONDAY, 7), messages(month, MONDAY - timedelta(days=7), 7)
    year, number, _ = MONDAY.isocalendar()
    assert f"{year}-W{number:02d}, text: sent." in done[0].out
    assert of_week.text.startswith(f"Semana {number}: ")
    assert f"Mensagens: {now} " in of_week.text
    assert f"de {before})" in of_week.text.splitlines()[2]
    assert f"Messages: {messages(month, MONDAY, 1)} " in of_day.text
    assert [chart.method for chart in (week_chart, day_chart)] == ["sendPhoto"] * 2
    assert {each.chat_id for each in month.telegram.messages} == {int(CHAT)}
