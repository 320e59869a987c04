"""A transfer that ends early, or has too many bytes, is never taken for the object."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest
from obstore.store import ObjectStore

from lambda_ingest.store import StoreError, open_store
from tg_pipeline.landing import reader as landing_reader
from tg_pipeline.landing.reader import read_objects
from tg_pipeline.landing.zone import SEALED_IN, list_objects
from tg_pipeline.storage import object_store
from tg_pipeline.storage.errors import IncompleteError, TransientStoreError
from tg_pipeline.storage.object_io import ReplacedError, copy_object, get_object, open_object
from tg_pipeline_tests.fakes.s3.errors import S3
from tg_pipeline_tests.lambda_ingest.bot_server import HANG_UP, Heard, Reply, always, reply
from tg_pipeline_tests.storage.test_object_store import in_turn, page
from tg_pipeline_tests.stores import DAY, FOLDER

KEY = f"{FOLDER}/7-1.ndjson"
BODY = b"".join(b'{"update_id": %d}\n' % number for number in range(1, 40))
ARRIVED = datetime(2026, 10, 7, 10, tzinfo=UTC)
VERSION = {"last_modified": "Wed, 07 Oct 2026 10:00:00 GMT", "etag": '"a"'}
TIMEOUT = timedelta(seconds=5)

Pieces = list[bytes | None]
Part = Callable[[bytes], Pieces]


def without_length(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in (VERSION | headers).items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def in_chunks(body: bytes) -> bytes:
    return without_length(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), transfer_encoding="chunked")


WRONG: dict[str, Part] = {
    "cut without a length": lambda body: [without_length(body[:-30]), HANG_UP],
    "cut between lines": lambda body: [without_length(body[: body.index(b"\n") + 1]), HANG_UP],
    "cut in chunks": lambda body: [in_chunks(body[:-30])],
    "cut, with a shorter length": lambda body: [reply(body[:-30], **VERSION)],
    "too long": lambda body: [reply(body + b"{}\n", **VERSION)],
    "too long, in chunks": lambda body: [in_chunks(body + body)],
    "empty": lambda _: [reply(b"", **VERSION)],
}


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "BACKOFF", (0.0, 0.0))


@pytest.fixture(params=WRONG)
def wrong(request: pytest.FixtureRequest) -> Part:
    return WRONG[request.param]


def bucket() -> ObjectStore:
    return open_store("s3://landing", TIMEOUT)


def lines(size: int = len(BODY)) -> list[bytes]:
    listed = pa.table({"object_key": [KEY], "received_at": [ARRIVED], "size": [size]})
    received = pa.timestamp("us", tz="UTC")
    objects = listed.set_column(1, "received_at", listed["received_at"].cast(received))
    objects = objects.append_column(SEALED_IN, pa.nulls(1, SEALED_IN.type))
    read = read_objects(bucket(), objects, bot_id=7)
    return [line for batch in read for line in batch["content"].to_pylist()]


def at_first(wrong_pieces: Pieces, times: int, right: Reply) -> Reply:
    """Answer the first GETs wrongly; a HEAD says what is stored."""
    gets = count(1)

    def answer(heard: Heard, over: object) -> Iterator[bytes | None]:
        is_wrong = heard.start.startswith("GET") and next(gets) <= times
        yield from wrong_pieces if is_wrong else right(heard, over)  # type: ignore[arg-type]

    return answer


def stored(heard: Heard, _: object) -> Pieces:
    """Answer as a bucket does, also for a range."""
    if heard.start.startswith("HEAD"):
        return [reply(b"", content_length=str(len(BODY)), **VERSION)]
    if "range" not in heard.headers:
        return [reply(BODY, **VERSION)]
    begin, end = bounds(heard)
    return [ranged(BODY[begin:end], begin, end)]


def bounds(heard: Heard) -> tuple[int, int]:
    first, _, last = heard.headers["range"].removeprefix("bytes=").partition("-")
    return (int(first), int(last) + 1) if first else (max(len(BODY) - int(last), 0), len(BODY))


def ranged(part: bytes, begin: int, end: int) -> bytes:
    content_range = f"bytes {begin}-{end - 1}/{len(BODY)}"
    return reply(part, "206 Partial Content", content_range=content_range, **VERSION)


@pytest.mark.parametrize("times", [1, 4])
def test_a_small_object_is_requested_again_until_it_is_complete(
    s3: S3, wrong: Part, times: int
) -> None:
    with s3(at_first(wrong(BODY), times, stored)):
        assert lines() == BODY.splitlines()


def test_a_small_object_that_stays_incomplete_is_an_error_that_names_it(
    s3: S3, wrong: Part
) -> None:
    with (
        s3(at_first(wrong(BODY), 1_000, stored)),
        pytest.raises(TransientStoreError, match=f"^{KEY}: .* (?:arrived of|no Content-Length)"),
    ):
        lines()


def test_an_object_that_was_replaced_since_it_was_listed_is_an_error_that_names_it(s3: S3) -> None:
    with (
        s3(stored),
        pytest.raises(ReplacedError, match=rf"^{KEY} was replaced while .*: try again"),
    ):
        lines(size=len(BODY) + 1)


def test_a_large_object_that_was_replaced_since_it_was_listed_is_an_error_that_names_it(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing_reader, "FETCH_BYTES", 100)

    with s3(stored):
        assert lines() == BODY.splitlines()
        with pytest.raises(ReplacedError, match=rf"^{KEY} was replaced while .*: try again"):
            lines(size=len(BODY) + 1)


@pytest.mark.parametrize("tail_bytes", [50, 10_000], ids=["in ranges", "at once"])
@pytest.mark.parametrize("change", [-7, 7], ids=["too few", "too many"])
def test_a_range_is_requested_again_until_it_has_its_bytes(
    s3: S3, tmp_path: Path, tail_bytes: int, change: int
) -> None:
    # Given a server, each second answer of which has other bytes than it says in its Content-Range
    gets = count()

    def answer(heard: Heard, over: object) -> Pieces:
        begin, end = bounds(heard)
        if next(gets) % 2:
            return stored(heard, over)
        return [ranged((BODY + BODY)[begin : end + change], begin, end)]

    with s3(answer):
        source = open_object(bucket(), "object", tail_bytes)
        assert source
        with source:
            source.seek(10)
            assert source.read(30) == BODY[10:40]
            source.seek(-20, 2)
            assert source.read() == BODY[-20:]
        assert copy_object(bucket(), "object", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == BODY


def test_a_range_that_stays_short_is_an_error_that_names_the_object(s3: S3) -> None:
    def answer(heard: Heard, _: object) -> Pieces:
        begin, end = bounds(heard)
        return [ranged(BODY[begin : end - 1], begin, end)]

    with s3(answer), pytest.raises(IncompleteError, match=r"^object: .* arrived of .*: try again"):
        open_object(bucket(), "object", 50)


def test_a_whole_copy_from_a_server_without_ranges_is_complete(s3: S3, tmp_path: Path) -> None:
    whole = reply(BODY, **VERSION)

    with s3(at_first([whole[:-9], HANG_UP], 3, always(whole))):
        assert copy_object(bucket(), "object", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == BODY


def test_without_a_listing_the_object_is_what_its_response_says(s3: S3) -> None:
    with s3(stored):
        assert get_object(bucket(), "object").body == BODY
        assert get_object(bucket(), "object", len(BODY) + 9).body == BODY, "it was replaced"


def test_a_listing_that_ends_early_without_an_error_is_requested_again(s3: S3) -> None:
    whole = page("7-1.json", "7-2.json")
    cut = without_length(whole.partition(b"\r\n\r\n")[2][:-20])

    with s3(in_turn([cut, HANG_UP], [in_chunks(whole[-60:])], [whole])):
        assert list_objects(bucket(), DAY).num_rows == 2
    with s3(in_turn([cut, HANG_UP])), pytest.raises(StoreError, match=r"^s3://landing: "):
        list_objects(bucket(), DAY)
