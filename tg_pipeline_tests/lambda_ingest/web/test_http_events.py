"""Gateway events are read as requests, and responses written as gateways expect them."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambda_ingest.web.http_events import (
    HttpRequest,
    HttpResponse,
    InvalidHttpEventError,
    read_body,
    read_request,
)
from tg_pipeline_tests.lambda_ingest.events import HEADERS, http_event, rest_event

NAME = "x-telegram-bot-api-secret-token"


def headers_of(**fields: Any) -> dict[str, str]:
    return dict(read_request(rest_event(b"{}") | fields).headers)


class TestRequest:
    @pytest.mark.parametrize(
        "event", [http_event(b"{}", method="post"), rest_event(b"{}")], ids=["HTTP", "REST"]
    )
    def test_every_gateway_s_event_is_the_same_request(self, event: dict[str, Any]) -> None:
        lower = {name.lower(): value for name, value in HEADERS.items()}

        assert read_request(event) == HttpRequest("POST", path="/telegram", headers=lower)

    @pytest.mark.parametrize(
        ("raw", "stage", "path"),
        [
            ("/prod/telegram", "prod", "/telegram"),
            ("/telegram", "prod", "/telegram"),
            ("/prod", "prod", "/prod"),
            ("/production/telegram", "prod", "/production/telegram"),
            ("/prod/prod/telegram", "prod", "/prod/telegram"),
            ("/telegram/", "$default", "/telegram"),
            ("", "$default", "/"),
            ("/prod/telegram", None, "/prod/telegram"),
        ],
    )
    def test_the_stage_is_removed_from_the_path_only_of_an_http_api(
        self, raw: str, stage: Any, path: str
    ) -> None:
        assert read_request(http_event(b"{}", path=raw, stage=stage)).path == path
        of_rest_api = read_request(rest_event(b"{}", path=raw, stage=stage))
        assert of_rest_api.path == (raw.rstrip("/") or "/")

    @pytest.mark.parametrize("context", [None, [], "x", {}, {"http": []}, {"http": {"method": 5}}])
    def test_an_event_without_a_method_is_invalid(self, context: Any) -> None:
        with pytest.raises(InvalidHttpEventError, match=r"The event has no method and path\."):
            read_request(http_event(b"{}") | {"requestContext": context})

    @pytest.mark.parametrize("path", [None, 5, ["/telegram"], {}])
    @pytest.mark.parametrize(("event", "field"), [(http_event, "rawPath"), (rest_event, "path")])
    def test_an_event_without_a_path_is_invalid(self, event: Any, field: str, path: Any) -> None:
        with pytest.raises(InvalidHttpEventError, match="no method and path"):
            read_request(event(b"{}") | {field: path})

    @pytest.mark.parametrize("single", [None, {"Accept": "*/*"}])
    def test_headers_are_also_read_from_lists_in_which_the_last_one_wins(self, single: Any) -> None:
        assert headers_of(headers=single, multiValueHeaders={NAME: ["a", "b"]})[NAME] == "b"

    @pytest.mark.parametrize(
        ("headers", "lists"),
        [
            *[({NAME: value}, None) for value in (None, 5, ["a"])],
            *[(None, {NAME: value}) for value in (None, [], "a", [None], {"a": "b"})],
            *[(None, None), (5, 5), ([[NAME, "a"]], [[NAME, "a"]])],
        ],
        ids=repr,
    )
    def test_invalid_headers_are_ignored(self, headers: Any, lists: Any) -> None:
        assert headers_of(headers=headers, multiValueHeaders=lists) == {}


GATEWAYS = st.sampled_from([http_event, rest_event])


class TestBody:
    @given(GATEWAYS, st.binary())
    @example(http_event, b'{"update_id": 5}')
    @example(rest_event, b"\xff")
    @example(rest_event, "😀\x00\u2028".encode())
    def test_it_is_read_byte_for_byte(self, event: Any, body: bytes) -> None:
        assert read_body(event(body)) == body

    @pytest.mark.parametrize("event", [http_event, rest_event])
    def test_a_missing_body_is_empty(self, event: Any) -> None:
        null = event(None)
        missing = {name: value for name, value in null.items() if name != "body"}

        assert read_body(null) == read_body(missing) == b""

    @pytest.mark.parametrize("flag", [False, None, 0])
    @pytest.mark.parametrize("text", ["e30=", "\ud83d"], ids=["base64", "a lone surrogate"])
    def test_without_the_flag_any_text_is_read_as_it_is(self, text: str, flag: Any) -> None:
        body = read_body(http_event(b"") | {"body": text, "isBase64Encoded": flag})

        assert body.decode("utf-8", "surrogatepass") == text

    @pytest.mark.parametrize("body", [5, True, ["{}"]], ids=repr)
    def test_a_body_that_is_not_a_string_is_invalid(self, body: Any) -> None:
        with pytest.raises(InvalidHttpEventError, match=r"The event's body is not a string\."):
            read_body(http_event(b"") | {"body": body})

    @pytest.mark.parametrize("body", ["{}", "YQ", "YQ==\n", "Y Q==", "é", "\ud83d", "YQ==YQ=="])
    def test_invalid_base64_is_invalid(self, body: str) -> None:
        with pytest.raises(InvalidHttpEventError, match=r"not valid base64\."):
            read_body(http_event(b"") | {"body": body, "isBase64Encoded": True})


class TestResponse:
    @given(st.binary() | st.text().map(str.encode))
    def test_any_body_passes_through_a_gateway_byte_for_byte(self, body: bytes) -> None:
        event = json.loads(json.dumps(HttpResponse(200, body).as_event()))

        text: str = event["body"]
        assert (base64.b64decode(text) if event["isBase64Encoded"] else text.encode()) == body
