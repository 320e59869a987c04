"""The genuine runtime client of AWS runs the Lambda, invocation after invocation."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lambda_ingest.store import open_store
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, always, reply
from tg_pipeline_tests.lambda_ingest.conftest import stored, update
from tg_pipeline_tests.lambda_ingest.events import (
    SECRET,
    http_event,
    in_base64,
    queue_event,
    record,
    rest_event,
)
from tg_pipeline_tests.lambda_ingest.runtime import Runtime

Start = Callable[..., Runtime]

EMPTY_200 = {"statusCode": 200, "headers": {}, "body": "", "isBase64Encoded": False}
MEBIBYTE = 1024 * 1024


@pytest.fixture
def landing_folder(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def start(tmp_path: Path, landing_folder: Path) -> Iterator[Start]:
    """Start containers, which end with the test."""
    defaults = {
        "TG_LANDING_URI": landing_folder.as_uri(),
        "TELEGRAM_BOT_ID": "7",
        "TELEGRAM_SECRET_TOKEN": SECRET,
    }
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(Runtime(defaults | settings, tmp_path / "log"))


@pytest.fixture
def runtime(start: Start) -> Runtime:
    return start()


def poll(update_id: int, text: str = "olá") -> bytes:
    update = {"update_id": update_id, "poll": {"id": "1", "question": text}}
    return json.dumps(update, ensure_ascii=False).encode()


def bodies_in(folder: Path) -> list[bytes]:
    return list(stored(open_store(folder.as_uri())).values())


def test_thousands_of_updates_and_retries_land_once_each(
    start: Start, folder_in_memory: Path
) -> None:
    # Given updates in random order, every ninth of them twice, through either gateway
    order = random.Random(5)  # noqa: S311 - any order will do
    bodies = [poll(number) for number in range(1_800)]
    sent = bodies + bodies[::9]
    order.shuffle(sent)

    # When one container is invoked with each
    runtime = start(TG_LANDING_URI=folder_in_memory.as_uri())
    responses = runtime.api.invoke_all(
        order.choice([http_event, rest_event])(body) for body in sent
    )

    # Then each landed once, and the log has a line for each invocation
    assert responses == [EMPTY_200] * 2_000
    assert sorted(bodies_in(folder_in_memory)) == sorted(bodies)
    counts = [(line["landed"], line["duplicate"]) for line in runtime.lines()]
    assert (counts.count((1, 0)), counts.count((0, 1))) == (1_800, 200)


def test_a_body_of_any_script_and_size_lands_byte_for_byte(
    runtime: Runtime, landing_folder: Path
) -> None:
    bodies = [
        poll(1, "olá 😀 \u2028 \x00 日本語 עברית"),
        b'{"update_id": 2, "poll": {"question": "\\ud83d"}}',
        poll(3, "x" * (MEBIBYTE - len(poll(3, "")))),
        poll(4, "😀" * 200_000),
    ]

    too_large = runtime.api.invoke(in_base64(http_event(b"x" * (MEBIBYTE + 1))))
    responses = runtime.api.invoke_all(
        [in_base64(http_event(body)) for body in bodies[:2]]
        + [http_event(body) for body in bodies[2:]]
    )

    assert too_large["statusCode"] == 413
    assert responses == [EMPTY_200] * 4
    assert sorted(bodies_in(landing_folder)) == sorted(bodies)


def test_a_batch_of_a_queue_lands_once(runtime: Runtime, landing_folder: Path) -> None:
    batch = queue_event(*(record(poll(number), f"m{number}") for number in range(50)))

    assert runtime.api.invoke_all([batch, batch]) == [{"batchItemFailures": []}] * 2

    assert len(bodies_in(landing_folder)) == 1
    assert [(line["landed"], line["duplicate"]) for line in runtime.lines()] == [(50, 0), (0, 50)]


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"TELEGRAM_SECRET_TOKEN": ""}, "SettingsError", "TELEGRAM_SECRET_TOKEN is not set"),
        ({"TG_LANDING_URI": "ftp://landing"}, "StoreError", "'ftp://landing' is not a file://"),
        ({"TELEGRAM_BOT_TOKEN": "open-sesame"}, "SettingsError", "TELEGRAM_BOT_TOKEN is not of"),
    ],
)
def test_a_wrong_setting_is_reported_in_the_init_phase_and_ends_the_container(
    start: Start, settings: dict[str, str], error: str, sentence: str
) -> None:
    runtime = start(**settings)

    message = runtime.api.next_message()

    found = (message.about, message.error_type, message.body["errorType"])
    assert found == ("init/error", error, error)
    assert message.body["errorMessage"].startswith(sentence)
    assert runtime.exit_code() != 0
    assert SECRET not in runtime.log()
    assert "open-sesame" not in runtime.log() + str(message)


@pytest.mark.parametrize("event", [None, [], {"httpMethod": 5, "path": "/telegram"}])
def test_an_event_that_is_not_a_request_gets_400_and_the_container_goes_on(
    runtime: Runtime, event: Any
) -> None:
    assert runtime.api.invoke(event)["statusCode"] == 400
    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200


def test_an_event_that_is_not_json_is_an_error_and_the_container_goes_on(runtime: Runtime) -> None:
    assert runtime.api.invoke_raw(b"{").about.endswith("/error")
    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200


def test_a_call_without_the_secret_gets_an_empty_403(
    runtime: Runtime, landing_folder: Path
) -> None:
    response = runtime.api.invoke(http_event(update(5)) | {"headers": {}})

    assert response == EMPTY_200 | {"statusCode": 403}
    assert list(landing_folder.iterdir()) == []


def test_a_failing_store_means_500_and_redelivery_until_it_works_again(
    runtime: Runtime, landing_folder: Path
) -> None:
    # Given a running container, and a landing folder that becomes a file
    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200
    away = landing_folder.rename(landing_folder.with_name("away"))
    landing_folder.write_text("not a folder")

    # When an update and a batch arrive, and the update again after the folder is back
    failed = runtime.api.invoke(http_event(update(6)))
    batch = runtime.api.invoke(queue_event(record(update(7), "a"), record(update(8), "b")))
    landing_folder.unlink()
    away.rename(landing_folder)

    # Then they failed first, and the update lands now
    assert failed["statusCode"] == 500
    assert batch == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}
    assert runtime.api.invoke(http_event(update(6)))["statusCode"] == 200
    assert [line["level"] for line in runtime.lines()] == ["INFO", "ERROR", "ERROR", "INFO"]


def test_a_landing_folder_that_disappears_is_created_again(
    runtime: Runtime, landing_folder: Path
) -> None:
    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200
    landing_folder.rename(landing_folder.with_name("away"))

    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200
    assert len(list(landing_folder.rglob("7-5.json"))) == 1


def test_updates_are_forwarded_over_one_connection(start: Start) -> None:
    with Bot(always(reply(b'{"method": "sendMessage"}'))) as bot:
        runtime = start(FORWARD_URL=bot.url)
        responses = runtime.api.invoke_all(http_event(update(number)) for number in range(20))

    assert {response["body"] for response in responses} == {'{"method": "sendMessage"}'}
    assert [heard.body for heard in bot.heard] == [update(number) for number in range(20)]
    assert {heard.connection for heard in bot.heard} == {1}
    assert runtime.api.invoke(http_event(update(0)))["statusCode"] == 502
    assert "open-sesame" not in runtime.log()
