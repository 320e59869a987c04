"""Opening a store, listing it, and retrying what obstore does not retry."""

from datetime import timedelta
from itertools import chain, repeat

import obstore
import pyarrow as pa
import pytest
from obstore.exceptions import BaseError

from lambda_ingest.store import StoreError, open_store, put_if_absent
from tg_pipeline.landing.zone import list_days, list_objects
from tg_pipeline.storage.object_store import BACKOFF, retry
from tg_pipeline_tests.fakes.s3.errors import S3, error_reply
from tg_pipeline_tests.lambda_ingest.bot_server import HANG_UP, Heard, Reply, always, reply
from tg_pipeline_tests.stores import DAY, FOLDER

TIMEOUT = timedelta(seconds=10)
TIME, LATER = "2026-10-07T10:00:00.000Z", "2026-10-07T10:00:01.000Z"

FOLDERS = reply(
    b"<ListBucketResult><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>"
    b"telegram/context_date=2026-10-07/</Prefix></CommonPrefixes></ListBucketResult>"
)

Pieces = list[bytes | None]


def in_turn(*answers: Pieces) -> Reply:
    """Return the answers one after the other, and the last one from then on."""
    remaining = chain(answers, repeat(answers[-1]))
    return lambda _, __: next(remaining)


def page(*names: str, next_page: str = "", time: str = TIME, size: int = 2) -> bytes:
    contents = "".join(
        f"<Contents><Key>{FOLDER}/{name}</Key><LastModified>{time}</LastModified>"
        f"<ETag>&quot;a&quot;</ETag><Size>{size}</Size></Contents>"
        for name in names
    )
    more = f"<NextContinuationToken>{next_page}</NextContinuationToken>" if next_page else ""
    return reply(
        f"<ListBucketResult><IsTruncated>{str(bool(next_page)).lower()}</IsTruncated>{more}"
        f"{contents}</ListBucketResult>".encode()
    )


def cut(answer: bytes) -> Pieces:
    return [answer[:-20], HANG_UP]


def start_after(heard: Heard) -> str:
    return heard.start.partition("start-after=")[2].partition(" ")[0].rpartition("%2F")[2]


def test_a_page_that_is_cut_off_is_requested_again(s3: S3) -> None:
    with s3(in_turn(cut(page("7-1.json")), cut(page("7-1.json")), [page("7-1.json")])) as server:
        objects = list_objects(open_store("s3://landing", TIMEOUT), DAY)
    with s3(in_turn(cut(FOLDERS), [FOLDERS])):
        days = list_days(open_store("s3://landing", TIMEOUT))

    assert objects["object_key"].to_pylist() == [f"{FOLDER}/7-1.json"]
    assert len(server.heard) == 3
    assert days == [DAY]


def test_a_long_listing_continues_where_it_was_cut_off(s3: S3) -> None:
    # Given a first page of a thousand objects, and a second that is cut off
    first = [f"7-{number:04}.json" for number in range(1_000)]
    second = page("7-1000.json")

    with s3(in_turn([page(*first, next_page="more")], cut(second), [second])) as server:
        objects = list_objects(open_store("s3://landing", TIMEOUT), DAY)

    # Then it continues after the last object that it has, and has each once
    assert [start_after(each) for each in server.heard] == ["", "", "7-0999.json"]
    assert objects.num_rows == 1_001


def names_in(objects: pa.Table) -> list[str]:
    return [key.rpartition("/")[2] for key in objects["object_key"].to_pylist()]


@pytest.mark.parametrize(
    "pages",
    [
        [["a.json", "b.json"], ["c.json"]],
        [["c.json"], ["b.json", "a.json"]],
        [["a.json", "b.json"], ["b.json", "c.json"]],
        [["a.json", "a.json", "b.json"], ["c.json", "a.json"]],
        [["a.json"], [], [], ["b.json", "c.json"]],
    ],
    ids=["in order", "without order", "one twice", "many twice", "empty pages"],
)
@pytest.mark.parametrize("cuts", [0, 1], ids=["whole", "cut off"])
def test_each_object_is_listed_once_whatever_the_pages_are(
    s3: S3, pages: list[list[str]], cuts: int
) -> None:
    more = [*(["more"] * (len(pages) - 1)), ""]
    answers: list[Pieces] = [[page(*p, next_page=m)] for p, m in zip(pages, more, strict=True)]
    first = [*answers[:-1], cut(page(*pages[-1]))] * cuts

    with s3(in_turn(*first, *answers)):
        objects = list_objects(open_store("s3://landing", TIMEOUT), DAY)

    assert names_in(objects) == ["a.json", "b.json", "c.json"]


def test_a_listing_without_order_that_is_cut_off_starts_again(s3: S3) -> None:
    # Given two pages of a thousand objects each, the second before the first in order
    later = [f"9-{number:04}.json" for number in range(1_000)]
    earlier = [f"7-{number:04}.json" for number in range(1_000)]
    answers: list[Pieces] = [[page(*names, next_page="more")] for names in (later, earlier)]
    last = page("8-1.json")

    with s3(in_turn(*answers, cut(last), *answers, [last])) as server:
        objects = list_objects(open_store("s3://landing", TIMEOUT), DAY)

    assert objects.num_rows == 2_001
    assert not any(map(start_after, server.heard))


@pytest.mark.parametrize("times", [(TIME, LATER), (LATER, TIME)], ids=["last", "first"])
def test_of_an_object_that_is_rewritten_while_it_is_listed_the_newer_one_counts(
    s3: S3, times: tuple[str, str]
) -> None:
    first, last = (2 + (time == LATER) for time in times)
    pages = (
        page("a.json", time=times[0], size=first, next_page="more"),
        page("a.json", time=times[1], size=last),
    )

    with s3(in_turn([pages[0]], [pages[1]])):
        (found,) = list_objects(open_store("s3://landing", TIMEOUT), DAY).to_pylist()

    assert found["size"] == 3


def test_a_listing_that_never_ends_is_an_error(s3: S3) -> None:
    same = page(*(f"7-{number:03}.json" for number in range(100)), next_page="more")

    with (
        s3(always(same)),
        pytest.raises(StoreError, match=r"The listing of telegram/.* repeats its pages"),
    ):
        list_objects(open_store("s3://landing", TIMEOUT), DAY)


@pytest.mark.parametrize(
    "first",
    [
        [reply(b"<Error><Code>RequestTimeout</Code></Error>", status="400 Bad Request")],
        [reply(b"<Error><Code>ConditionalRequestConflict</Code></Error>", status="409 Conflict")],
        [b"HTTP/1.1 200 O", HANG_UP],
    ],
    ids=["timeout", "conflict", "no response"],
)
def test_a_put_that_may_succeed_later_is_retried(s3: S3, first: Pieces) -> None:
    with s3(in_turn(first, [reply(etag='"a"')])) as server:
        landing = open_store("s3://landing", TIMEOUT)

        assert retry(lambda: put_if_absent(landing, "telegram/5.json", b"{}")) is True
    assert len(server.heard) == 2


def test_a_permanent_error_is_not_retried(s3: S3) -> None:
    with s3(always(error_reply("AccessDenied"))) as server:
        landing = open_store("s3://landing", TIMEOUT)

        with pytest.raises(BaseError, match="AccessDenied"):
            retry(lambda: obstore.put(landing, "telegram/5.json", b"{}"))
    assert len(server.heard) == 1


def test_the_number_of_retries_is_bounded(s3: S3) -> None:
    waited = list[float]()

    with s3(in_turn(cut(page("7-1.json")))) as server:
        landing = open_store("s3://landing", TIMEOUT)
        with pytest.raises(BaseError, match="response body"):
            retry(lambda: obstore.list(landing).collect(), waited.append)

    assert waited == list(BACKOFF)
    assert len(server.heard) == len(BACKOFF) + 1
