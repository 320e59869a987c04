"""Many small objects are fetched at once; what does not come at its first try is left out."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event

import pytest
from obstore.store import S3Store

from lambda_ingest.store import open_store
from tg_pipeline.lake.s3_fetch import CONNECTIONS, fetch_small
from tg_pipeline_tests.lake.aws_answers import REACH, SECRET
from tg_pipeline_tests.lambda_ingest.bot_server import HANG_UP, Bot, Heard, Reply, reply

KEYS = [f"day/{number}.json" for number in range(200)]
Serving = Callable[[Reply], AbstractContextManager[tuple[S3Store, Bot]]]


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Serving:
    """Give a bucket whose server answers as it is told, and that server."""
    for name, value in REACH.items():
        monkeypatch.setenv(name, value)

    @contextmanager
    def serve(answer: Reply) -> Iterator[tuple[S3Store, Bot]]:
        with Bot(answer) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
            store = open_store("s3://bucket")
            assert isinstance(store, S3Store)
            yield store, server

    return serve


def number_of(heard: Heard) -> int:
    found = re.search(r"/day/(\d+)\.json", heard.start)
    assert found
    return int(found[1])


def its_number(heard: Heard, _: Event) -> list[bytes | None]:
    return [reply(b"%d" % number_of(heard))]


def every_second(trouble: list[bytes | None]) -> Reply:
    """Answer every second object with trouble."""
    return lambda heard, over: trouble if number_of(heard) % 2 else its_number(heard, over)


def test_each_comes_under_its_key_over_few_connections(serving: Serving) -> None:
    with serving(its_number) as (store, server):
        found = [fetch_small(store, KEYS) for _ in range(2)]

    assert found == [{key: b"%d" % number for number, key in enumerate(KEYS)}] * 2
    assert len(server.heard) == 2 * len(KEYS)
    assert max(heard.connection for heard in server.heard) <= CONNECTIONS


def test_each_request_is_signed_and_shows_no_secret(serving: Serving) -> None:
    with serving(its_number) as (store, server):
        fetch_small(store, KEYS)

    assert all("X-Amz-Signature=" in heard.start for heard in server.heard)
    assert SECRET not in str(server.heard)


@pytest.mark.parametrize(
    "trouble",
    [
        [reply(b"<Code>SlowDown</Code>", status="503 Slow Down")],
        [reply(b"<Code>NoSuchKey</Code>", status="404 Not Found")],
        [reply(status="307 Temporary Redirect", location="http://127.0.0.1:9/")],
        [reply(b"only a part", content_length="100"), HANG_UP],
        [HANG_UP],
    ],
    ids=["slow down", "gone", "moved", "cut off", "no answer"],
)
def test_what_is_refused_or_cut_off_is_left_out(
    serving: Serving, trouble: list[bytes | None]
) -> None:
    with serving(every_second(trouble)) as (store, _):
        found = fetch_small(store, KEYS)

    assert found == {key: b"%d" % number for number, key in enumerate(KEYS) if number % 2 == 0}


def test_a_server_that_is_not_there_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REACH.items():
        monkeypatch.setenv(name, value)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{gone.getsockname()[1]}")
    store = open_store("s3://bucket")
    assert isinstance(store, S3Store)

    assert fetch_small(store, KEYS) == {}


def test_no_objects_are_asked_for_where_there_are_none(serving: Serving) -> None:
    with serving(its_number) as (store, server):
        assert fetch_small(store, []) == {}

    assert server.heard == []
