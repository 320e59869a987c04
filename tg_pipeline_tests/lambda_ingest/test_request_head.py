"""Whatever gateway wrapped a request: its method, its path and its headers."""

from typing import Any

import pytest

from lambda_ingest.http_events import HttpRequest, InvalidHttpEventError, read_request
from tg_pipeline_tests.lambda_ingest.events import HEADERS, http_event, rest_event

NAME = "x-telegram-bot-api-secret-token"


def headers_of(**members: Any) -> dict[str, str]:
    return dict(read_request(rest_event(b"{}") | members).headers)


@pytest.mark.parametrize("event", [http_event(b"{}"), rest_event(b"{}")], ids=["HTTP", "REST"])
def test_every_gateway_s_event_is_the_same_request(event: dict[str, Any]) -> None:
    head = read_request(event)

    lower = {name.lower(): value for name, value in HEADERS.items()}
    assert head == HttpRequest(method="POST", path="/telegram", headers=lower)


@pytest.mark.parametrize(
    ("path", "stage", "asked_for"),
    [
        ("/telegram", "$default", "/telegram"),
        ("/prod/telegram", "prod", "/telegram"),
        ("/telegram", "prod", "/telegram"),
        ("/prod", "prod", "/prod"),
        ("/production/telegram", "prod", "/production/telegram"),
        ("/prod/prod/telegram", "prod", "/prod/telegram"),
        ("/$default/telegram", "$default", "/$default/telegram"),
        ("/telegram/", "$default", "/telegram"),
        ("/prod/", "prod", "/"),
        ("/", "$default", "/"),
        ("", "$default", "/"),
    ],
)
def test_the_stage_of_an_http_api_is_no_part_of_the_path(
    path: str, stage: str, asked_for: str
) -> None:
    assert read_request(http_event(b"{}", path=path, stage=stage)).path == asked_for


def test_the_path_of_a_rest_api_never_holds_the_stage() -> None:
    assert (
        read_request(rest_event(b"{}", path="/prod/telegram", stage="prod")).path
        == "/prod/telegram"
    )


@pytest.mark.parametrize("context", [None, [], "x", {}, {"http": []}, {"http": {"method": 5}}])
def test_an_event_without_a_method_is_no_request(context: Any) -> None:
    with pytest.raises(InvalidHttpEventError, match=r"The event has no method and path\."):
        read_request(http_event(b"{}") | {"requestContext": context})


@pytest.mark.parametrize("path", [None, 5, ["/telegram"], {}])
@pytest.mark.parametrize(("event", "member"), [(http_event, "rawPath"), (rest_event, "path")])
def test_an_event_without_a_path_is_no_request(event: Any, member: str, path: Any) -> None:
    with pytest.raises(InvalidHttpEventError, match="no method and path"):
        read_request(event(b"{}") | {member: path})


@pytest.mark.parametrize("event", [None, 5, 1.5, True, "POST /telegram", [], [{}]], ids=repr)
def test_an_event_that_is_no_object_is_no_request(event: Any) -> None:
    with pytest.raises(InvalidHttpEventError, match=r"The event is no JSON object\."):
        read_request(event)


def test_a_path_without_a_stage_to_take_off_is_whole() -> None:
    event = http_event(b"{}", path="/prod/telegram")
    del event["requestContext"]["stage"]

    assert read_request(event).path == "/prod/telegram"


def test_methods_are_told_apart_whatever_their_case() -> None:
    assert read_request(http_event(b"{}", method="post")).method == "POST"


@pytest.mark.parametrize("name", ["X-Telegram-Bot-Api-Secret-Token", NAME, NAME.upper()])
def test_a_header_is_found_whatever_its_case(name: str) -> None:
    assert headers_of(headers={name: "a"}, multiValueHeaders=None) == {NAME: "a"}


@pytest.mark.parametrize("single", [None, {}, {"Accept": "*/*"}])
def test_headers_that_come_in_lists_only_are_read_too(single: Any) -> None:
    found = headers_of(headers=single, multiValueHeaders={NAME: ["a"]})

    assert found[NAME] == "a"


def test_of_a_header_sent_twice_the_last_counts() -> None:
    assert headers_of(headers=None, multiValueHeaders={NAME: ["a", "b"]}) == {NAME: "b"}


@pytest.mark.parametrize("value", [None, 5, [], ["a"], {}])
def test_a_header_that_is_no_text_is_none(value: Any) -> None:
    assert headers_of(headers={NAME: value}, multiValueHeaders=None) == {}


@pytest.mark.parametrize("values", [None, 5, "a", [], [None], [["a"]], {"a": "b"}])
def test_a_header_in_no_list_of_texts_is_none(values: Any) -> None:
    assert headers_of(headers=None, multiValueHeaders={NAME: values}) == {}


@pytest.mark.parametrize("headers", [None, 5, [], "a", [[NAME, "a"]]])
def test_headers_that_are_no_object_are_none(headers: Any) -> None:
    assert headers_of(headers=headers, multiValueHeaders=headers) == {}
