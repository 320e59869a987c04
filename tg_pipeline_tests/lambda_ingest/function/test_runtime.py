"""The genuine runtime client of AWS runs the Lambda, invocation after invocation."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lambda_ingest.store import open_store
from tg_pipeline_tests.lambda_ingest.conftest import stored, update
from tg_pipeline_tests.lambda_ingest.events import (
    SECRET,
    http_event,
    rest_event,
)
from tg_pipeline_tests.lambda_ingest.function.runtime import Runtime

Start = Callable[..., Runtime]

EMPTY_200 = {"statusCode": 200, "headers": {}, "body": "", "isBase64Encoded": False}
MEBIBYTE = 1024 * 1024


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    defaults = {
        "TG_LANDING_URI": (tmp_path / "landing").as_uri(),
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


def test_hundreds_of_updates_and_retries_land_once_each(
    start: Start, folder_in_memory: Path
) -> None:
    # Given updates in random order, every ninth of them twice, through either gateway
    order = random.Random(5)  # noqa: S311 - any order will do
    largest = poll(450, "x" * (MEBIBYTE - len(poll(450, ""))))
    texts = [poll(451, "olá 😀 \u2028 \x00 日本語 עברית"), b'{"update_id": 452, "poll": "\\ud83d"}']
    bodies = [*map(poll, range(447)), largest, *texts]
    sent = bodies + bodies[::9]
    order.shuffle(sent)

    # When one container is invoked with each
    runtime = start(TG_LANDING_URI=folder_in_memory.as_uri())
    responses = runtime.api.invoke_all(
        order.choice([http_event, rest_event])(body) for body in sent
    )

    # Then each landed once, and the log has a line for each invocation
    assert responses == [EMPTY_200] * 500
    assert sorted(bodies_in(folder_in_memory)) == sorted(bodies)
    counts = [(line["landed"], line["duplicate"]) for line in runtime.lines()]
    assert (counts.count((1, 0)), counts.count((0, 1))) == (450, 50)


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"TELEGRAM_SECRET_TOKEN": ""}, "SettingsError", "TELEGRAM_SECRET_TOKEN is not set"),
        ({"TG_LANDING_URI": "ftp://landing"}, "SettingsError", "TG_LANDING_URI is not a file://"),
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


def test_after_events_that_are_not_requests_the_container_goes_on(runtime: Runtime) -> None:
    assert runtime.api.invoke([])["statusCode"] == 400
    assert runtime.api.invoke_raw(b"{").about.endswith("/error")
    assert runtime.api.invoke(http_event(update(5)))["statusCode"] == 200
