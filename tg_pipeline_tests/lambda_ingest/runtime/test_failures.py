"""What goes wrong is told to AWS, and the next invocation finds the Lambda well."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tg_pipeline_tests.lambda_ingest.bot import Bot, always, reply
from tg_pipeline_tests.lambda_ingest.conftest import update
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event, queue_event, record
from tg_pipeline_tests.lambda_ingest.runtime.conftest import Runtime

Start = Callable[..., Runtime]


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"TELEGRAM_SECRET_TOKEN": ""}, "SettingsError", "TELEGRAM_SECRET_TOKEN is not set"),
        ({"TG_LANDING_URI": ""}, "SettingsError", "TG_LANDING_URI is not set"),
        ({"TG_LANDING_URI": "ftp://landing"}, "StoreError", "'ftp://landing' is no file://"),
        ({"TELEGRAM_BOT_TOKEN": "open-sesame"}, "SettingsError", "TELEGRAM_BOT_TOKEN is not of"),
    ],
)
def test_a_wrong_environment_is_reported_and_ends_the_container(
    start: Start, settings: dict[str, str], error: str, sentence: str
) -> None:
    runtime = start(**settings)

    said = runtime.api.heard()

    assert (said.about, said.error_type, said.body["errorType"]) == ("init/error", error, error)
    assert said.body["errorMessage"].startswith(sentence)
    assert runtime.ended() != 0
    assert SECRET not in runtime.log()
    assert "open-sesame" not in runtime.log() + str(said)


@pytest.mark.parametrize(
    "event", [None, 5, "x", [], {}, {"Records": [None]}, {"httpMethod": 5, "path": "/telegram"}]
)
def test_an_event_that_is_no_request_is_answered_400(runtime: Runtime, event: Any) -> None:
    assert runtime.api.invoke(event)["statusCode"] == 400
    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200


def test_bytes_that_are_no_event_are_the_runtime_s_error_and_no_harm(runtime: Runtime) -> None:
    said = runtime.api.invoke_raw(b"{")

    assert said.about.endswith("/error")
    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200


def test_a_stranger_is_answered_403(runtime: Runtime, landing_folder: Path) -> None:
    answer = runtime.api.invoke(http_event(update(5)) | {"headers": {}})

    assert answer == {"statusCode": 403, "headers": {}, "body": "", "isBase64Encoded": False}
    assert list(landing_folder.iterdir()) == []


def test_a_store_that_fails_is_answered_500_until_it_works_again(
    runtime: Runtime, landing_folder: Path
) -> None:
    # Given a container that works, and a landing folder that becomes a file
    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200
    away = landing_folder.rename(landing_folder.with_name("away"))
    landing_folder.write_text("a file stands here")

    # When updates and a batch come, and again after the folder is back
    failed = runtime.api.invoke(http_event(update(6)))
    batch = runtime.api.invoke(queue_event(record(update(7), "a"), record(update(8), "b")))
    landing_folder.unlink()
    away.rename(landing_folder)

    # Then they were refused, and now land
    assert failed["statusCode"] == 500
    assert batch == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}
    assert runtime.api.invoke(http_event(update(6)))["statusCode"] == 200
    assert [line["level"] for line in runtime.lines()] == ["INFO", "ERROR", "ERROR", "INFO"]


def test_a_folder_that_is_gone_is_made_again(runtime: Runtime, landing_folder: Path) -> None:
    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200
    landing_folder.rename(landing_folder.with_name("away"))

    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200
    assert len(list(landing_folder.rglob("7-5.json"))) == 1


def test_a_bot_behind_the_door_answers_through_it(start: Start) -> None:
    with Bot(always(reply(b'{"method": "sendMessage"}'))) as bot:
        runtime = start(FORWARD_URL=bot.url)
        answers = runtime.api.invoke_all(http_event(update(number)) for number in range(20))

    assert {answer["body"] for answer in answers} == {'{"method": "sendMessage"}'}
    assert [heard.body for heard in bot.heard] == [update(number) for number in range(20)]
    assert {heard.connection for heard in bot.heard} == {1}
    assert runtime.api.invoke(http_event(update(0)))["statusCode"] == 502
    assert "open-sesame" not in runtime.log()
