"""Who is not let in: nothing of theirs is stored, and nobody learns why more than they must."""

from typing import Any

import pytest

from tg_pipeline_tests.lambda_ingest.conftest import Container, update
from tg_pipeline_tests.lambda_ingest.events import SECRET, http_event, in_base64, rest_event

NAME = "X-Telegram-Bot-Api-Secret-Token"
MEBIBYTE = 1024 * 1024


def large(size: int) -> bytes:
    """Give an update of so many bytes."""
    empty = update(5, text="")
    return update(5, text="x" * (size - len(empty)))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        None,
        {NAME: ""},
        {NAME: "another"},
        {NAME: SECRET.lower()},
        {NAME: SECRET[:-1]},
        {NAME: f"{SECRET} "},
        {NAME: f"{SECRET},{SECRET}"},
        {NAME: "é\ud83d"},
        {NAME: [SECRET]},
        {"Authorization": SECRET},
    ],
    ids=repr,
)
def test_without_the_secret_the_answer_is_403_and_nothing_is_stored(
    container: Container, headers: Any
) -> None:
    assert container.status(update(5), headers=headers) == 403

    assert container.stored() == {}
    assert [line["unauthorized"] for line in container.lines()] == [1]


@pytest.mark.parametrize("name", [NAME, NAME.lower(), NAME.upper()])
def test_with_the_secret_the_answer_is_200_whatever_the_header_s_case(
    container: Container, name: str
) -> None:
    assert container.status(update(5), headers={name: SECRET}) == 200


def test_a_secret_that_came_in_a_list_lets_in_too(container: Container) -> None:
    event = rest_event(update(5)) | {"headers": None, "multiValueHeaders": {NAME: [SECRET]}}

    assert container.handle(event)["statusCode"] == 200


@pytest.mark.parametrize("path", ["/", "/telegra", "/telegram/x", "/Telegram", "/../telegram", ""])
def test_at_another_path_there_is_nothing(container: Container, path: str) -> None:
    assert container.handle(http_event(update(5), path=path))["statusCode"] == 404
    assert container.stored() == {}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "X"])
def test_another_method_than_post_is_not_allowed(container: Container, method: str) -> None:
    answer = container.handle(http_event(update(5), method=method))

    assert (answer["statusCode"], answer["headers"]) == (405, {"Allow": "POST"})
    assert container.stored() == {}


@pytest.mark.parametrize("wrap", [in_base64, lambda event: event], ids=["base64", "text"])
def test_a_body_of_a_mebibyte_lands_and_one_byte_more_is_too_large(
    container: Container, wrap: Any
) -> None:
    just_right, too_large = large(MEBIBYTE), large(MEBIBYTE + 1)

    assert container.handle(wrap(http_event(just_right)))["statusCode"] == 200
    assert list(container.stored().values()) == [just_right]
    assert container.handle(wrap(http_event(too_large)))["statusCode"] == 413
    assert list(container.stored().values()) == [just_right]


@pytest.mark.parametrize(
    ("declared", "status"),
    [
        (str(MEBIBYTE), 200),
        (str(MEBIBYTE + 1), 413),
        ("9" * 5_000, 413),
        ("-1", 200),
        ("many", 200),
        ("\N{SUPERSCRIPT TWO}", 200),
        ("\N{ARABIC-INDIC DIGIT NINE}" * 8, 200),
    ],
)
def test_a_body_that_is_declared_too_large_is_not_looked_at(
    container: Container, declared: str, status: int
) -> None:
    headers = {NAME: SECRET, "Content-Length": declared}

    assert container.status(update(5), headers=headers) == status


def test_the_checks_go_from_the_path_to_the_method_the_secret_and_the_size(
    container: Container,
) -> None:
    # Given a request in which everything is wrong
    event = http_event(None, path="/", method="GET") | {"body": "x" * (MEBIBYTE + 1), "headers": {}}

    # When one thing after the other is mended
    statuses = [container.handle(event)["statusCode"]]
    for path, method, headers in [
        ("/telegram", "GET", {}),
        ("/telegram", "POST", {}),
        ("/telegram", "POST", {NAME: SECRET}),
    ]:
        mended = http_event(None, path=path, method=method)
        mended |= {"body": event["body"], "headers": headers}
        statuses.append(container.handle(mended)["statusCode"])

    # Then each answer is about the first thing that is still wrong
    assert statuses == [404, 405, 403, 413]
    assert container.stored() == {}
    assert [line["refused"] for line in container.lines()] == [1, 1, 0, 1]


def test_a_broken_body_of_a_stranger_is_not_looked_at(container: Container) -> None:
    event = http_event(None) | {"body": "no base64", "isBase64Encoded": True}

    assert container.handle(event | {"headers": {}})["statusCode"] == 403
    assert container.handle(event)["statusCode"] == 400


@pytest.mark.parametrize("event", [None, [], {}, "x", 5, {"Records": []}, {"Records": [{}]}])
def test_what_is_no_request_is_answered_400(container: Container, event: Any) -> None:
    assert container.handle(event)["statusCode"] == 400

    (line,) = container.lines()
    assert line["refused"] == 1
    assert line["why"].startswith("The event ")


def test_a_refusal_is_empty_but_for_its_status(container: Container) -> None:
    for event in (None, http_event(b"{}") | {"headers": {}}, http_event(b"{}", path="/")):
        assert container.handle(event)["body"] == ""
