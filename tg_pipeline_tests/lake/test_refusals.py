"""A bucket that can't be used is told in one sentence: which, why, and what to do."""

import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import BaseError

from lambda_ingest.store import StoreError, open_store
from tg_pipeline.lake.errors import TransientStoreError, translate_errors
from tg_pipeline.lake.landing_zone import list_days, list_objects
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline.lake.partitions import Lake
from tg_pipeline_tests.lake.aws_answers import ANSWERS, REACH, SECRET, answering
from tg_pipeline_tests.lake.conftest import DAY, write
from tg_pipeline_tests.lambda_ingest.bot_server import HANG_UP, Bot, always, reply

URI = "s3://lake/of/mine"
HURRIED = timedelta(seconds=1)

ASK: dict[str, Callable[[], object]] = {
    "list": lambda: list_days(open_object_store(URI, HURRIED)),
    "list a day": lambda: list_objects(open_object_store(URI, HURRIED), DAY),
    "read": lambda: Lake(URI, HURRIED).footer("raw_updates", DAY),
    "write": lambda: write(Lake(URI, HURRIED), 1),
}

SAID = {
    "NoSuchBucket": "there is no such bucket: check its name, and AWS_ENDPOINT_URL.",
    "ExpiredToken": "the session has expired: log in again (aws sso login), or renew "
    "AWS_SESSION_TOKEN.",
    "InvalidToken": "the session token is none of the access key's: renew AWS_SESSION_TOKEN, or "
    "unset it.",
    "InvalidAccessKeyId": "the access key is not known there: check AWS_ACCESS_KEY_ID, or "
    "AWS_PROFILE.",
    "SignatureDoesNotMatch": "the secret is not that of the access key: check "
    "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
    "RequestTimeTooSkewed": "this machine's clock is more than 15 minutes off: set it.",
    "PermanentRedirect": "the bucket is in another region: set AWS_REGION to its own.",
    "AuthorizationHeaderMalformed": "the bucket is in the region sa-east-1: set AWS_REGION to "
    "that.",
    "InvalidObjectState": "it refuses to be asked: 403 InvalidObjectState The operation is not "
    "valid for the object's storage class.",
    "SlowDown": "it keeps answering 503 SlowDown, busy or out of order: try again later.",
}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REACH.items():
        monkeypatch.setenv(name, value)


def error_of(ask: Callable[[], object]) -> StoreError:
    with pytest.raises(StoreError) as caught:
        ask()
    told = caught.value
    assert str(told).startswith(f"{URI}: ")
    assert "\n" not in str(told)
    assert SECRET not in str(told)
    assert told.__cause__ is None, "what lies under it is not shown"
    assert told.__suppress_context__
    return told


@pytest.mark.parametrize("ask", ASK)
@pytest.mark.parametrize("code", SAID)
def test_what_s3_has_against_it_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, code: str, ask: str
) -> None:
    with Bot(answering(code)) as bucket:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.port}")
        told = error_of(ASK[ask])

    assert str(told) == f"{URI}: {SAID[code]}"
    assert isinstance(told, TransientStoreError) == (code == "SlowDown")


@pytest.mark.parametrize(
    ("ask", "do"), [("list", "list it"), ("read", "read from it"), ("write", "write to it")]
)
def test_a_permission_that_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, ask: str, do: str
) -> None:
    with Bot(answering("AccessDenied")) as bucket:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.port}")
        told = error_of(ASK[ask])

    assert str(told) == (f"{URI}: the credentials may not {do}: docs/s3.md lists the permissions.")


def test_an_object_that_is_not_there_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with Bot(always(ANSWERS["NoSuchBucket"].to("NoSuchKey"))) as bucket:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.port}")
        assert Lake(URI, HURRIED).footer("raw_updates", DAY) is None
        with Lake(URI, HURRIED).open("raw_updates", DAY) as partition:
            assert not partition.exists


@pytest.mark.parametrize("ask", ASK)
def test_an_endpoint_where_nothing_listens_is_named(
    monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{address}")

    told = error_of(ASK[ask])

    assert isinstance(told, TransientStoreError)
    assert str(told) == (
        f"{URI}: {address} can't be reached, nothing listens there: check AWS_ENDPOINT_URL and "
        "the network."
    )


def test_an_endpoint_that_never_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = "{}:{}".format(*silent.getsockname())
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{address}")
        told = error_of(ASK["list"])

    assert f"{address} can't be reached, it does not answer in time: " in str(told)


def test_an_endpoint_that_hangs_up_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with Bot(always(HANG_UP)) as bucket:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.port}")
        told = error_of(ASK["list"])

    assert "can't be reached, the connection breaks off: " in str(told)


def test_a_host_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://nowhere.invalid")

    told = error_of(ASK["list"])

    assert "nowhere.invalid can't be reached, there is no such host: " in str(told)


def test_a_page_that_is_no_answer_of_s3_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with Bot(always(reply(b"<html>Welcome</html>", status="404 Not Found"))) as page:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{page.port}")
        told = error_of(ASK["list"])

    assert str(told) == f"{URI}: it refuses to be asked: 404."


def test_a_server_that_gives_no_part_of_an_object_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    lately = {"last_modified": "Wed, 07 Oct 2026 10:00:00 GMT", "etag": '"a"'}
    with Bot(always(reply(b"0123456789", **lately))) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
        store = open_object_store(URI, HURRIED)

        with (
            pytest.raises(StoreError, match="gives the whole of an object"),
            translate_errors(store),
        ):
            obstore.get(store, "key", options={"range": (2, 4)})


def test_credentials_that_can_t_be_renewed_any_more_say_so() -> None:
    def provide() -> None:
        raise PermissionError("the SSO session has ended.\nLog in again.")

    store = open_store(URI, HURRIED, credential_provider=provide)

    told = error_of(lambda: list_days(store))

    assert str(told) == f"{URI}: the credentials can't be renewed: the SSO session has ended."


def test_a_disk_s_own_errors_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "telegram").write_text("in the way")
    landing = open_object_store(tmp_path.as_uri())

    with pytest.raises(BaseError, match="telegram"), translate_errors(landing):
        obstore.put(landing, "telegram/5.json", b"{}")
