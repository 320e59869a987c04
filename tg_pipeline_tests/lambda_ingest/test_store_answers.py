"""What a bucket answers to a put is believed only where it says that the object is there."""

from datetime import timedelta

import pytest
from obstore.exceptions import BaseError

from lambda_ingest.store import open_store, put_if_absent
from tg_pipeline_tests.lambda_ingest.bot import HANG_UP, Bot, always, reply

KEY = "telegram/context_date=2026-10-07/7-5.json"
HURRIED = timedelta(seconds=1)


def error(status: str) -> bytes:
    code = "".join(status.split()[1:])
    return reply(f"<Error><Code>{code}</Code></Error>".encode(), status=status)


def put_to(bucket: Bot, reach: pytest.MonkeyPatch) -> bool:
    reach.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{bucket.port}")
    return put_if_absent(open_store("s3://landing", HURRIED), KEY, b"{}")


def test_a_put_is_conditional_on_nothing_being_there(reach: pytest.MonkeyPatch) -> None:
    with Bot(always(reply(etag='"a"'))) as bucket:
        assert put_to(bucket, reach) is True

    (heard,) = bucket.heard
    assert heard.start.startswith("PUT /landing/telegram/")
    assert heard.headers["if-none-match"] == "*"
    assert heard.body == b"{}"


def test_an_object_that_is_there_already_was_not_put(reach: pytest.MonkeyPatch) -> None:
    with Bot(always(error("412 Precondition Failed"))) as bucket:
        assert put_to(bucket, reach) is False


@pytest.mark.parametrize(
    "status",
    [
        *("400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"),
        *("409 Conditional Request Conflict", "501 Not Implemented"),
        *("500 Internal Server Error", "503 Slow Down"),
    ],
)
def test_any_other_answer_is_no_promise_that_it_is_there(
    reach: pytest.MonkeyPatch, status: str
) -> None:
    with Bot(always(error(status))) as bucket, pytest.raises((BaseError, OSError)) as caught:
        put_to(bucket, reach)

    assert "open-sesame" not in str(caught.value)


def test_a_bucket_that_hangs_up_makes_no_promise_either(reach: pytest.MonkeyPatch) -> None:
    with Bot(always(HANG_UP)) as bucket, pytest.raises(BaseError):
        put_to(bucket, reach)


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Slow Down"])
def test_a_bucket_that_is_busy_is_asked_again(reach: pytest.MonkeyPatch, status: str) -> None:
    answers = iter([[error(status)], [error(status)], [reply(etag='"a"')]])

    with Bot(lambda _, __: next(answers)) as bucket:
        assert put_to(bucket, reach) is True

    assert len(bucket.heard) == 3
