"""Many small objects are fetched at once; an object whose first request fails is left out."""

import re
from threading import Event

import pytest
from obstore.store import S3Store

from lambda_ingest.store import open_store
from tg_pipeline.storage.s3_fetch import CONNECTIONS, FetchedObject, fetch_small
from tg_pipeline_tests.fakes.s3.errors import S3, SECRET
from tg_pipeline_tests.lambda_ingest.bot_server import HANG_UP, Heard, Reply, reply

KEYS = [f"day/{number}.json" for number in range(200)]
SIZES = {key: len(str(number)) for number, key in enumerate(KEYS)}


def open_bucket() -> S3Store:
    store = open_store("s3://bucket")
    assert isinstance(store, S3Store)
    return store


def number_of(heard: Heard) -> int:
    found = re.search(r"/day/(\d+)\.json", heard.start)
    assert found
    return int(found[1])


def its_number(heard: Heard, _: Event) -> list[bytes | None]:
    number = number_of(heard)
    metadata = {"X_Amz_Meta_Received_At": arrival(number)} if number % 3 else {}
    return [reply(b"%d" % number, **metadata)]


def arrival(number: int) -> str:
    return f"2026-10-07T15:00:00.{number:06}Z"


def fetched(number: int) -> FetchedObject:
    return FetchedObject(b"%d" % number, arrival(number) if number % 3 else None)


def odd_ones_fail(failure: list[bytes | None]) -> Reply:
    return lambda heard, over: failure if number_of(heard) % 2 else its_number(heard, over)


def test_each_object_is_fetched_over_few_signed_connections(s3: S3) -> None:
    with s3(its_number) as server:
        store = open_bucket()
        found = [fetch_small(store, SIZES) for _ in range(2)]

    assert found == [{key: fetched(number) for number, key in enumerate(KEYS)}] * 2
    assert len(server.heard) == 2 * len(KEYS)
    assert max(heard.connection for heard in server.heard) <= CONNECTIONS
    assert all("X-Amz-Signature=" in heard.start for heard in server.heard)
    assert SECRET not in str(server.heard)


@pytest.mark.parametrize(
    "failure",
    [
        [reply(b"<Code>SlowDown</Code>", status="503 Slow Down")],
        [reply(b"<Code>NoSuchKey</Code>", status="404 Not Found")],
        [reply(status="307 Temporary Redirect", location="http://127.0.0.1:9/")],
        [reply(b"only a part", content_length="100"), HANG_UP],
        [HANG_UP],
    ],
    ids=["slow down", "gone", "moved", "cut off", "no response"],
)
def test_an_object_whose_request_fails_is_left_out(s3: S3, failure: list[bytes | None]) -> None:
    with s3(odd_ones_fail(failure)):
        found = fetch_small(open_bucket(), SIZES)

    assert found == {key: fetched(n) for n, key in enumerate(KEYS) if n % 2 == 0}
