"""An unusable bucket is explained in one sentence: which bucket, why, and what to do."""

import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import BaseError

from lambda_ingest.store import StoreError, open_store
from tg_pipeline.lake.partitions import Lake
from tg_pipeline.landing.zone import list_days, list_objects
from tg_pipeline.storage.errors import TransientStoreError, translate_errors
from tg_pipeline.storage.object_store import open_object_store
from tg_pipeline_tests.fakes.s3.errors import CREDENTIALS, S3, SECRET, always_error
from tg_pipeline_tests.lambda_ingest.bot_server import HANG_UP, always, reply
from tg_pipeline_tests.stores import DAY, write

URI = "s3://lake/of/mine"
TIMEOUT = timedelta(seconds=1)

REQUESTS: dict[str, Callable[[], object]] = {
    "list": lambda: list_days(open_object_store(URI, TIMEOUT)),
    "list a day": lambda: list_objects(open_object_store(URI, TIMEOUT), DAY),
    "read": lambda: Lake(URI, TIMEOUT).footer("raw_updates", DAY),
    "write": lambda: write(Lake(URI, TIMEOUT), 1),
}

SENTENCES = {
    "NoSuchBucket": "there is no such bucket: check its name, and AWS_ENDPOINT_URL.",
    "ExpiredToken": "the session has expired: log in again (aws sso login), or renew "
    "AWS_SESSION_TOKEN.",
    "SignatureDoesNotMatch": "the secret does not match the access key: check "
    "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
    "PermanentRedirect": "the bucket is in another region: set AWS_REGION to its region.",
    "AuthorizationHeaderMalformed": "the bucket is in the region sa-east-1: set AWS_REGION to it.",
    "InvalidObjectState": "the request was refused: 403 InvalidObjectState The operation is not "
    "valid for the object's storage class.",
    "SlowDown": "it keeps answering 503 SlowDown: try again later.",
}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def error_of(request: Callable[[], object]) -> StoreError:
    with pytest.raises(StoreError) as caught:
        request()
    error = caught.value
    assert str(error).startswith(f"{URI}: ")
    assert "\n" not in str(error)
    assert SECRET not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__, "obstore's own error is not shown"
    return error


def list_error() -> str:
    return str(error_of(REQUESTS["list"]))


@pytest.mark.parametrize(
    ("code", "request_"),
    [*((code, "list") for code in SENTENCES), *(("SlowDown", name) for name in REQUESTS)],
)
def test_an_error_response_of_s3_is_one_sentence(s3: S3, code: str, request_: str) -> None:
    with s3(always_error(code)):
        error = error_of(REQUESTS[request_])

    assert str(error) == f"{URI}: {SENTENCES[code]}"
    assert isinstance(error, TransientStoreError) == (code == "SlowDown")


@pytest.mark.parametrize(
    ("request_", "action"),
    [("list", "list it"), ("read", "read from it"), ("write", "write to it")],
)
def test_a_missing_permission_is_named(s3: S3, request_: str, action: str) -> None:
    with s3(always_error("AccessDenied")):
        error = error_of(REQUESTS[request_])

    assert str(error) == (
        f"{URI}: the credentials are not allowed to {action}: docs/s3.md lists the permissions."
    )


def test_a_missing_permission_to_delete_is_named_and_not_waited_for(s3: S3) -> None:
    refusal = "<Error><Key>of/mine/key</Key><Code>AccessDenied</Code><Message>No</Message></Error>"
    body = f"<DeleteResult>{refusal}</DeleteResult>".encode()

    def delete() -> None:
        store = open_object_store(URI, TIMEOUT)
        with translate_errors(store):
            obstore.delete(store, "key")

    with s3(always(reply(body))):
        error = error_of(delete)

    assert not isinstance(error, TransientStoreError)
    assert str(error) == (
        f"{URI}: the credentials are not allowed to write to it: docs/s3.md lists the permissions."
    )


def test_an_endpoint_that_refuses_connections_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = "{}:{}".format(*closed.getsockname())
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{address}")

    error = error_of(REQUESTS["list"])

    assert isinstance(error, TransientStoreError)
    assert str(error) == (
        f"{URI}: {address} can't be reached, the connection was refused: check AWS_ENDPOINT_URL "
        "and the network."
    )


def test_an_endpoint_that_never_answers_or_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = "{}:{}".format(*silent.getsockname())
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{address}")
        assert f"{address} can't be reached, it does not answer in time: " in list_error()

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://nowhere.invalid")
    assert "nowhere.invalid can't be reached, there is no such host: " in list_error()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (HANG_UP, "can't be reached, the connection was closed: "),
        (reply(b"<html>Welcome</html>", status="404 Not Found"), "the request was refused: 404."),
    ],
    ids=["hang-up", "web page"],
)
def test_an_endpoint_that_does_not_speak_s3_is_named(
    s3: S3, answer: bytes | None, sentence: str
) -> None:
    with s3(always(answer)):
        assert sentence in list_error()


def test_a_server_without_ranges_is_named(s3: S3) -> None:
    headers = {"last_modified": "Wed, 07 Oct 2026 10:00:00 GMT", "etag": '"a"'}
    with s3(always(reply(b"0123456789", **headers))):
        store = open_object_store(URI, TIMEOUT)

        with (
            pytest.raises(StoreError, match="does not support reading a range"),
            translate_errors(store),
        ):
            obstore.get(store, "key", options={"range": (2, 4)})


def test_credentials_that_can_not_be_renewed_are_reported() -> None:
    def provide() -> None:
        raise PermissionError("the SSO session has ended.\nLog in again.")

    store = open_store(URI, TIMEOUT, credential_provider=provide)

    error = error_of(lambda: list_days(store))

    assert str(error) == f"{URI}: the credentials can't be renewed: the SSO session has ended."


def test_the_errors_of_a_file_system_are_not_changed(tmp_path: Path) -> None:
    (tmp_path / "telegram").write_text("in the way")
    landing = open_object_store(tmp_path.as_uri())

    with pytest.raises(BaseError, match="telegram"), translate_errors(landing):
        obstore.put(landing, "telegram/5.json", b"{}")
