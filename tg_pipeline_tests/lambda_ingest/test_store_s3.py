"""A bucket keeps the first bytes under a key, and a door hears soon when it can't."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import obstore
import pytest
import requests
from moto.server import ThreadedMotoServer
from obstore.exceptions import BaseError
from obstore.store import S3Store

from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline_tests.lambda_ingest.conftest import stored

KEY = "telegram/context_date=2026-10-07/7-5.json"
HURRIED = timedelta(seconds=1)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, reach: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    name = f"landing-{abs(hash(request.node.name))}"
    requests.put(f"{endpoint}/{name}", timeout=30).raise_for_status()
    reach.setenv("AWS_ENDPOINT_URL", endpoint)
    return name


def test_the_first_bytes_under_a_key_stand(bucket: str) -> None:
    landing = open_store(f"s3://{bucket}")

    put = [put_if_absent(landing, KEY, body) for body in (b"first", b"second", b"first")]

    assert put == [True, False, False]
    assert stored(landing) == {KEY: b"first"}


@pytest.mark.parametrize("prefix", ["updates", "/updates/", "many/updates"])
def test_what_lands_below_a_prefix_stays_there(bucket: str, prefix: str) -> None:
    landing = open_store(f"s3://{bucket}/{prefix.removeprefix('/')}")

    put_if_absent(landing, KEY, b"{}")

    assert list(stored(landing)) == [KEY]
    assert list(stored(open_store(f"s3://{bucket}"))) == [f"{prefix.strip('/')}/{KEY}"]


def test_any_bytes_are_an_object(bucket: str) -> None:
    landing, body = open_store(f"s3://{bucket}"), bytes(range(256)) * 4_096

    put_if_absent(landing, KEY, body)

    assert stored(landing) == {KEY: body}


def test_a_bucket_that_is_not_there_is_an_error(bucket: str) -> None:
    with pytest.raises((BaseError, OSError), match="NoSuchBucket"):
        put_if_absent(open_store(f"s3://{bucket}-not", HURRIED), KEY, b"{}")


def test_an_endpoint_where_nothing_listens_is_an_error(reach: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    reach.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")

    with pytest.raises(BaseError, match="error sending request") as caught:
        put_if_absent(open_store("s3://landing", HURRIED), KEY, b"{}")

    assert "open-sesame" not in str(caught.value)


def test_the_patience_is_what_bounds_the_tries() -> None:
    landing = open_store("s3://landing", HURRIED)

    assert isinstance(landing, S3Store)
    assert landing.retry_config
    assert landing.retry_config["retry_timeout"] == HURRIED
    assert landing.retry_config["max_retries"] > HURRIED / timedelta(milliseconds=1)


def test_an_endpoint_that_never_answers_is_given_up(reach: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        reach.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")

        put = pool.submit(put_if_absent, open_store("s3://landing", HURRIED), KEY, b"{}")

        with pytest.raises(BaseError, match="error sending request"):
            put.result(timeout=20)


def test_a_listing_of_a_bucket_that_fails_is_an_error_and_not_empty(bucket: str) -> None:
    with pytest.raises((BaseError, OSError), match="NoSuchBucket"):
        obstore.list(open_store(f"s3://{bucket}-not", HURRIED), "chats").collect()
