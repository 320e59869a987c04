"""A key is acquired once, by one of many concurrent calls, and released only by its holder."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count

import obstore
import pytest
from obstore.store import ObjectStore

from tg_pipeline.storage.idempotency import Claim, IdempotencyStore

NOON = datetime(2026, 10, 8, 12, tzinfo=UTC)
KEY = "digests/-100/2026-10-07/text.json"


def attempts() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"attempt {next(numbers)}"


@pytest.fixture
def keys(landing: ObjectStore) -> IdempotencyStore:
    return IdempotencyStore(landing, lambda: NOON, attempts())


def test_a_key_is_acquired_once(keys: IdempotencyStore, landing: ObjectStore) -> None:
    assert keys.read(KEY) is None

    assert [keys.acquire(KEY), keys.acquire(KEY)] == [True, False]
    assert keys.read(KEY) == Claim(claimed_at=NOON, attempt="attempt 1")
    assert json.loads(obstore.get(landing, KEY).bytes().to_bytes()) == {
        "claimed_at": "2026-10-08T12:00:00Z",
        "message_id": None,
        "attempt": "attempt 1",
    }


@pytest.mark.parametrize("key", ["digests/@a_channel/2026-W41/text.json", "alerts/-5/a b#é.json"])
def test_one_of_many_concurrent_calls_acquires_the_key(keys: IdempotencyStore, key: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        acquired = list(pool.map(keys.acquire, [key] * 16))

    assert acquired.count(True) == 1


def test_a_key_whose_response_was_lost_is_acquired_by_the_retry(landing: ObjectStore) -> None:
    # Given a bucket that stored the record, and whose client retries since no response came
    keys = IdempotencyStore(landing, lambda: NOON, lambda: "the same attempt")
    keys.acquire(KEY)

    # Then the key is found taken by this very attempt, and by another one it is not acquired
    assert keys.acquire(KEY)
    assert not IdempotencyStore(landing, lambda: NOON).acquire(KEY)


def test_the_result_of_an_action_is_stored_and_its_key_stays_taken(keys: IdempotencyStore) -> None:
    keys.acquire(KEY)

    keys.complete(KEY, 12)

    assert keys.read(KEY) == Claim(claimed_at=NOON, message_id=12)
    assert not keys.acquire(KEY)


def test_a_released_key_can_be_acquired_again(keys: IdempotencyStore) -> None:
    keys.acquire(KEY)

    keys.release(KEY)

    assert keys.read(KEY) is None
    assert keys.acquire(KEY)


def test_a_forced_acquisition_can_restore_the_previous_record(keys: IdempotencyStore) -> None:
    keys.acquire(KEY)
    keys.complete(KEY, 12)

    before = keys.force_acquire(KEY)
    during = keys.read(KEY)
    keys.release(KEY, before)

    assert during == Claim(claimed_at=NOON, attempt="attempt 2")
    assert keys.read(KEY) == before == Claim(claimed_at=NOON, message_id=12)


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"message_id": "five"}'])
def test_a_key_with_an_unreadable_record_is_taken(
    keys: IdempotencyStore, landing: ObjectStore, body: bytes
) -> None:
    obstore.put(landing, KEY, body)

    assert keys.read(KEY) == Claim()
    assert not keys.acquire(KEY)
