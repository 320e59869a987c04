"""The door opens where its settings keep strangers out, and knows one event from another."""

import json
from collections.abc import Callable

import pytest

from lambda_ingest.settings import SettingsError
from lambda_ingest.store import StoreError
from tg_pipeline_tests.lambda_ingest.conftest import DAY_FOLDER, Container, update
from tg_pipeline_tests.lambda_ingest.events import http_event, queue_event, record

NewContainer = Callable[..., Container]


@pytest.mark.parametrize("settings", [{}, {"TG_WITHOUT_SECRET_TOKEN": "true"}])
def test_a_door_without_a_secret_does_not_open(
    new_container: NewContainer, settings: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match=r"^TELEGRAM_SECRET_TOKEN is not set, so anyone could"):
        new_container(**{"TELEGRAM_SECRET_TOKEN": ""} | settings)


def test_a_door_opens_without_a_secret_where_that_is_said(new_container: NewContainer) -> None:
    settings = {"TELEGRAM_SECRET_TOKEN": "", "TG_WITHOUT_SECRET_TOKEN": "yes"}
    container = new_container(**settings)

    assert container.status(update(5), headers={}) == 200
    assert container.status(update(6)) == 200
    assert len(container.stored()) == 2


def test_a_secret_that_is_set_is_asked_for_also_where_none_is_needed(
    new_container: NewContainer,
) -> None:
    container = new_container(TG_WITHOUT_SECRET_TOKEN="yes")  # noqa: S106 - a switch

    assert container.status(update(5), headers={}) == 403


@pytest.mark.parametrize("uri", ["ftp://landing", "file://relative", "s3://"])
def test_a_door_that_lands_nowhere_does_not_open(new_container: NewContainer, uri: str) -> None:
    with pytest.raises(StoreError):
        new_container(TG_LANDING_URI=uri)


def test_the_path_is_the_one_that_is_set(new_container: NewContainer) -> None:
    container = new_container(TG_WEBHOOK_PATH="/7/hook/")

    paths = ["/telegram", "/7/hook", "/7/hook/", "/7"]
    assert [container.handle(http_event(update(5), path=path))["statusCode"] for path in paths] == [
        404,
        200,
        200,
        404,
    ]


def test_a_batch_of_a_queue_is_told_from_a_request(container: Container) -> None:
    assert container.handle(queue_event(record(update(5)))) == {"batchItemFailures": []}

    (key,) = container.stored()
    assert key.startswith(f"{DAY_FOLDER}/7-")
    assert key.endswith(".ndjson.gz")


def test_a_request_that_speaks_of_records_is_a_request(container: Container) -> None:
    body = json.dumps({"update_id": 5, "Records": [{"eventSource": "aws:sqs"}]}).encode()

    assert container.status(body) == 200
    assert list(container.stored().values()) == [body]


@pytest.mark.parametrize("source", ["aws:s3", "aws:sns", "", None])
def test_records_of_another_source_are_no_batch(container: Container, source: str | None) -> None:
    event = queue_event(record(update(5)) | {"eventSource": source})

    assert container.handle(event)["statusCode"] == 400
    assert container.stored() == {}
