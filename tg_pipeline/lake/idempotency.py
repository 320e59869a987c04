"""What must happen at most once, whoever tries it: the one who claims it first may do it.

A claim is an object in the store, put on the condition that there is none. It stays when its holder
dies, so what was claimed and never finished is not done again by itself.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import msgspec
import obstore
from obstore.store import ObjectStore

from lambda_ingest.store import put_if_absent


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was begun, and how it ended if that is known."""

    claimed_at: datetime | None = None
    """Aware, in UTC; None for a claim that can't be read."""

    message_id: int | None = None
    """The message that came of it; None where nobody knows whether one did."""

    attempt: str = ""
    """Tells claims of the same instant apart."""


def _random() -> str:
    return uuid4().hex


class IdempotencyStore:
    """The claims in a store, each under a key."""

    def __init__(
        self, store: ObjectStore, now: Callable[[], datetime], attempt: Callable[[], str] = _random
    ) -> None:
        """Keep them in a store; `now` gives the instant, aware, and `attempt` a name each time."""
        self._store, self._now, self._attempt = store, now, attempt

    def take(self, key: str) -> bool:
        """Claim a key; say whether it was free. Of several at once, one gets it.

        That rests on the store's conditional put, which some servers that speak S3 do not know.
        """
        claim = Claim(claimed_at=self._now(), attempt=self._attempt())
        # Where a bucket's answer gets lost, its client asks again, and finds this very claim.
        return (
            put_if_absent(self._store, key, msgspec.json.encode(claim)) or self.read(key) == claim
        )

    def take_again(self, key: str) -> Claim | None:
        """Claim a key whoever holds it; give what stood there."""
        before = self.read(key)
        self._put(key, Claim(claimed_at=self._now(), attempt=self._attempt()))
        return before

    def read(self, key: str) -> Claim | None:
        """Give what is claimed under a key; None where nothing is."""
        try:
            body = bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            return None
        try:
            return msgspec.json.decode(body, type=Claim)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Claim()

    def settle(self, key: str, message_id: int) -> None:
        """Note what came of a claim."""
        self._put(key, Claim(claimed_at=self._now(), message_id=message_id))

    def release(self, key: str, before: Claim | None = None) -> None:
        """Give a claim back, since nothing came of it: let stand what stood there before."""
        if before is None:
            obstore.delete(self._store, key)
        else:
            self._put(key, before)

    def _put(self, key: str, claim: Claim) -> None:
        obstore.put(self._store, key, msgspec.json.encode(claim))
