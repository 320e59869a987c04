"""`lambda_handler`: one dispatcher a process, which tells HTTP events from SQS batches."""

import copy
import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lambda_ingest.settings import SettingsError
from lambda_ingest.store import open_store
from tg_pipeline_tests.lambda_ingest.conftest import Container, stored, update
from tg_pipeline_tests.lambda_ingest.events import (
    SECRET,
    TELEGRAM_ADDRESS,
    http_event,
    queue_event,
    record,
    rest_event,
)

NewContainer = Callable[..., Container]

NAME = "lambda_ingest.handler"


@dataclass(frozen=True)
class Context:
    milliseconds: int = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.setenv("TG_LANDING_URI", tmp_path.as_uri())
    monkeypatch.setenv("TELEGRAM_SECRET_TOKEN", SECRET)
    monkeypatch.setenv("TELEGRAM_BOT_ID", "7")
    return monkeypatch


def new_process(environment: pytest.MonkeyPatch) -> ModuleType:
    environment.delitem(sys.modules, NAME, raising=False)
    return importlib.import_module(NAME)


@pytest.mark.parametrize("context", [Context(), Context(0), None])
def test_the_environment_configures_the_handler(
    environment: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    context: Context | None,
) -> None:
    handler = new_process(environment)

    response = handler.lambda_handler(http_event(update(5, "poll")), context)

    assert handler.dispatcher() is handler.dispatcher()
    assert response["statusCode"] == 200
    assert list(stored(open_store(tmp_path.as_uri())).values()) == [update(5, "poll")]
    (line,) = capsys.readouterr().out.splitlines()
    assert (json.loads(line)["landed"], json.loads(line)["bot_id"]) == (1, "7")


def test_elsewhere_a_wrong_setting_fails_at_the_first_event(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("TELEGRAM_SECRET_TOKEN")
    environment.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    handler = new_process(environment)

    with pytest.raises(SettingsError, match="TELEGRAM_SECRET_TOKEN is not set"):
        handler.lambda_handler(http_event(update(5)), None)


@pytest.mark.parametrize("make_event", [http_event, rest_event])
def test_on_request_only_telegram_s_addresses_are_served(
    new_container: NewContainer, make_event: Callable[..., dict[str, Any]]
) -> None:
    container = new_container(TG_TELEGRAM_ONLY="yes")
    stranger = copy.deepcopy(make_event(update(6)))
    context = stranger["requestContext"]
    (context.get("http") or context["identity"])["sourceIp"] = "198.51.100.7"
    # The headers are the caller's own.
    stranger["headers"] |= {"x-forwarded-for": TELEGRAM_ADDRESS}
    nowhere = make_event(update(7)) | {"requestContext": {}}

    statuses = [
        container.handle(each)["statusCode"] for each in (make_event(update(5)), stranger, nowhere)
    ]

    assert statuses == [200, 403, 403]
    assert list(container.stored().values()) == [update(5)]
    assert [line["refused"] for line in container.lines()] == [0, 1]


def test_a_request_that_contains_records_is_a_request(container: Container) -> None:
    body = json.dumps({"update_id": 5, "Records": [{"eventSource": "aws:sqs"}]}).encode()

    assert container.status(body) == 200
    assert list(container.stored().values()) == [body]


@pytest.mark.parametrize(
    "event",
    [
        *(None, [], {}, "x", 5, {"Records": []}, {"Records": [{}]}),
        *(queue_event(record(update(5)) | {"eventSource": source}) for source in ("aws:s3", None)),
    ],
)
def test_any_other_event_is_400(container: Container, event: Any) -> None:
    response = container.handle(event)

    assert (response["statusCode"], response["body"]) == (400, "")
    assert container.stored() == {}
    (line,) = container.lines()
    assert line["refused"] == 1
    assert line["why"].startswith("The event ")
