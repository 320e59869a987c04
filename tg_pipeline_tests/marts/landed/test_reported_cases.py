"""Cases in which pipelines and bots were publicly reported to be wrong have the right values.

The updates are in `reported_cases/`. The links are the reports that they are modelled on.
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from tg_pipeline.builds.mart_sources import days_with_stale_marts
from tg_pipeline.builds.parameters import LayerParameters
from tg_pipeline.builds.report import ReportSource, load_report_data
from tg_pipeline.builds.selection import Selection
from tg_pipeline.cli.main import app
from tg_pipeline.lake.floors import ALL_DAYS
from tg_pipeline.marts.mart import MartParameters
from tg_pipeline.report.models import Period
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.marts.landed.landed_files import (
    PARAMETERS,
    Queries,
    build_all,
    land_file,
    queries,
)

FOLDER: Final = Path(__file__).parent / "reported_cases"
BOT, OTHER_BOT = 7_000_000_001, 7_000_000_002
REPORTS: Final = "https://github.com/"


class Case(NamedTuple):
    """A query, its only row, and the reports: paths below github.com."""

    sql: str
    right: tuple[Any, ...]
    reports: str


MEMBERS: Final = (
    "SELECT CAST(coalesce(sum(joins), 0) AS BIGINT), CAST(coalesce(sum(leaves), 0) AS BIGINT) "
    "FROM members WHERE chat_id = "
)
REPLY_AND_ANSWERER: Final = (
    "SELECT topic_id, reply_to_message_id, "
    "(SELECT answerer_id FROM threads WHERE threads.chat_id = messages.chat_id) "
    "FROM messages WHERE chat_id = "
)

CASES: Final = {
    # The text of pasted rich text is in its blocks only.
    "rich-message-question": Case(
        "SELECT text, (SELECT count(*) FROM questions WHERE chat_id = -1003700000001) "
        "FROM enriched_updates WHERE chat_id = -1003700000001 AND message_id = 10",
        ("Como instalo o Python no Windows?", 1),
        "nanocoai/nanoclaw/issues/3151 NousResearch/hermes-agent/issues/63485",
    ),
    # message_thread_id is on every reply; the thread's first message is the bot's own.
    "thread-under-the-bots-message": Case(
        REPLY_AND_ANSWERER + "-1003700000003 AND message_id = 12",
        (None, 11, 102),
        "tdlib/telegram-bot-api/issues/447 qf-studio/pilot/issues/4887",
    ),
    "general-topic-reply-to-the-bot": Case(
        REPLY_AND_ANSWERER + "-1003700000004 AND message_id = 123",
        (None, 122, 102),
        "tdlib/telegram-bot-api/issues/447 openclaw/openclaw/pull/874",
    ),
    # Entities are sorted by offset, then by length: bold comes before the command in it.
    "command-in-bold-text": Case(
        "SELECT command, command_args FROM enriched_updates WHERE chat_id = -1003700000006",
        ("ask", "como instalo o pandas?"),
        "bytesnake/telebot/issues/42 python-telegram-bot/python-telegram-bot/pull/375",
    ),
    "command-to-another-bot": Case(
        "SELECT count(*) FROM commands WHERE chat_id = -1003700000008",
        (0,),
        "php-telegram-bot/core/issues/3 windkh/node-red-contrib-telegrambot/issues/50",
    ),
    # A field that is null is absent.
    "nulls-written-out": Case(
        "SELECT content_type FROM enriched_updates WHERE chat_id = -1003700000009",
        ("location",),
        "atipugin/telegram-bot-ruby/issues/167",
    ),
    # The status `restricted` says nothing about membership: `is_member` does.
    "leaves-while-restricted": Case(
        MEMBERS + "-1003700000011",
        (0, 1),
        "tucnak/telebot/pull/615 aiogram/aiogram/issues/1812",
    ),
    "absent-user-muted": Case(MEMBERS + "-1003700000012", (0, 0), "tucnak/telebot/pull/615"),
    # Without an administrator's rights, the bot sees announcements only.
    "adder-of-the-bot-adds-others-too": Case(
        MEMBERS + "-4518810800",
        (3, 0),
        "wachter-org/wachter-bot/pull/10 yagop/node-telegram-bot-api/issues/1161",
    ),
    # All direct messages with a channel are one chat, with a topic for each person.
    "channel-direct-messages": Case(
        "SELECT answerer_id FROM threads WHERE chat_id = -1003700000015",
        (None,),
        "eternnoir/pyTelegramBotAPI/pull/2511 kurigram-org/kurigram/pull/213",
    ),
    "automatic-forward-is-no-answer": Case(
        "SELECT answerer_id, answered_by FROM threads WHERE chat_id = -1003700000016",
        (None, None),
        "thedevs-network/the-guard-bot/pull/157 reo7sp/tgbot-cpp/pull/190",
    ),
    # The comments on a post are a conversation: Caio is in it, Bia is not.
    "question-in-the-comments": Case(
        "SELECT answerer_id FROM threads WHERE chat_id = -1003700000017",
        (103,),
        "php-telegram-bot/core/issues/1171",
    ),
    "business-two-accounts-same-message-id": Case(
        "SELECT count(*) FROM messages WHERE chat_id = 201 AND kind = 'business_message'",
        (2,),
        "chatwoot/chatwoot/pull/15374",
    ),
    "live-location-is-no-correction": Case(
        "SELECT CAST(sum(edits) AS BIGINT) FROM daily_activity WHERE chat_id = -1003700000019",
        (0,),
        "iobroker-community-adapters/ioBroker.telegram/pull/1372 telegraf/telegraf/issues/281",
    ),
    # A first reaction and a link preview are sent as edits too.
    "edit-that-changes-nothing": Case(
        "SELECT CAST(sum(edits) AS BIGINT) FROM messages WHERE chat_id = -1003700000020",
        (0,),
        "tdlib/telegram-bot-api/issues/388 tdlib/telegram-bot-api/issues/773",
    ),
    # The time of a boost and the user are nested one level deeper than elsewhere.
    "chat-boost": Case(
        "SELECT user_id, CAST(epoch(event_at) AS BIGINT), context_date "
        "FROM enriched_updates WHERE chat_id = -1003700000021",
        (14, 1795179600, date(2026, 11, 20)),
        "NousResearch/hermes-agent/issues/78758 php-telegram-bot/core/issues/1439",
    ),
    "giveaway-is-no-service-message": Case(
        "SELECT is_service FROM messages WHERE chat_id = -1003700000023",
        (False,),
        "defstudio/telegraph/issues/746 pengrad/java-telegram-bot-api/pull/356",
    ),
    # user_shared is the name before version 7.0, sent besides users_shared.
    "users-shared-two-names": Case(
        "SELECT content_type FROM enriched_updates WHERE chat_id = 401",
        ("users_shared",),
        "tdlib/telegram-bot-api",
    ),
    "reply-from-another-topic": Case(
        "SELECT answer_message_id, answered_through FROM threads WHERE chat_id = -1003700000026",
        (131, "reply"),
        "NousResearch/hermes-agent/pull/93722 NicoNex/echotron/issues/44",
    ),
    # Joining and being added is not writing.
    "service-messages-are-not-written": Case(
        "SELECT (SELECT CAST(coalesce(sum(messages), 0) AS BIGINT) FROM daily_activity "
        "WHERE chat_id = -4518810793), (SELECT count(*) FROM user_activity "
        "WHERE chat_id = -4518810793 AND actions > 0)",
        (0, 0),
        "PaulSonOfLars/tgbot/issues/32 teloxide/teloxide/issues/475",
    ),
    # Accounts that many share are not users.
    "summary-names-shared-accounts": Case(
        "SELECT count(*) FROM user_activity WHERE chat_id = -1003000000010 "
        "AND user_id IN (777000, 1087968824, 136817688)",
        (0,),
        "InsanusMokrassar/ktgbotapi/issues/183",
    ),
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queries]:
    pipeline = Pipeline(tmp_path_factory.mktemp("reported_cases"))
    for name in CASES:
        land_file(pipeline, FOLDER / f"{name}.ndjson", BOT)
    build_all(pipeline)
    with queries(pipeline.lake) as session:
        yield session


@pytest.mark.parametrize("name", CASES)
def test_a_reported_case_has_the_right_value(lake: Queries, name: str) -> None:
    case = CASES[name]

    assert lake.rows(case.sql) == [case.right], [REPORTS + path for path in case.reports.split()]


@pytest.mark.slow
def test_people_in_a_group_with_two_bots_count_once(pipeline: Pipeline) -> None:
    """https://github.com/php-telegram-bot/core/issues/3 ."""
    for bot in (BOT, OTHER_BOT):
        land_file(pipeline, FOLDER / f"two-bots-in-one-group.{bot}.ndjson", bot)
    build_all(pipeline)

    day = date(2026, 11, 20)
    source = ReportSource(
        pipeline.landing, pipeline.lake, PARAMETERS, LayerParameters(PARAMETERS.timezone)
    )
    for selection in (None, Selection(bot_id=BOT), Selection(bot_id=OTHER_BOT)):
        data = load_report_data(source, Period(day, day), selection)
        assert data
        assert (data.current.users, data.current.messages) == (3, 3)
        assert [(row.users, row.messages) for row in data.activity] == [(3, 3)]


@pytest.mark.slow
def test_days_built_in_another_time_zone_are_stale_until_they_are_built_in_the_new_one(
    pipeline: Pipeline,
) -> None:
    """https://github.com/dagster-io/dagster/issues/30058 ."""
    new_york, in_tokyo = ZoneInfo("America/New_York"), MartParameters("Asia/Tokyo")
    land_file(pipeline, FOLDER / "zone-changed-later.ndjson", BOT, zone=new_york)
    build_all(pipeline, MartParameters(new_york.key))
    days = pipeline.lake.days("enriched_updates")

    states = pipeline.states(*days, parameters=LayerParameters(in_tokyo.timezone))
    assert not any(state.is_current for state in states)
    assert days_with_stale_marts(pipeline.lake, days, in_tokyo, ALL_DAYS) == sorted(days)

    build_all(pipeline, in_tokyo)
    with queries(pipeline.lake) as lake:
        rows = lake.rows(
            "SELECT weekday, hour, CAST(sum(messages) AS BIGINT) FROM hourly_activity "
            "GROUP BY ALL ORDER BY ALL"
        )
    assert rows == [(1, 13, 1), (1, 14, 1), *((7, hour, 1) for hour in (12, 13, 14, 15))]


def test_a_saved_response_of_get_updates_lands(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """https://github.com/nickoala/telepot/issues/46 and 353 ."""
    monkeypatch.setenv("TG_LANDING_URI", pipeline.landing_uri)
    monkeypatch.setenv("TELEGRAM_BOT_ID", str(BOT))
    monkeypatch.setattr(sys, "argv", ["tg-pipeline", "land", str(FOLDER / "getupdates-dump.json")])

    with pytest.raises(SystemExit) as ended:
        app()

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("2 landed")
