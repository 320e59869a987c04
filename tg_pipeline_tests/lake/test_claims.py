"""A key is claimed by one, however many try, and given back only by who took it."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Barrier

import obstore
import pytest
from obstore.store import ObjectStore

from tg_pipeline.lake.idempotency import Claim, IdempotencyStore

NOON = datetime(2026, 10, 8, 12, tzinfo=UTC)
KEY = "digests/-100/2026-10-07/text.json"
MANY = 16


def names() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"attempt {next(numbers)}"


@pytest.fixture
def claims(landing: ObjectStore) -> IdempotencyStore:
    return IdempotencyStore(landing, lambda: NOON, names())


def test_a_key_is_claimed_once(claims: IdempotencyStore) -> None:
    assert claims.read(KEY) is None

    assert [claims.take(KEY), claims.take(KEY)] == [True, False]
    assert claims.read(KEY) == Claim(claimed_at=NOON, attempt="attempt 1")


@pytest.mark.parametrize("key", ["digests/@a_channel/2026-W41/text.json", "alerts/-5/a b#é.json"])
def test_of_many_at_once_one_gets_it(claims: IdempotencyStore, key: str) -> None:
    start = Barrier(MANY)

    def take(_: int) -> bool:
        start.wait()
        return claims.take(key)

    with ThreadPoolExecutor(MANY) as pool:
        took = list(pool.map(take, range(MANY)))

    assert took.count(True) == 1


def test_a_claim_whose_answer_got_lost_is_found_to_be_ones_own(landing: ObjectStore) -> None:
    # Given a bucket that stored a claim, lost its answer, and was asked again by the client
    claims = IdempotencyStore(landing, lambda: NOON, lambda: "one and the same")
    claims.take(KEY)

    # Then the second answer, that the key is taken, is not believed to be about others
    assert claims.take(KEY)
    assert not IdempotencyStore(landing, lambda: NOON).take(KEY)


def test_what_came_of_it_is_noted(claims: IdempotencyStore) -> None:
    claims.take(KEY)

    claims.settle(KEY, 12)

    assert claims.read(KEY) == Claim(claimed_at=NOON, message_id=12)
    assert not claims.take(KEY)


def test_what_is_given_back_can_be_claimed_again(claims: IdempotencyStore) -> None:
    claims.take(KEY)

    claims.release(KEY)

    assert claims.read(KEY) is None
    assert claims.take(KEY)


def test_who_takes_it_again_can_put_back_what_stood_there(claims: IdempotencyStore) -> None:
    claims.take(KEY)
    claims.settle(KEY, 12)

    before = claims.take_again(KEY)
    during = claims.read(KEY)
    claims.release(KEY, before)

    assert during == Claim(claimed_at=NOON, attempt="attempt 2")
    assert claims.read(KEY) == before == Claim(claimed_at=NOON, message_id=12)


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"message_id": "five"}'])
def test_a_claim_that_can_not_be_read_is_one(
    claims: IdempotencyStore, landing: ObjectStore, body: bytes
) -> None:
    obstore.put(landing, KEY, body)

    assert claims.read(KEY) == Claim()
    assert not claims.take(KEY)


def test_a_claim_is_a_file_that_people_can_read(tmp_path: Path) -> None:
    claims = IdempotencyStore(obstore.store.LocalStore(tmp_path), lambda: NOON, names())
    claims.take(KEY)

    assert json.loads((tmp_path / KEY).read_bytes()) == {
        "claimed_at": "2026-10-08T12:00:00Z",
        "message_id": None,
        "attempt": "attempt 1",
    }
