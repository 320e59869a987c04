"""What obstore gives up at the first trouble is asked again, so often and no more."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import chain, repeat

import obstore
import pytest
from obstore.exceptions import BaseError

from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline.lake.landing_zone import list_days, list_objects
from tg_pipeline.lake.object_store import BACKOFF, retry
from tg_pipeline_tests.lake.aws_answers import ANSWERS, REACH
from tg_pipeline_tests.lake.conftest import DAY, FOLDER
from tg_pipeline_tests.lambda_ingest.bot_server import HANG_UP, Bot, Heard, reply

PATIENCE = timedelta(seconds=10)
TIME = "2026-10-07T10:00:00.000Z"

Pieces = list[bytes | None]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REACH.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Bot]]:
    """Give a maker of buckets that answer one after the other, and the last one for ever."""
    opened: list[Bot] = []

    def answering(*answers: Pieces) -> Bot:
        ahead = chain(answers, repeat(answers[-1]))
        opened.append(Bot(lambda _, __: next(ahead)).__enter__())
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{opened[-1].port}")
        return opened[-1]

    yield answering
    for each in opened:
        each.__exit__()


def page(*names: str, behind: str = "") -> bytes:
    contents = "".join(
        f"<Contents><Key>{FOLDER}/{name}</Key><LastModified>{TIME}</LastModified>"
        f"<ETag>&quot;a&quot;</ETag><Size>2</Size></Contents>"
        for name in names
    )
    more = f"<NextContinuationToken>{behind}</NextContinuationToken>" if behind else ""
    return reply(
        f"<ListBucketResult><IsTruncated>{str(bool(behind)).lower()}</IsTruncated>{more}"
        f"{contents}</ListBucketResult>".encode()
    )


def cut(answer: bytes) -> Pieces:
    return [answer[:-20], HANG_UP]


def starts(bucket: Bot) -> list[str]:
    return [_start_of(each) for each in bucket.heard]


def _start_of(heard: Heard) -> str:
    return heard.start.partition("start-after=")[2].partition(" ")[0].rpartition("%2F")[2]


def test_a_page_that_is_cut_off_is_asked_for_again(bucket: Callable[..., Bot]) -> None:
    heard = bucket(cut(page("7-1.json")), cut(page("7-1.json")), [page("7-1.json")])

    objects = list_objects(open_store("s3://landing", PATIENCE), DAY)

    assert objects["object_key"].to_pylist() == [f"{FOLDER}/7-1.json"]
    assert len(heard.heard) == 3


def test_a_long_listing_goes_on_where_it_was_cut_off(bucket: Callable[..., Bot]) -> None:
    # Given a first page of a thousand objects, and a second that is cut off
    first = [f"7-{number:04}.json" for number in range(1_000)]
    heard = bucket([page(*first, behind="more")], cut(page("7-1000.json")), [page("7-1000.json")])

    # When the day is listed
    objects = list_objects(open_store("s3://landing", PATIENCE), DAY)

    # Then it begins behind the last object that it knows, and has each once
    assert starts(heard) == ["", "", "7-0999.json"]
    assert objects.num_rows == 1_001


def test_the_days_are_asked_for_again(bucket: Callable[..., Bot]) -> None:
    folders = reply(
        b"<ListBucketResult><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>"
        b"telegram/context_date=2026-10-07/</Prefix></CommonPrefixes></ListBucketResult>"
    )
    bucket(cut(folders), [folders])

    assert list_days(open_store("s3://landing", PATIENCE)) == [DAY]


@pytest.mark.parametrize("trouble", ["RequestTimeout", "ConditionalRequestConflict"])
def test_what_the_bucket_s_words_tell_to_be_passing_is_asked_again(
    bucket: Callable[..., Bot], trouble: str
) -> None:
    status = {"RequestTimeout": "400 Bad Request"}.get(trouble, "409 Conflict")
    refused = reply(f"<Error><Code>{trouble}</Code></Error>".encode(), status=status)
    heard = bucket([refused], [reply(etag='"a"')])
    landing = open_store("s3://landing", PATIENCE)

    assert retry(lambda: put_if_absent(landing, "telegram/5.json", b"{}")) is True
    assert len(heard.heard) == 2


def test_a_conditional_put_without_an_answer_is_made_again(bucket: Callable[..., Bot]) -> None:
    heard = bucket([b"HTTP/1.1 200 O", HANG_UP], [reply(etag='"a"')])
    landing = open_store("s3://landing", PATIENCE)

    assert retry(lambda: put_if_absent(landing, "telegram/5.json", b"{}")) is True
    assert len(heard.heard) == 2


def test_what_will_not_pass_is_not_asked_again(bucket: Callable[..., Bot]) -> None:
    heard = bucket([ANSWERS["AccessDenied"].to("AccessDenied")])
    landing = open_store("s3://landing", PATIENCE)

    with pytest.raises(BaseError, match="AccessDenied"):
        retry(lambda: obstore.put(landing, "telegram/5.json", b"{}"))

    assert len(heard.heard) == 1


def test_it_comes_to_an_end(bucket: Callable[..., Bot]) -> None:
    heard = bucket(cut(page("7-1.json")))
    landing, paused = open_store("s3://landing", PATIENCE), list[float]()

    with pytest.raises(BaseError, match="response body"):
        retry(lambda: obstore.list(landing).collect(), paused.append)

    assert paused == list(BACKOFF)
    assert len(heard.heard) == len(BACKOFF) + 1
