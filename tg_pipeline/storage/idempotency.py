"""At-most-once actions: an idempotency key per action, stored with a conditional put.

A key stays if its holder dies, so an action that was started and not finished is not repeated.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import msgspec
import obstore
from obstore.store import ObjectStore

from lambda_ingest.store import put_if_absent


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The record stored under a key: an action that was started, and its result once known."""

    claimed_at: datetime | None = None
    """Aware, in UTC; None for a record that can't be read."""

    message_id: int | None = None
    """The message that the action sent; None while that is not known."""

    attempt: str = ""
    """Distinguishes records of the same instant."""


def _random() -> str:
    return uuid4().hex


class IdempotencyStore:
    """The keys in an object store, each an object with a `Claim`."""

    def __init__(
        self, store: ObjectStore, now: Callable[[], datetime], attempt: Callable[[], str] = _random
    ) -> None:
        """Use a store; `now` returns the time (aware), `attempt` a different name each time."""
        self._store, self._now, self._attempt = store, now, attempt

    def acquire(self, key: str) -> bool:
        """Acquire a key; return whether it was free. Only one of several concurrent calls gets it.

        This relies on the store's conditional put, which some S3 servers ignore.
        """
        claim = Claim(claimed_at=self._now(), attempt=self._attempt())
        # If a bucket's response is lost, its client retries, and finds the key taken by this claim.
        return (
            put_if_absent(self._store, key, msgspec.json.encode(claim)) or self.read(key) == claim
        )

    def force_acquire(self, key: str) -> Claim | None:
        """Acquire a key even if it is taken; return its previous record, None if it was free."""
        before = self.read(key)
        self._put(key, Claim(claimed_at=self._now(), attempt=self._attempt()))
        return before

    def read(self, key: str) -> Claim | None:
        """Return the record of a key; None if the key is free."""
        try:
            body = bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            return None
        try:
            return msgspec.json.decode(body, type=Claim)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Claim()

    def complete(self, key: str, message_id: int) -> None:
        """Store the result of the action."""
        self._put(key, Claim(claimed_at=self._now(), message_id=message_id))

    def release(self, key: str, before: Claim | None = None) -> None:
        """Release a key whose action had no effect: restore its record `before`, or free it."""
        if before is None:
            obstore.delete(self._store, key)
        else:
            self._put(key, before)

    def _put(self, key: str, claim: Claim) -> None:
        obstore.put(self._store, key, msgspec.json.encode(claim))
